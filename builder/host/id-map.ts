import { writeFile } from 'node:fs/promises';
import type { Identity } from './identity.ts';
import { type RunningProcess, runProcess } from './process.ts';

/**
 * Shell text for `sh -c` as the first program of a new user namespace: says on file descriptor 3 that it is there, waits for
 * its ids, and starts its arguments.
 */
export const waitForIds = 'echo >&3; read -r _ <&3 || exit 70; exec "$@" 3>&-';

/** What was refused, and the words for it. */
export interface IdMapRefusal {
  readonly failed: 'namespace' | 'id-map';
  readonly stderr: string;
}

/** Gives ids to a program that was started with a control pipe and {@link waitForIds}. A refused one is ended. */
export async function giveIds(child: RunningProcess, identity: Identity): Promise<IdMapRefusal | undefined> {
  const control = child.control;
  if (!control) throw new TypeError('no control pipe');
  control.on('error', () => {});
  const hasStarted = await Promise.race([
    new Promise<boolean>((resolve) => control.once('data', () => resolve(true))),
    child.exited.then(() => false),
  ]);
  if (!hasStarted) return { failed: 'namespace', stderr: (await child.exited).stderr };
  const refusals = await Promise.all([
    writeMap(child.pid, 'uid', identity),
    writeMap(child.pid, 'gid', identity),
  ]);
  const stderr = refusals.join('').trim();
  if (stderr !== '') {
    child.kill('SIGKILL');
    await child.exited;
    return { failed: 'id-map', stderr };
  }
  control.end('\n');
  return undefined;
}

/** The reason why the ids could not be mapped; empty if they were. */
async function writeMap(pid: number, kind: 'uid' | 'gid', identity: Identity): Promise<string> {
  const map = kind === 'uid' ? identity.uidMap : identity.gidMap;
  if (identity.isRoot) {
    return await writeFile(`/proc/${pid}/${kind}_map`, map).then(
      () => '',
      (error: unknown) => `${error}\n`,
    );
  }
  const result = await runProcess([`new${kind}map`, String(pid), ...map.trim().split(/\s+/)]);
  return result.exitCode === 0 ? '' : result.stderr || `new${kind}map failed.\n`;
}
