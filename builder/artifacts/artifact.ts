/** Something that others publish, pinned in `artifacts.lock.yaml`. Nothing else is ever fetched. */
export type Artifact = FileArtifact | AptPackageArtifact | ContainerImageArtifact | UnpinnedImageArtifact;

/** What the store keeps: bytes that have a digest. */
export type StoredArtifact = FileArtifact | ContainerImageArtifact;

interface ArtifactBase {
  /** Its key in the lock: `k3s`. */
  readonly name: string;
  /** SPDX identifier, or the name of the terms. */
  readonly licence: string;
  /** May be baked into an image that is given to others. */
  readonly mayBePublished: boolean;
  /** Where the pin came from, for people. */
  readonly source: string;
}

/** One file at one address. */
export interface FileArtifact extends ArtifactBase {
  readonly kind: 'file';
  readonly version: string;
  readonly url: string;
  readonly sizeBytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** A package of a signed apt repository: the device installs it from there, and gets its updates from there. */
export interface AptPackageArtifact extends ArtifactBase {
  readonly kind: 'apt-package';
  readonly repository: string;
  readonly suite: string;
  readonly component: string;
  readonly package: string;
  /** Where the repository's key is; only a key with this fingerprint counts. */
  readonly keyUrl: string;
  /** 40 hex digits, capitals. */
  readonly keyFingerprint: string;
  /** Older ones have known flaws. */
  readonly minimumVersion: string;
  /** The newest one of the signed lists when the lock was written: what an image may bring along. */
  readonly file?: PackageFile;
}

/** A package as its maker publishes it. */
export type PackageFile = Pick<FileArtifact, 'version' | 'url' | 'sizeBytes' | 'sha256'>;

/** A container image of a registry. */
export interface ContainerImageArtifact extends ArtifactBase {
  readonly kind: 'container-image';
  /** With registry, repository and tag: `ghcr.io/mastodon/mastodon:v4.7.4`. */
  readonly reference: string;
  /** Of the index, which names one image for each architecture: `sha256:HEX`. */
  readonly indexDigest: string;
  /** Of the image for linux/arm64 that the index names. */
  readonly arm64Digest: string;
}

/** A container image of which only the name is known so far: it is not fetched before `hearth lock` has found its digests. */
export interface UnpinnedImageArtifact extends ArtifactBase {
  readonly kind: 'unpinned-image';
  readonly reference: string;
}
