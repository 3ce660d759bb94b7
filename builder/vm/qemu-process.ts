import { createServer, type Socket } from 'node:net';
import type { Bind } from '../host/sandbox.ts';
import { startInSandbox } from '../host/sandbox.ts';
import type { ToolsTree } from '../host/tools-tree.ts';

export interface QemuSockets {
  readonly qmp: Socket;
  readonly console: Socket;
  readonly channel: Socket | undefined;
}

export interface QemuProcess {
  readonly sockets: QemuSockets;
  /** Resolves with QEMU's exit code and its complaints. */
  readonly exited: Promise<QemuEnd>;
  kill(): void;
}

export interface QemuEnd {
  readonly exitCode: number;
  readonly stderr: string;
}

export interface QemuStart {
  readonly tools: ToolsTree;
  readonly command: readonly string[];
  readonly binds: readonly Bind[];
  /** Paths that the command connects to. */
  readonly sockets: { readonly qmp: string; readonly console: string; readonly channel?: string | undefined };
}

/** Starts QEMU and waits until it has connected to our sockets; gives its end if it stops before that. */
export async function startQemu(options: QemuStart): Promise<QemuProcess | QemuEnd> {
  const { qmp, console, channel } = options.sockets;
  const [qmpDoor, consoleDoor, channelDoor] = await Promise.all([
    openDoor(qmp),
    openDoor(console),
    channel === undefined ? undefined : openDoor(channel),
  ]);
  const doors = [qmpDoor, consoleDoor, ...(channelDoor ? [channelDoor] : [])];
  try {
    const child = await startInSandbox({
      tools: options.tools,
      command: options.command,
      binds: options.binds,
    });
    const connected = Promise.all([qmpDoor.visitor, consoleDoor.visitor, channelDoor?.visitor]);
    const first = await Promise.race([connected, child.exited]);
    if ('exitCode' in first) return first;
    const [qmpSocket, consoleSocket, channelSocket] = first;
    return {
      sockets: { qmp: qmpSocket, console: consoleSocket, channel: channelSocket },
      exited: child.exited,
      kill: () => child.kill('SIGKILL'),
    };
  } finally {
    for (const door of doors) door.close();
  }
}

/** A unix socket that lets one visitor in. */
async function openDoor(path: string): Promise<{ visitor: Promise<Socket>; close: () => void }> {
  const server = createServer();
  const visitor = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return { visitor, close: () => server.close() };
}
