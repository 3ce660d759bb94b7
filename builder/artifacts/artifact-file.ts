import type { Artifact, FileArtifact } from './artifact.ts';

/** The file that the artifact is, or that the lock pins for it; undefined if there is none. */
export function fileOf(artifact: Artifact): FileArtifact | undefined {
  switch (artifact.kind) {
    case 'file':
      return artifact;
    case 'apt-package': {
      const { name, file, licence, mayBePublished, source } = artifact;
      return file && { kind: 'file', name, ...file, licence, mayBePublished, source };
    }
    case 'container-image':
    case 'unpinned-image':
      return undefined;
  }
}
