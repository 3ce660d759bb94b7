import type { InstalledPackage } from './packages.ts';
import type { Partition } from './partition-table.ts';

/** `NAME.manifest.json` beside an image. */
export interface ImageManifest extends EmbeddedManifest {
  readonly file: string;
  /** Identity of the tree that the image was made from. */
  readonly tree: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly diskId: string;
  readonly partitions: readonly (Partition & { readonly label: string; readonly usedBytes: number })[];
  readonly packages: readonly InstalledPackage[];
}

/** What the image carries of itself, in `/usr/lib/hearth/image.json`. */
export interface EmbeddedManifest {
  readonly format: 1;
  readonly name: string;
  /** Hearth's version. */
  readonly version: string;
  /** YYYY-MM-DD: no time in the image is later. */
  readonly date: string;
  readonly edition: string;
  /** Digest of its Debian packages: that of the lock beside it. */
  readonly packagesDigest: string;
  readonly fingerprint: string;
  readonly stages: readonly { readonly name: string; readonly fingerprint: string }[];
}

/** Where the image says what it has of others than Debian, and what the device fetches. */
export const artifactListPath = 'usr/lib/hearth/artifacts.json';

export const embeddedManifestPath = 'usr/lib/hearth/image.json';
