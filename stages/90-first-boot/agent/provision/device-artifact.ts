/** `/usr/lib/hearth/artifacts.json`: what the image has of others, and what the device has to fetch. */
export interface DeviceArtifactList {
  readonly format: 1;
  /** Addresses that are tried before an artifact's own: `MIRROR/sha256/HEX`. */
  readonly mirrors: readonly string[];
  readonly artifacts: readonly DeviceArtifact[];
}

export type DeviceArtifact = DeviceFile | DeviceAptPackage | DeviceContainerImage;

/** What the device can fetch by itself, to a place that the image names. */
export type FetchedArtifact = DeviceFile | DeviceContainerImage;

/** A file that is in the image, or that the device fetches. */
export interface DeviceFile {
  readonly kind: 'file';
  readonly name: string;
  readonly version: string;
  readonly delivery: 'baked' | 'first-boot';
  /** Where it lies on the device. */
  readonly path: string;
  /** File mode, such as 0o755. */
  readonly mode: number;
  readonly url: string;
  /** Of the file as its maker publishes it. */
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** A package that the device installs: from the image if that brings it along, else from its maker's signed repository. */
export interface DeviceAptPackage {
  readonly kind: 'apt-package';
  readonly name: string;
  readonly repository: string;
  readonly suite: string;
  readonly component: string;
  readonly package: string;
  readonly keyUrl: string;
  readonly keyFingerprint: string;
  readonly minimumVersion: string;
  /** The image brings it along. */
  readonly file?: DevicePackageFile;
}

/** A package that lies in the image as its maker publishes it. */
type DevicePackageFile = Pick<DeviceFile, 'path' | 'version' | 'sizeBytes' | 'sha256'>;

/** A container image as an archive that k3s imports: in the image, or made by the device. */
export interface DeviceContainerImage {
  readonly kind: 'container-image';
  readonly name: string;
  /** With registry, repository and tag: the name under which k3s knows it. */
  readonly reference: string;
  /** Of the image for arm64: `sha256:HEX`. */
  readonly arm64Digest: string;
  /** Of the index that names it. */
  readonly indexDigest: string;
  readonly delivery: 'baked' | 'first-boot';
  /** Where the archive lies; `.tar` if the device makes it. */
  readonly path: string;
  readonly mode: number;
}

/** The 64 hex digits that say what an artifact is. */
export function hexOf(artifact: FetchedArtifact): string {
  return artifact.kind === 'file' ? artifact.sha256 : artifact.arm64Digest.slice('sha256:'.length);
}
