import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { HearthError } from '../../errors/hearth-error.ts';
import { readPartitionTable } from '../../image/partition-table.ts';
import { formatDuration } from '../../text/duration.ts';
import { type Board, boardFacts, boards, isBoard } from '../../vm/board.ts';
import { startVm } from '../../vm/start-vm.ts';
import type { Vm } from '../../vm/vm.ts';
import type { VmOptions } from '../../vm/vm-options.ts';
import { type BootProgress, bootProgress, type TextWriter } from '../render/boot-progress.ts';

/** As they come from the command line. */
export interface BootFlags {
  /** virt, raspi3b or raspi4b. */
  readonly board?: string;
  /** Memory of a `virt` machine, as 2G or 1536M. */
  readonly memory?: string;
  /** Size of the virtual card, as 8G. */
  readonly size?: string;
  /** Port of 127.0.0.1 for the setup page. */
  readonly port?: string;
  /** Seconds until the setup page must answer. */
  readonly timeout?: string;
  /** Stop as soon as the setup page answers. */
  readonly exitWhenReady?: boolean;
  readonly json?: boolean;
}

export interface BootOptions {
  readonly image: string;
  readonly flags: BootFlags;
  /** Asked for only when the flags are known to be good: it may have to make the tools tree. */
  readonly tools: () => Promise<VmOptions['tools']>;
  /** Keeps serial.log and qemu-command.sh. */
  readonly logFolder?: string;
  readonly stdout: TextWriter;
  readonly stderr: TextWriter;
  /** Stops the machine. After the page has answered this is the normal end. */
  readonly signal: AbortSignal;
}

/** What `--json` prints. */
export interface BootAnswer {
  readonly board: Board;
  /** null where QEMU's board has no network. */
  readonly address: string | null;
  /** Guest port to port of 127.0.0.1. */
  readonly ports: Readonly<Record<string, number>>;
  readonly secondsToReady: number;
  readonly serialLog: string;
}

const pagePort = 80;
const smbPort = 445;
const defaultTimeoutSeconds = 600;

/**
 * Starts an image in QEMU and keeps it running until `signal` or the guest's own shutdown. stdout gets the address of
 * the setup page, or one JSON object. Throws ERR_USAGE, ERR_IMAGE_INVALID, or ERR_BOOT_FAILED if the page does not
 * come up in time.
 */
export async function bootCommand(options: BootOptions): Promise<void> {
  const { flags, stderr, signal } = options;
  const wanted = readFlags(flags);
  const image = resolve(options.image);
  await requireImage(image);
  const card = await readPartitionTable(image);
  const tools = await options.tools();
  const progress = bootProgress(stderr);
  progress.start(`Starting ${options.image} on ${wanted.board}`);
  try {
    await using vm = await startVm({
      tools,
      image,
      card,
      board: wanted.board,
      forwards: [{ guestPort: pagePort, ...wanted.pagePort }, { guestPort: smbPort }],
      ...wanted.vm,
      ...(options.logFolder === undefined ? {} : { logFolder: options.logFolder }),
      onSerialLine: progress.show,
      signal,
    });
    stderr.write(`Serial log: ${vm.serialLog}\n`);
    await waitUntilReady(vm, wanted.timeoutMs);
    const answer = describe(vm, progress);
    progress.stop();
    announce(answer, options);
    if (flags.exitWhenReady) return;
    await untilStopped(vm, signal);
  } finally {
    progress.stop();
  }
}

interface Wanted {
  readonly board: Board;
  readonly timeoutMs: number;
  readonly pagePort: { readonly hostPort?: number };
  readonly vm: Pick<VmOptions, 'cardSizeBytes' | 'memoryBytes'>;
}

function readFlags(flags: BootFlags): Wanted {
  const board = flags.board ?? 'virt';
  if (!isBoard(board)) throw wrongFlag('--board', board, `Choose one of ${boards.join(', ')}.`);
  if (flags.memory !== undefined && boardFacts[board].isMemoryFixed) {
    throw wrongFlag('--memory', flags.memory, `The board ${board} has a fixed amount of memory.`);
  }
  const size = flags.size === undefined ? undefined : parseSize('--size', flags.size);
  const memory = flags.memory === undefined ? undefined : parseSize('--memory', flags.memory);
  return {
    board,
    timeoutMs: parseNumber('--timeout', flags.timeout ?? String(defaultTimeoutSeconds), 86_400) * 1000,
    pagePort: flags.port === undefined ? {} : { hostPort: parseNumber('--port', flags.port, 65_535) },
    vm: {
      ...(size === undefined ? {} : { cardSizeBytes: size }),
      ...(memory === undefined ? {} : { memoryBytes: memory }),
    },
  };
}

/** `8G`, `512M`: powers of 1024. */
export function parseSize(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)([MG])i?B?$/i.exec(text);
  const unit = match?.[2]?.toUpperCase() === 'G' ? 1024 ** 3 : 1024 ** 2;
  const bytes = Number(match?.[1]) * unit;
  if (!Number.isInteger(bytes) || bytes % 512 !== 0 || bytes === 0) {
    throw wrongFlag(flag, text, 'Write a size as 8G or 512M.');
  }
  return bytes;
}

function parseNumber(flag: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw wrongFlag(flag, text, `Write a number from 1 to ${most}.`);
}

function wrongFlag(flag: string, value: string, todo: string): HearthError {
  return new HearthError('ERR_USAGE', {
    what: `${flag} can not be ${value}.`,
    todo,
    state: 'Nothing was started.',
  });
}

async function requireImage(image: string): Promise<void> {
  try {
    await access(image);
  } catch (cause) {
    throw new HearthError('ERR_IMAGE_INVALID', {
      what: `There is no image ${image}.`,
      todo: 'Build one with `scripts/build`, or name another file.',
      cause,
    });
  }
}

/** Ready is when the setup page answers; where the board has no network, when the start is over. */
async function waitUntilReady(vm: Vm, timeoutMs: number): Promise<void> {
  if (boardFacts[vm.board].hasNetwork) await vm.waitForHttp(pagePort, '/', { timeoutMs });
  else await vm.waitForBoot({ timeoutMs });
}

function describe(vm: Vm, progress: BootProgress): BootAnswer {
  const { board, serialLog } = vm;
  const secondsToReady = Math.round(progress.elapsedMs() / 100) / 10;
  if (!boardFacts[board].hasNetwork) return { board, address: null, ports: {}, secondsToReady, serialLog };
  const [page, smb] = [vm.forwardedPort(pagePort), vm.forwardedPort(smbPort)];
  const ports = { [pagePort]: page, [smbPort]: smb };
  return { board, address: `http://127.0.0.1:${page}/`, ports, secondsToReady, serialLog };
}

function announce(answer: BootAnswer, { flags, stdout, stderr }: BootOptions): void {
  const time = formatDuration(answer.secondsToReady * 1000);
  if (answer.address === null) {
    stderr.write(`The start is over after ${time}. QEMU's ${answer.board} has no network.\n`);
  } else {
    const smb = answer.ports[smbPort];
    stderr.write(`The setup page answers after ${time}.\n`);
    stderr.write(`Files        smbclient -p ${smb} -U NAME //127.0.0.1/media\n`);
  }
  if (!flags.exitWhenReady)
    stderr.write('Stop         Ctrl-C. What the guest has written is dropped then.\n');
  if (flags.json) stdout.write(`${JSON.stringify(answer)}\n`);
  else if (answer.address !== null) stdout.write(`${answer.address}\n`);
}

async function untilStopped(vm: Vm, signal: AbortSignal): Promise<void> {
  try {
    await vm.untilOff();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
