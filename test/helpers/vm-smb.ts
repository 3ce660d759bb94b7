import type { ProcessResult } from '../../builder/host/process.ts';
import { runInSandbox } from '../../builder/host/sandbox.ts';
import type { ToolsTree } from '../../builder/host/tools-tree.ts';

export interface SmbClient {
  readonly tools: ToolsTree;
  /** Port of 127.0.0.1 that leads to the guest's port 445. */
  readonly port: number;
  /** Folder of this computer that the client reads and writes. */
  readonly folder: string;
}

/** Runs the real smbclient from the tools tree; never throws for its exit code. */
export async function smbclient(client: SmbClient, ...words: readonly string[]): Promise<ProcessResult> {
  return await runInSandbox({
    tools: client.tools,
    command: ['smbclient', '-p', String(client.port), '-t', '120', ...words],
    binds: [{ path: client.folder, writable: true }],
    cwd: client.folder,
    reject: false,
  });
}
