import type { Artifact } from './artifact.ts';
import { parseImageReference } from './image-reference.ts';

/** A file of a GitHub release. */
export interface GithubFile {
  /** `k3s-io/k3s`. */
  readonly repository: string;
  readonly tag: string;
  readonly asset: string;
}

/** What a release address names; undefined for other addresses. Hosts do not matter: mirrors keep the path. */
export function githubFile(url: string): GithubFile | undefined {
  const [, repository, tag, asset] =
    /^https?:\/\/[^/]+\/([\w.-]+\/[\w.-]+)\/releases\/download\/([^/]+)\/([^/?#]+)$/.exec(url) ?? [];
  if (repository === undefined || tag === undefined || asset === undefined) return undefined;
  try {
    return { repository, tag: decodeURIComponent(tag), asset: decodeURIComponent(asset) };
  } catch {
    return undefined;
  }
}

/** Who makes it, whatever its name in the lock is: `k3s-io/k3s`, `plexmediaserver`. */
export function upstreamOf(artifact: Artifact): string | undefined {
  switch (artifact.kind) {
    case 'file':
      return githubFile(artifact.url)?.repository;
    case 'apt-package':
      return artifact.package;
    case 'container-image':
    case 'unpinned-image':
      return parseImageReference(artifact.reference)?.repository;
  }
}

/** What counts as its version: of an apt package the least that may be installed, of an image its tag. */
export function versionOf(artifact: Artifact): string {
  switch (artifact.kind) {
    case 'file':
      return artifact.version;
    case 'apt-package':
      return artifact.minimumVersion;
    case 'container-image':
    case 'unpinned-image':
      return parseImageReference(artifact.reference)?.tag ?? '';
  }
}
