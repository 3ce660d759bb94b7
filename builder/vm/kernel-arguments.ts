import { HearthError } from '../errors/hearth-error.ts';
import type { Board } from './board.ts';
import { boardFacts } from './board.ts';

/** What of a partition table the driver needs; builder/image/partition-table.ts reads it. */
export interface CardLayout {
  /** Eight hex digits. */
  readonly diskId: string;
  readonly partitions: readonly {
    readonly number: number;
    readonly type: number;
    readonly startBytes: number;
    readonly sizeBytes: number;
  }[];
}

/** Linux on arm64 cuts its command line here, the final zero byte included. */
const longestCommandLine = 2048;

/**
 * Reads cmdline.txt as the firmware does, which takes the first line only.
 * Throws ERR_IMAGE_INVALID if there is more than one line, or nothing.
 */
export function readKernelArguments(text: string): readonly string[] {
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const line = lines[0] ?? '';
  if (lines.length > 1) {
    throw invalid(
      `cmdline.txt has ${lines.length} lines.`,
      'The Raspberry Pi firmware reads the first line and drops the others.',
    );
  }
  if (line.trim() === '')
    throw invalid('cmdline.txt is empty.', 'The kernel would not find its root partition.');
  return line.match(/(?:[^\s"]+|"[^"]*")+/g) ?? [];
}

/** Throws ERR_IMAGE_INVALID if `root=` is missing, or names a partition that is not in the partition table. */
export function checkRootPartition(kernelArguments: readonly string[], card: CardLayout): void {
  const root = kernelArguments.findLast((argument) => argument.startsWith('root='))?.slice('root='.length);
  if (root === undefined) {
    throw invalid('cmdline.txt has no root= argument.', 'The kernel would not find its root partition.');
  }
  const named = /^PARTUUID=(.*)$/i.exec(root)?.[1];
  if (named === undefined) {
    if (/^(LABEL|UUID)=/i.test(root)) return;
    throw invalid(
      `cmdline.txt says root=${root}.`,
      'The name of a device differs from card to SSD; root=PARTUUID= is the same on all.',
    );
  }
  const known = card.partitions.map(
    ({ number }) => `${card.diskId.toLowerCase()}-${number.toString(16).padStart(2, '0')}`,
  );
  if (known.includes(named.toLowerCase())) return;
  throw invalid(
    `cmdline.txt says root=PARTUUID=${named}, and the image has no such partition.`,
    `The partition table has ${known.join(' and ') || 'no partition'}.`,
  );
}

/** The image's own arguments plus what the virtual board needs, and a systemd unit that is not in the image. Throws ERR_IMAGE_INVALID if they are too long. */
export function kernelCommandLine(
  kernelArguments: readonly string[],
  board: Board,
  extraUnit: string,
): string {
  const { console, channel, kernelArguments: boardArguments } = boardFacts[board];
  const own = kernelArguments.filter((argument) => !isSerialConsole(argument));
  const line = [
    ...own,
    ...boardArguments,
    // The last console is the one that systemd writes to.
    `console=${console},115200`,
    'systemd.show_status=1',
    // Nobody answers when systemd asks the terminal for its size; each question costs a third of a second.
    ...['console', console].map((terminal) => `systemd.tty.term.${terminal}=dumb`),
    // An emulated processor is many times slower than the slowest Pi.
    'systemd.default_timeout_start_sec=300',
    'systemd.default_device_timeout_sec=300',
    ...unitArguments(extraUnit),
    ...(channel === undefined ? [] : keepLoginAway(channel)),
  ].join(' ');
  if (line.length < longestCommandLine) return line;
  throw invalid(
    `The kernel's arguments are ${line.length} characters long.`,
    `Linux reads ${longestCommandLine - 1}; cmdline.txt takes ${own.join(' ').length} of them, the virtual machine the rest.`,
  );
}

/** The firmware turns serial0 and serial1 into the port's real name, which the board here has another one for. */
function isSerialConsole(argument: string): boolean {
  return /^console=(serial|ttyS|ttyAMA)\d/.test(argument);
}

/** A unit handed in as a credential: no file of the image is changed. */
function unitArguments(unit: string): readonly string[] {
  const encoded = Buffer.from(unit).toString('base64');
  return [
    `systemd.set_credential_binary=systemd.extra-unit.hearth-vm.service:${encoded}`,
    'systemd.wants=hearth-vm.service',
  ];
}

/** systemd puts a login prompt on each virtual console that it finds, which would eat our input. */
function keepLoginAway(channel: string): readonly string[] {
  return [`systemd.mask=serial-getty@${channel}.service`, `systemd.tty.term.${channel}=dumb`];
}

function invalid(what: string, why: string): HearthError {
  return new HearthError('ERR_IMAGE_INVALID', {
    what,
    why,
    todo: 'Correct the stage that writes cmdline.txt and build again.',
  });
}
