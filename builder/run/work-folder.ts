import { mkdir, readdir } from 'node:fs/promises';
import { workFolderName } from '../host/ownership.ts';
import { sweepLeftovers } from '../host/workspace.ts';

/** Folders of the cache in which half-made things lie while they are made. */
const draftFolders = [
  ...['work', 'layers', 'views', 'tools', 'debs', 'plans'],
  ...['artifacts/images', 'artifacts/repacked'],
];

/** Makes this build's own folder, after sweeping what killed builds left. */
export async function makeWorkFolder(cacheDir: string): Promise<string> {
  await mkdir(`${cacheDir}/work`, { recursive: true });
  for (const folder of draftFolders) await sweepLeftovers(`${cacheDir}/${folder}`);
  for (const key of await readdir(`${cacheDir}/archive`).catch(() => [])) {
    await sweepLeftovers(`${cacheDir}/archive/${key}`);
  }
  const workDir = `${cacheDir}/work/${workFolderName()}`;
  await mkdir(workDir);
  return workDir;
}

/** Where the tree of a failed stage is kept for `hearth shell`. */
export function failedTreeFolder(cacheDir: string, stage: string): string {
  return `${cacheDir}/failed/${stage}`;
}
