import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { HearthError } from '../errors/hearth-error.ts';
import type { ToolsTree } from '../host/tools-tree.ts';
import { publish, removeTree, temporaryName, writeFileAtomically } from '../host/workspace.ts';
import { writeExt4, writeFat } from './file-systems.ts';
import { blockBytes, type DiskLayout, planLayout } from './layout.ts';
import { type EmbeddedManifest, embeddedManifestPath, type ImageManifest } from './manifest.ts';
import { parseDpkgStatus } from './packages.ts';
import { encodePartitionTable } from './partition-table.ts';
import { splitTree } from './rootfs-tar.ts';

export interface AssembleOptions {
  readonly tools: ToolsTree;
  /** Uncompressed tar of the tree. */
  readonly source: Readable;
  readonly scratchDir: string;
  readonly outDir: string;
  /** File name without `.img`. */
  readonly fileName: string;
  readonly embedded: EmbeddedManifest;
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
  const rootTar = `${scratchDir}/rootfs.tar`;
  await mkdir(bootFolder, { recursive: true });
  await mkdir(outDir, { recursive: true });
  options.onPhase('canonical tar');
  const tree = await splitTree({
    source: options.source,
    rootTar,
    bootFolder,
    epochSeconds: options.epochSeconds,
    additions: { [embeddedManifestPath]: `${JSON.stringify(options.embedded, null, 2)}\n` },
  });
  if (!(await options.isSourceSound())) {
    throw new HearthError('ERR_COMMAND_FAILED', {
      what: 'The tree of the last stage could not be read to its end.',
      todo: 'Run the build again.',
      state: 'No image was written.',
    });
  }
  const layout = planLayout(options.seeds.diskId, tree);
  const image = `${outDir}/${fileName}.img`;
  const draft = temporaryName(image);
  try {
    await writeDisk(draft, layout, options, { bootFolder, rootTar });
    options.onPhase('checksum');
    const sha256 = await hashOf(draft);
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

async function writeDisk(
  draft: string,
  layout: DiskLayout,
  options: AssembleOptions,
  content: { bootFolder: string; rootTar: string },
): Promise<void> {
  const { tools, outDir, scratchDir, epochSeconds, seeds } = options;
  const file = await open(draft, 'w');
  try {
    await file.truncate(layout.totalBytes);
    await file.write(encodePartitionTable(layout.table), 0);
  } finally {
    await file.close();
  }
  const target = { tools, image: draft, folder: outDir, epochSeconds };
  options.onPhase('FAT32 bootfs');
  await writeFat(
    { ...target, ...layout.boot },
    { source: content.bootFolder, volumeId: seeds.volumeId, label: 'bootfs' },
  );
  options.onPhase('ext4 rootfs');
  await writeExt4(
    { ...target, ...layout.root },
    { tar: content.rootTar, tarFolder: scratchDir, uuid: seeds.rootUuid, hashSeed: seeds.hashSeed },
  );
  const synced = await open(draft, 'r+');
  await synced.sync();
  await synced.close();
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
