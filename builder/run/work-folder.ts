import { link, mkdir, readdir, writeFile } from 'node:fs/promises';
import type { Mirror } from '../host/mirror.ts';
import { sweepLeftovers } from '../host/workspace.ts';

/** Makes this build's own folder, after sweeping those of killed builds. */
export async function makeWorkFolder(cacheDir: string): Promise<string> {
  const parent = `${cacheDir}/work`;
  await mkdir(parent, { recursive: true });
  for (const folder of ['work', 'stages', 'tools', 'debs']) await sweepLeftovers(`${cacheDir}/${folder}`);
  const workDir = `${parent}/work-${process.pid}-${Date.now().toString(36)}`;
  await mkdir(workDir);
  return workDir;
}

/** Writes what package steps need: the host's apt options, sources for the bootstrap, packages of earlier builds. */
export async function preparePackages(
  workDir: string,
  cacheDir: string,
  mirror: Mirror,
  suite: string,
): Promise<void> {
  await writeFile(`${workDir}/host-apt.conf`, mirror.aptOptions.map((line) => `${line}\n`).join(''));
  const sources = [
    `deb ${mirror.main} ${suite} main`,
    `deb ${mirror.main} ${suite}-updates main`,
    `deb ${mirror.security} ${suite}-security main`,
  ];
  await writeFile(`${workDir}/bootstrap.list`, `${sources.join('\n')}\n`);
  await mkdir(`${cacheDir}/debs`, { recursive: true });
  await mkdir(`${workDir}/debs/partial`, { recursive: true });
  for (const name of await readdir(`${cacheDir}/debs`)) {
    if (name.endsWith('.deb')) await link(`${cacheDir}/debs/${name}`, `${workDir}/debs/${name}`);
  }
}

/** Keeps the packages that this build fetched: apt has checked them against the signed index. */
export async function keepPackages(workDir: string, cacheDir: string): Promise<void> {
  const present = new Set(await readdir(`${cacheDir}/debs`).catch(() => []));
  for (const name of await readdir(`${workDir}/debs`).catch(() => [])) {
    if (!name.endsWith('.deb') || present.has(name)) continue;
    // Another build may have put it there in the meantime.
    await link(`${workDir}/debs/${name}`, `${cacheDir}/debs/${name}`).catch(() => {});
  }
}

/** Where the tree of a failed stage is kept for `hearth shell`. */
export function failedTreeFolder(cacheDir: string, stage: string): string {
  return `${cacheDir}/failed/${stage}`;
}
