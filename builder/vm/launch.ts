import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { HearthError } from '../errors/hearth-error.ts';
import { boardFacts } from './board.ts';
import { chooseHostPorts, type PortForward, type WantedForward } from './free-ports.ts';
import { channelUnit, reportUnit } from './guest-protocol.ts';
import { kernelCommandLine } from './kernel-arguments.ts';
import { qemuCommand, quoteCommand } from './qemu-command.ts';
import { type QemuProcess, startQemu } from './qemu-process.ts';
import type { VmOptions } from './vm-options.ts';
import type { VmParts } from './vm-parts.ts';

export interface Launch {
  readonly options: VmOptions;
  readonly parts: VmParts;
  readonly isFromSnapshot: boolean;
  /** Ports of an earlier start, taken again if they are still free. */
  readonly previous: readonly PortForward[];
  readonly logFolder: string;
  readonly serialLog: string;
  readonly commandFile: string;
  readonly failure: (what: string, why: string) => HearthError;
}

const mostAttempts = 5;

/** Starts QEMU. Tries other host ports if somebody was faster. */
export async function launch(
  options: Launch,
): Promise<{ readonly qemu: QemuProcess; readonly forwards: readonly PortForward[] }> {
  const wanted = wantedForwards(options.options);
  const areChosenByUs = wanted.every(({ hostPort }) => hostPort === undefined);
  for (let attempt = 1; ; attempt++) {
    const isAgain = attempt === 1 && options.previous.length > 0;
    const forwards = await chooseHostPorts(isAgain ? options.previous : wanted);
    const started = await startQemu(await describe(options, forwards));
    if (!('exitCode' in started)) return { qemu: started, forwards };
    const isPortTaken = started.stderr.includes('Could not set up host forwarding rule');
    if (isPortTaken && areChosenByUs && attempt < mostAttempts) continue;
    throw options.failure('QEMU did not start.', started.stderr.trim() || `Exit code ${started.exitCode}.`);
  }
}

function wantedForwards({ board = 'virt', forwards }: VmOptions): readonly WantedForward[] {
  if (!boardFacts[board].hasNetwork) return [];
  return forwards ?? [{ guestPort: 80 }, { guestPort: 445 }];
}

async function describe(launch: Launch, forwards: readonly PortForward[]) {
  const { folder, cardFile, bootFiles, snapshot } = launch.parts;
  const {
    board = 'virt',
    tools,
    image,
    memoryBytes,
    clock,
    isIsolated = false,
    kernelArguments = [],
  } = launch.options;
  const facts = boardFacts[board];
  const sockets = { qmp: `${folder}/qmp`, console: `${folder}/console`, channel: `${folder}/shell` };
  const unit = facts.channel === undefined ? reportUnit(facts.console) : channelUnit(facts.channel);
  const command = qemuCommand({
    board,
    kernel: bootFiles.kernel,
    initramfs: bootFiles.initramfs,
    deviceTree: bootFiles.deviceTree,
    kernelCommandLine: kernelCommandLine([...bootFiles.kernelArguments, ...kernelArguments], board, unit),
    card: cardFile,
    memoryBytes: (facts.isMemoryFixed ? undefined : memoryBytes) ?? facts.memoryBytes,
    forwards,
    isIsolated,
    sockets,
    serialLog: launch.serialLog,
    clock,
    snapshot: launch.isFromSnapshot ? snapshot : undefined,
  });
  await writeFile(launch.commandFile, `${quoteCommand(command)}\n`);
  return {
    tools,
    command,
    binds: [
      { path: dirname(image) },
      { path: folder, writable: true },
      ...(launch.logFolder === folder ? [] : [{ path: launch.logFolder, writable: true }]),
    ],
    sockets: { ...sockets, channel: facts.channel === undefined ? undefined : sockets.channel },
  };
}
