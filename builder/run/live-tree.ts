import { mkdir, open, readdir, rename, rmdir, writeFile } from 'node:fs/promises';
import type { PackageSet } from '../debian/package-file.ts';
import { exists } from '../host/exists.ts';
import { runInSandbox, startInSandbox } from '../host/sandbox.ts';
import { publish, removeTree, temporaryName, writeFileAtomically } from '../host/workspace.ts';
import type { ListedFile } from '../image/tree-statistics.ts';
import { findLayer, type Layer, type LayerStore, layerFolder, treeAfter } from '../plan/layer-store.ts';
import { hashFile } from '../text/digest.ts';
import type { BuildContext } from './context.ts';

const shellFolder = `${import.meta.dirname}/shell`;

/** A layer of the store whose bytes are not those that were written: it has to be made again. */
export class DamagedLayer extends Error {
  readonly layer: Layer;

  constructor(layer: Layer) {
    super(`the kept layer of ${layer.stage}, ${layer.step}, is damaged`);
    this.layer = layer;
  }
}

/** What a step did, for the layer that is made of it. */
export interface StepRecord {
  readonly key: string;
  readonly stage: string;
  readonly step: string;
  /** Identity of the tree before. */
  readonly before: string;
  readonly durationMs: number;
  readonly packages?: PackageSet;
}

/**
 * The one tree that a build works on. It lies in the folder of the stage that is being built, and is filled from the
 * store only when a step must really run.
 */
export class LiveTree {
  readonly #context: BuildContext;
  readonly #listing: string;
  #path: string;
  /** Layers that are in the tree. */
  #applied = 0;

  constructor(context: BuildContext) {
    this.#context = context;
    this.#listing = `${context.workDir}/listing/tree`;
    this.#path = '';
  }

  /** Where the tree is; '' before the first stage. */
  get path(): string {
    return this.#path;
  }

  /** Gives the tree its place for a stage, laid out as pi-gen does. It may not be there yet. */
  async enterStage(stageName: string): Promise<void> {
    const folder = `${this.#context.workDir}/${stageName}`;
    await mkdir(folder, { recursive: true });
    const path = `${folder}/rootfs`;
    if (this.#path !== '' && this.#path !== path && (await exists(this.#path)))
      await rename(this.#path, path);
    this.#path = path;
  }

  /** Brings the tree to the state after these layers. Throws {@link DamagedLayer}. */
  async bring(layers: readonly Layer[]): Promise<void> {
    await mkdir(`${this.#context.workDir}/listing`, { recursive: true });
    const missing = layers.slice(this.#applied);
    if (missing.length === 0) {
      if (this.#applied === 0) await writeFile(this.#listing, '');
      return;
    }
    await applyLayers(this.#context, { layers: missing, tree: this.#path, listing: this.#listing });
    this.#applied = layers.length;
  }

  /** Keeps what the last step changed as a layer, and goes on from there. */
  async pack(record: StepRecord): Promise<Layer> {
    const { store, tools, signal, epochSeconds, workDir } = this.#context;
    const folder = layerFolder(store, record.key);
    const draft = temporaryName(folder);
    await removeMountPoint(this.#path);
    try {
      await mkdir(draft, { recursive: true });
      await mkdir(this.#path, { recursive: true });
      await runInSandbox({
        command: [
          ...['/bin/bash', `${shellFolder}/pack-layer.sh`, this.#path, this.#listing, draft],
          String(epochSeconds),
        ],
        tools,
        binds: [{ path: shellFolder }, { path: workDir, writable: true }, { path: draft, writable: true }],
        network: false,
        signal,
      });
      const layer = await describe(draft, record);
      await writeFileAtomically(`${draft}/layer.json`, `${JSON.stringify(layer)}\n`);
      try {
        await publish(draft, folder);
      } catch {
        // Another build may have made the same layer: one of them stays. A damaged one makes place.
        const other = await findLayer(store, record.key);
        if (other?.tree !== layer.tree) {
          await removeTree(folder);
          await publish(draft, folder);
        }
      }
      this.#applied += 1;
      return layer;
    } finally {
      await removeTree(draft);
    }
  }

  /** Every file of the tree. */
  async list(): Promise<ListedFile[]> {
    await removeMountPoint(this.#path);
    const { stdout } = await runInSandbox({
      command: ['find', '.', '-xdev', '-printf', '%y\\t%s\\t%i\\t%n\\t%l\\0%P\\0'],
      cwd: this.#path,
      tools: this.#context.tools,
      binds: [{ path: this.#path }],
      network: false,
      signal: this.#context.signal,
    });
    return parseListing(stdout);
  }

  /**
   * The whole tree as one uncompressed tar: sorted names, numeric owners. Extended attributes are rewritten from raw bytes
   * (SCHILY.xattr) to base64 (LIBARCHIVE.xattr): tar-stream reads them as UTF-8.
   */
  async openTar() {
    await removeMountPoint(this.#path);
    return await startInSandbox({
      command: ['/bin/bash', `${shellFolder}/tar-tree.sh`, this.#path, String(this.#context.epochSeconds)],
      tools: this.#context.tools,
      binds: [{ path: shellFolder }, { path: this.#path }],
      network: false,
      output: 'stream',
      signal: this.#context.signal,
    });
  }
}

/** Lays layers over a tree, in their order, and lists the result in the file `listing`. Throws {@link DamagedLayer}. */
export async function applyLayers(
  context: Pick<BuildContext, 'store' | 'tools' | 'workDir' | 'signal'>,
  options: { readonly layers: readonly Layer[]; readonly tree: string; readonly listing: string },
): Promise<void> {
  const { store, tools, workDir, signal } = context;
  const { layers, tree, listing } = options;
  await Promise.all(layers.map(async (layer) => await checkLayer(store, layer)));
  await mkdir(tree, { recursive: true });
  await runInSandbox({
    command: [
      ...['/bin/bash', `${shellFolder}/apply-layers.sh`, tree, listing],
      ...layers.map((layer) => layerFolder(store, layer.key)),
    ],
    tools,
    binds: [{ path: shellFolder }, { path: store.folder }, { path: workDir, writable: true }],
    network: false,
    signal,
  });
}

function parseListing(text: string): ListedFile[] {
  const parts = text.split('\0');
  const files: ListedFile[] = [];
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const [type = '', size, inode = '', links, ...target] = (parts[index] ?? '').split('\t');
    const about = { type, sizeBytes: Number(size), inode, links: Number(links), target: target.join('\t') };
    files.push({ name: parts[index + 1] || '.', ...about });
  }
  return files;
}

async function checkLayer(store: LayerStore, layer: Layer): Promise<void> {
  const folder = layerFolder(store, layer.key);
  const isSound = async (file: string, wanted: string) =>
    (await hashFile(`${folder}/${file}`).catch(() => '')) === wanted;
  if (await isSound('layer.tar.zst', layer.sha256)) {
    if (await isSound('removed', layer.removedSha256)) return;
  }
  throw new DamagedLayer(layer);
}

/** Hashes and syncs the files of a new layer. */
async function describe(draft: string, record: StepRecord): Promise<Layer> {
  const { before, ...about } = record;
  const content = {
    sha256: await hashFile(`${draft}/layer.tar.zst`),
    removedSha256: await hashFile(`${draft}/removed`),
  };
  let sizeBytes = 0;
  for (const file of ['removed', 'layer.tar.zst']) {
    const handle = await open(`${draft}/${file}`, 'r+');
    await handle.sync();
    sizeBytes = (await handle.stat()).size;
    await handle.close();
  }
  return { ...about, tree: treeAfter(before, content), ...content, sizeBytes };
}

/** Removes the empty mount point that steps need. */
async function removeMountPoint(tree: string): Promise<void> {
  const mountPoint = `${tree}/.hearth-build`;
  if ((await readdir(mountPoint).catch(() => undefined))?.length === 0) await rmdir(mountPoint);
}
