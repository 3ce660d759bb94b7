/** `/usr/lib/hearth/artifacts.json`: what the image has of others, and what the device has to fetch. */
export interface DeviceArtifactList {
  readonly format: 1;
  /** Addresses that are tried before an artifact's own: `MIRROR/sha256/HEX`. */
  readonly mirrors: readonly string[];
  readonly artifacts: readonly DeviceArtifact[];
}

export type DeviceArtifact = DeviceFile | DeviceAptPackage;

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

/** A package that the device installs from its maker's signed repository. */
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
}
