import { HearthError } from '../errors/hearth-error.ts';
import type { Artifact, ContainerImageArtifact } from './artifact.ts';
import { versionOf } from './upstream.ts';

/** One value that the lock and the maker tell differently for the same version. */
export interface Disagreement {
  readonly key: string;
  readonly locked: string;
  readonly published: string;
}

/** What differs between the lock and what the maker publishes for the same version. */
export function disagreements(locked: Artifact, published: Artifact): readonly Disagreement[] {
  return Object.entries(valuesOf(locked)).flatMap(([key, value]) => {
    const other = valuesOf(published)[key];
    return other === undefined || value === other ? [] : [{ key, locked: value, published: other }];
  });
}

/** ERR_DOWNLOAD with both values: neither side is believed. */
export function disagreementError(
  locked: Artifact,
  found: readonly Disagreement[],
  explanation?: string,
): HearthError {
  const { name } = locked;
  const lines = found.map(({ key, locked: ours, published }) => {
    return `${name} ${key}\n  locked     ${ours}\n  published  ${published}`;
  });
  return new HearthError('ERR_DOWNLOAD', {
    what: `The lock and the maker of ${name} disagree about ${versionOf(locked)}.`,
    why: explanation ?? 'What was published once must not change: one of the two is wrong.',
    details: lines.join('\n'),
    todo: adviceFor(locked),
    state: 'artifacts.lock.yaml was not changed.',
  });
}

function valuesOf(artifact: Artifact): Readonly<Record<string, string>> {
  switch (artifact.kind) {
    case 'file':
      return { sha256: artifact.sha256, sizeBytes: String(artifact.sizeBytes) };
    case 'container-image': {
      const { indexDigest, arm64Digest } = artifact satisfies ContainerImageArtifact;
      return { indexDigest, arm64Digest };
    }
    case 'unpinned-image':
      return {};
    case 'apt-package': {
      // Its key is compared where the key is read. Another build of the same version is another file.
      const { file } = artifact;
      if (file === undefined) return {};
      const of = `of ${file.version}`;
      return { [`sha256 ${of}`]: file.sha256, [`sizeBytes ${of}`]: String(file.sizeBytes) };
    }
  }
}

function adviceFor({ kind, name }: Artifact): string {
  if (kind === 'container-image') {
    return `Find out why. Some makers build a tag anew; if that is so here, run \`scripts/hearth lock --rebuilt ${name}\`.`;
  }
  return "Do not use either before you know why: compare with the maker's own page. Once the lock is known to be wrong, correct its line by hand.";
}
