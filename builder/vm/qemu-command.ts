import type { Board } from './board.ts';
import { boardFacts } from './board.ts';
import type { PortForward } from './free-ports.ts';

export interface QemuMachine {
  readonly board: Board;
  readonly kernel: string;
  readonly initramfs?: string | undefined;
  readonly deviceTree: string;
  readonly kernelCommandLine: string;
  /** The qcow2 overlay that the guest writes to. */
  readonly card: string;
  readonly memoryBytes: number;
  readonly forwards: readonly PortForward[];
  /** true: the guest reaches nothing outside; forwarded ports still work. */
  readonly isIsolated: boolean;
  /** Unix sockets on which we listen. */
  readonly sockets: { readonly qmp: string; readonly console: string; readonly channel: string };
  readonly serialLog: string;
  /** The guest's clock at the start, seconds since 1970; the host's time if not given. */
  readonly clock?: number | undefined;
  /** Continue from this snapshot of the card. */
  readonly snapshot?: string | undefined;
}

/** The command line of QEMU, program first. */
export function qemuCommand(machine: QemuMachine): readonly string[] {
  return [
    'qemu-system-aarch64',
    ...['-nodefaults', '-no-user-config', '-display', 'none'],
    ...['-accel', 'tcg,thread=multi,tb-size=256'],
    ...boardArguments(machine),
    ...['-m', `${machine.memoryBytes / 1024 ** 2}M`],
    ...['-kernel', machine.kernel],
    ...(machine.initramfs === undefined ? [] : ['-initrd', machine.initramfs]),
    ...['-append', machine.kernelCommandLine],
    ...[
      '-chardev',
      `socket,id=qmp,path=${escapeValue(machine.sockets.qmp)}`,
      '-mon',
      'chardev=qmp,mode=control',
    ],
    ...(machine.clock === undefined
      ? []
      : ['-rtc', `base=${new Date(machine.clock * 1000).toISOString().slice(0, 19)}`]),
    ...(machine.snapshot === undefined ? [] : ['-loadvm', machine.snapshot]),
  ];
}

function boardArguments(machine: QemuMachine): readonly string[] {
  const { cores, survivesReset } = boardFacts[machine.board];
  if (machine.board === 'virt') {
    return [
      // The Pi 5's processor. Like those of the older Pis it has no pointer authentication, which is slow to emulate.
      ...['-machine', 'virt', '-cpu', 'cortex-a76', '-smp', String(cores)],
      ...[
        '-drive',
        `if=none,id=card,format=qcow2,cache=unsafe,discard=unmap,file=${escapeValue(machine.card)}`,
      ],
      ...['-device', 'virtio-blk-pci,drive=card'],
      ...['-netdev', networkValue(machine), '-device', 'virtio-net-pci,netdev=lan,romfile='],
      ...['-device', 'virtio-rng-pci'],
      ...['-chardev', consoleValue(machine), '-serial', 'chardev:console'],
      ...['-chardev', `socket,id=channel,path=${escapeValue(machine.sockets.channel)}`],
      ...['-device', 'virtio-serial-pci', '-device', 'virtconsole,chardev=channel'],
    ];
  }
  return [
    ...(survivesReset ? [] : ['-no-reboot']),
    ...['-machine', machine.board, '-smp', String(cores), '-dtb', machine.deviceTree],
    ...['-drive', `if=sd,format=qcow2,cache=unsafe,file=${escapeValue(machine.card)}`],
    ...['-chardev', consoleValue(machine), '-serial', 'null', '-serial', 'chardev:console'],
    ...(machine.board === 'raspi3b'
      ? [
          ...['-netdev', networkValue(machine), '-device', 'usb-net,netdev=lan'],
          ...['-chardev', `socket,id=channel,path=${escapeValue(machine.sockets.channel)}`],
          ...['-device', 'usb-serial,chardev=channel'],
        ]
      : []),
  ];
}

function networkValue(machine: QemuMachine): string {
  return [
    'user,id=lan',
    ...(machine.isIsolated ? ['restrict=on'] : []),
    ...machine.forwards.map(({ guestPort, hostPort }) => `hostfwd=tcp:127.0.0.1:${hostPort}-:${guestPort}`),
  ].join(',');
}

function consoleValue({ sockets, serialLog }: QemuMachine): string {
  return `socket,id=console,path=${escapeValue(sockets.console)},logfile=${escapeValue(serialLog)},logappend=on`;
}

/** QEMU splits its values at commas; a doubled comma stands for one. */
function escapeValue(value: string): string {
  return value.replaceAll(',', ',,');
}

/** The command line as a shell would read it, for the log. */
export function quoteCommand(command: readonly string[]): string {
  return command
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
