import { dirname } from 'node:path';
import { HearthError } from '../errors/hearth-error.ts';
import { runInSandbox } from '../host/sandbox.ts';
import type { ToolsTree } from '../host/tools-tree.ts';
import { artifactListPath, type EmbeddedManifest, embeddedManifestPath } from './manifest.ts';
import { type InstalledPackage, parseDpkgStatus } from './packages.ts';
import { fat32Type, linuxType, type PartitionTable, readPartitionTable } from './partition-table.ts';

export interface Inspection {
  readonly path: string;
  readonly table: PartitionTable;
  /** What the image says of itself; undefined for images of others. */
  readonly about: EmbeddedManifest | undefined;
  readonly packages: readonly InstalledPackage[];
  /** What it has of others than Debian, and what the device fetches. */
  readonly artifacts: readonly InspectedArtifact[];
  /** Files of the boot partition with their sizes in bytes. */
  readonly bootFiles: readonly { readonly name: string; readonly sizeBytes: number }[];
  readonly root: { readonly uuid: string; readonly sizeBytes: number; readonly freeBytes: number };
}

/** An entry of {@link artifactListPath}. */
export interface InspectedArtifact {
  readonly name: string;
  readonly kind: string;
  readonly version?: string;
  /** Of a container image. */
  readonly reference?: string;
  readonly delivery?: string;
  readonly path?: string;
  readonly sizeBytes?: number;
  readonly sha256?: string;
  /** Of a package that the image brings along. */
  readonly file?: {
    readonly path: string;
    readonly version: string;
    readonly sizeBytes: number;
    readonly sha256: string;
  };
}

/** Reads an image back from its own bytes: partition table, FAT by mtools, ext4 by debugfs. Nothing is mounted. */
export async function inspectImage(tools: ToolsTree, path: string): Promise<Inspection> {
  const table = await readPartitionTable(path);
  const boot = table.partitions.find((partition) => partition.type === fat32Type);
  const root = table.partitions.find((partition) => partition.type === linuxType);
  if (!boot || !root) {
    throw new HearthError('ERR_IMAGE_INVALID', {
      what: `${path} is not an image for a Raspberry Pi.`,
      why: 'It needs a FAT32 partition and a Linux partition.',
    });
  }
  const run = async (command: readonly string[]) =>
    (await runInSandbox({ command, tools, binds: [{ path: dirname(path) }] })).stdout;
  const device = `${path}?offset=${root.startBytes}`;
  const cat = async (file: string) => await run(['debugfs', '-R', `cat ${file}`, device]);
  const superblock = await run(['debugfs', '-R', 'stats -h', device]);
  const number = (label: string) =>
    Number(new RegExp(`^${label}:\\s+(\\d+)`, 'm').exec(superblock)?.[1] ?? 0);
  const blockBytes = number('Block size');
  const about = await cat(`/${embeddedManifestPath}`);
  const artifacts = await cat(`/${artifactListPath}`);
  return {
    path,
    table,
    about: about.trim() === '' ? undefined : (JSON.parse(about) as EmbeddedManifest),
    artifacts: artifacts.trim() === '' ? [] : (JSON.parse(artifacts) as ArtifactList).artifacts,
    packages: parseDpkgStatus(await cat('/var/lib/dpkg/status')),
    bootFiles: parseFatListing(await run(['mdir', '-/', '-a', '-i', `${path}@@${boot.startBytes}`, '::'])),
    root: {
      uuid: /^Filesystem UUID:\s+(\S+)/m.exec(superblock)?.[1] ?? '',
      sizeBytes: number('Block count') * blockBytes,
      freeBytes: number('Free blocks') * blockBytes,
    },
  };
}

interface ArtifactList {
  readonly artifacts: readonly InspectedArtifact[];
}

/** Reads the listing of `mdir -/`; long names stand at the end of a line, after the time. */
export function parseFatListing(text: string): { name: string; sizeBytes: number }[] {
  const files: { name: string; sizeBytes: number }[] = [];
  let folder = '';
  for (const line of text.split('\n')) {
    const heading = /^Directory for ::\/?(.*)$/.exec(line);
    if (heading) folder = heading[1] ? `${heading[1].replace(/\/$/, '')}/` : '';
    const file = /^(\S+)\s*(\S*)\s+(\d[\d ]*)\s+\d{4}-\d\d-\d\d\s+\d+:\d\d\s*(.*)$/.exec(line);
    if (!file?.[1] || !file[3]) continue;
    const short = `${file[1]}${file[2] ? `.${file[2]}` : ''}`;
    files.push({ name: folder + (file[4]?.trim() || short), sizeBytes: Number(file[3].replaceAll(' ', '')) });
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}
