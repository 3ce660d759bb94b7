import { readdir, readFile, stat, utimes } from 'node:fs/promises';
import type { PackageSet } from '../debian/package-file.ts';
import { digestOf } from '../text/digest.ts';

/** What one step changed in the tree: a folder of the cache with `layer.tar.zst`, `removed` and `layer.json`. */
export interface Layer {
  readonly key: string;
  readonly stage: string;
  readonly step: string;
  /** The tree with this layer: digest of the tree before and of the layer's content. */
  readonly tree: string;
  /** SHA-256 of `layer.tar.zst` and of `removed`. */
  readonly sha256: string;
  readonly removedSha256: string;
  readonly sizeBytes: number;
  /** How long the step took. */
  readonly durationMs: number;
  /** What the step installed, if it installs packages. */
  readonly packages?: PackageSet;
}

/** The tree before the first step. */
export const emptyTree = 'empty';

/** Where layers live. */
export interface LayerStore {
  readonly folder: string;
}

export function layerStore(cacheDir: string): LayerStore {
  return { folder: `${cacheDir}/layers` };
}

/** A layer's name in the store: it depends on the step's inputs, the content of the tree before, and the packages. */
export function layerKey(inputs: string, tree: string, packages: string | undefined): string {
  return digestOf([inputs, tree, packages ?? 'none']).slice(0, 32);
}

/** Identity of a tree: that of the one before and what the layer changed. */
export function treeAfter(tree: string, layer: Pick<Layer, 'sha256' | 'removedSha256'>): string {
  return digestOf([tree, layer.sha256, layer.removedSha256]).slice(0, 32);
}

/** Folder of one layer. It is complete if it is there: it is made under another name and renamed. */
export function layerFolder(store: LayerStore, key: string): string {
  return `${store.folder}/${key}`;
}

/** Undefined if it is not there, or its description or size is damaged. */
export async function findLayer(store: LayerStore, key: string): Promise<Layer | undefined> {
  try {
    const folder = layerFolder(store, key);
    const layer = JSON.parse(await readFile(`${folder}/layer.json`, 'utf8')) as Layer;
    const { size } = await stat(`${folder}/layer.tar.zst`);
    return size === layer.sizeBytes && layer.key === key ? layer : undefined;
  } catch {
    return undefined;
  }
}

/** The store keeps what was used last. */
export async function markAsUsed(store: LayerStore, key: string): Promise<void> {
  const now = new Date();
  await utimes(layerFolder(store, key), now, now).catch(() => {});
}

/** Layers that none of the builds in `used` needs and that nobody used for `idleMs`. */
export async function findIdleLayers(
  store: LayerStore,
  used: ReadonlySet<string>,
  idleMs: number,
): Promise<string[]> {
  const idle: string[] = [];
  for (const key of await readdir(store.folder).catch(() => [])) {
    if (key.includes('.draft-') || used.has(key)) continue;
    const info = await stat(layerFolder(store, key)).catch(() => undefined);
    if (info && Date.now() - info.mtimeMs > idleMs) idle.push(key);
  }
  return idle;
}
