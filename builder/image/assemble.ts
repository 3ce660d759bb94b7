import { mkdir, open } from 'node:fs/promises';
import { PassThrough, type Readable } from 'node:stream';
import { HearthError } from '../errors/hearth-error.ts';
import type { ToolsTree } from '../host/tools-tree.ts';
import { publish, removeTree, temporaryName, writeFileAtomically } from '../host/workspace.ts';
import { hashFile } from '../text/digest.ts';
import { type FileSystemTarget, writeExt4, writeFat } from './file-systems.ts';
import { blockBytes, type DiskLayout, planLayout } from './layout.ts';
import {
  artifactListPath,
  type EmbeddedManifest,
  embeddedManifestPath,
  type ImageManifest,
} from './manifest.ts';
import { parseDpkgStatus } from './packages.ts';
import { encodePartitionTable } from './partition-table.ts';
import { type SplitTree, splitTree } from './rootfs-tar.ts';
import type { TreeStatistics } from './tree-statistics.ts';

export interface AssembleOptions {
  readonly tools: ToolsTree;
  /** Uncompressed tar of the tree. */
  readonly source: Readable;
  /** What {@link imageAdditions} and the tree need. */
  readonly statistics: TreeStatistics;
  readonly scratchDir: string;
  readonly outDir: string;
  /** File name without `.img`. */
  readonly fileName: string;
  readonly embedded: EmbeddedManifest;
  /** The content of {@link artifactListPath}; undefined: the image has no such file. */
  readonly artifacts: unknown;
  /** Identity of the tree. */
  readonly tree: string;
  readonly epochSeconds: number;
  readonly seeds: {
    readonly diskId: string;
    readonly volumeId: string;
    readonly rootUuid: string;
    readonly hashSeed: string;
  };
  readonly onPhase: (phase: string) => void;
  /** Asked when `source` has ended: false if what fed it failed. */
  readonly isSourceSound: () => Promise<boolean>;
}

/**
 * Makes `FILENAME.img` and `FILENAME.manifest.json`. The image is written under a temporary name in the same folder,
 * synced and renamed; the manifest follows it, so an image with its manifest is complete.
 */
export async function assembleImage(options: AssembleOptions): Promise<ImageManifest> {
  const { scratchDir, outDir, fileName } = options;
  const bootFolder = `${scratchDir}/boot`;
  await mkdir(bootFolder, { recursive: true });
  await mkdir(outDir, { recursive: true });
  const layout = planLayout(options.seeds.diskId, options.statistics);
  const image = `${outDir}/${fileName}.img`;
  const draft = temporaryName(image);
  try {
    const tree = await writeDisk(draft, layout, options, bootFolder);
    options.onPhase('checksum');
    const [sha256] = await Promise.all([hashFile(draft), syncFile(draft)]);
    const manifest: ImageManifest = {
      ...options.embedded,
      file: `${fileName}.img`,
      tree: options.tree,
      sizeBytes: layout.totalBytes,
      sha256,
      diskId: options.seeds.diskId,
      partitions: layout.table.partitions.map((partition) => ({
        ...partition,
        label: partition.number === 1 ? 'bootfs' : 'rootfs',
        usedBytes: partition.number === 1 ? 0 : tree.blocks * blockBytes,
      })),
      packages: parseDpkgStatus(tree.dpkgStatus),
    };
    await publish(draft, image);
    await writeFileAtomically(
      `${outDir}/${fileName}.manifest.json`,
      `${JSON.stringify(manifest, null, 2)}\n`,
    );
    return manifest;
  } finally {
    await removeTree(draft);
  }
}

/** What is added to the root file system: the image's own description. */
export function imageAdditions(
  embedded: EmbeddedManifest,
  artifacts: unknown,
): Readonly<Record<string, string>> {
  const text = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  const list = artifacts === undefined ? {} : { [artifactListPath]: text(artifacts) };
  return { ...list, [embeddedManifestPath]: text(embedded) };
}

async function writeDisk(
  draft: string,
  layout: DiskLayout,
  options: AssembleOptions,
  bootFolder: string,
): Promise<SplitTree> {
  const { tools, outDir, epochSeconds, seeds } = options;
  const file = await open(draft, 'w');
  try {
    await file.truncate(layout.totalBytes);
    await file.write(encodePartitionTable(layout.table), 0);
  } finally {
    await file.close();
  }
  const target = { tools, image: draft, folder: outDir, epochSeconds };
  options.onPhase('ext4 rootfs');
  const tree = await writeRoot({ ...target, ...layout.root }, options, bootFolder);
  options.onPhase('FAT32 bootfs');
  await writeFat(
    { ...target, ...layout.boot },
    { source: bootFolder, volumeId: seeds.volumeId, label: 'bootfs' },
  );
  return tree;
}

/** Fills the root partition while the tree is read; the files of the boot partition go to their folder. */
async function writeRoot(
  target: FileSystemTarget,
  options: AssembleOptions,
  bootFolder: string,
): Promise<SplitTree> {
  const { seeds, epochSeconds, statistics } = options;
  const tar = new PassThrough({ highWaterMark: 1 << 22 });
  const written = writeExt4(target, { tar, uuid: seeds.rootUuid, hashSeed: seeds.hashSeed });
  // A file system that can not be written must not leave us waiting for its reader.
  written.catch((error) => tar.destroy(error));
  const additions = imageAdditions(options.embedded, options.artifacts);
  const source = { source: options.source, rootTar: tar, bootFolder, epochSeconds, additions };
  const [split] = await Promise.allSettled([splitTree(source), written]);
  await written;
  if (split.status === 'rejected') throw split.reason;
  const tree = split.value;
  if (await options.isSourceSound()) {
    if (tree.blocks === statistics.blocks && tree.inodes === statistics.inodes) return tree;
    throw new Error(
      `the tree was counted as ${statistics.blocks} blocks and ${statistics.inodes} inodes, and has ${tree.blocks} and ${tree.inodes}`,
    );
  }
  throw new HearthError('ERR_COMMAND_FAILED', {
    what: 'The tree of the last stage could not be read to its end.',
    todo: 'Run the build again.',
    state: 'No image was written.',
  });
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.sync();
  await file.close();
}
