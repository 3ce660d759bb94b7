import { createHash } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import type { FingerprintParts } from './fingerprint.ts';

/** Where the results of stages live: `CACHE/stages/DIGEST/`, and the last parts of each stage of a project. */
export interface StageStore {
  readonly folder: string;
  readonly lastPartsFile: string;
}

export type LastParts = Readonly<Record<string, FingerprintParts>>;

export function stageStore(cacheDir: string, projectDir: string): StageStore {
  const project = createHash('sha256').update(projectDir).digest('hex').slice(0, 12);
  return { folder: `${cacheDir}/stages`, lastPartsFile: `${cacheDir}/plans/${project}.json` };
}

/** Folder of one result. It is complete if it is there: it is made under another name and renamed. */
export function resultFolder(store: StageStore, digest: string): string {
  return `${store.folder}/${digest.slice(0, 32)}`;
}

export async function hasResult(store: StageStore, digest: string): Promise<boolean> {
  return await access(resultFolder(store, digest)).then(
    () => true,
    () => false,
  );
}

/** Empty if there is none, or if it can not be read: then every reason is "never built", which harms nobody. */
export async function readLastParts(store: StageStore): Promise<LastParts> {
  try {
    const parts: unknown = JSON.parse(await readFile(store.lastPartsFile, 'utf8'));
    return typeof parts === 'object' && !Array.isArray(parts) ? ((parts ?? {}) as LastParts) : {};
  } catch {
    return {};
  }
}
