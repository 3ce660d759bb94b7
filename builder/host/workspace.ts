import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { judgeOwner, ownerSuffix, parseOwner, unseenLifetimeMs } from './ownership.ts';
import { runInSandbox } from './sandbox.ts';

/** A name beside `path` for a file or folder that is not finished: `path.draft-PID-START-PLACE-RANDOM`. */
export function temporaryName(path: string): string {
  return `${path}.draft-${ownerSuffix()}-${randomBytes(4).toString('hex')}`;
}

/** Writes a file so that after a power cut the old or the new content is there, never half of it. */
export async function writeFileAtomically(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = temporaryName(path);
  const file = await open(draft, 'w', 0o644);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await publish(draft, path);
}

/** Gives a finished draft its name, and makes the rename durable. The draft's content must be synced already. */
export async function publish(draft: string, path: string): Promise<void> {
  await rename(draft, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Removes a tree whose files may belong to subordinate ids. No error if there is none. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
    return;
  } catch {
    // Folders of other ids: only root of our user namespace may empty them.
  }
  await runInSandbox({
    command: ['rm', '-rf', '--one-file-system', path],
    binds: [{ path: dirname(path), writable: true }],
  });
}

/**
 * Removes what killed builds left in a folder: drafts and work folders whose process is gone. Those of other machines and
 * containers, whose processes we can not see, are removed a day after their last change.
 */
export async function sweepLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (await isLeftover(folder, name)) await removeTree(`${folder}/${name}`);
  }
}

/** True for a draft or work folder whose process is gone. */
export async function isLeftover(folder: string, name: string): Promise<boolean> {
  const owner = parseOwner(name);
  if (!owner) return await isOldLeftover(name);
  const verdict = await judgeOwner(owner);
  if (verdict !== 'unknown') return verdict === 'gone';
  const info = await stat(`${folder}/${name}`).catch(() => undefined);
  return info !== undefined && Date.now() - info.mtimeMs > unseenLifetimeMs;
}

/** Names of earlier versions carry the number of a process and nothing else. */
async function isOldLeftover(name: string): Promise<boolean> {
  const pid = /(?:\.draft-|^work-)(\d+)(?:-[0-9a-z]+)?$/.exec(name)?.[1];
  return pid !== undefined && !(await isBuild(Number(pid)));
}

async function isBuild(pid: number): Promise<boolean> {
  if (pid === process.pid) return true;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  // A pid may have been given to another program since.
  return command.includes('node') || command.includes('tsx');
}
