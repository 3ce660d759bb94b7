import { HearthError } from '../errors/hearth-error.ts';
import type { DownloadFailure } from '../host/download.ts';
import { count } from '../text/count.ts';
import { formatSize } from '../text/size.ts';
import type { StoredArtifact } from './artifact.ts';
import { describeArtifact, totalSize } from './store.ts';

const again = 'Run the same command again: it goes on where it stopped.';
const mirrorHint =
  'A file from elsewhere can be offered as FOLDER/sha256/ITS-SHA-256, with the folder in `artifacts.mirrors` of config.yaml.';

/** Artifacts that no address gave: from where, why and what to do. */
export function notFetched(failures: readonly DownloadFailure[], total: number): HearthError {
  const details = failures.flatMap(({ download, reasons }) => [
    `- ${download.label}`,
    ...reasons.map((reason) => `    ${reason}`),
  ]);
  return new HearthError('ERR_DOWNLOAD', {
    what: `${count(failures.length, 'artifact')} of ${total} could not be fetched.`,
    details: details.join('\n'),
    ...adviceFor(failures),
  });
}

/** Something that the store lacks. */
export interface Lack {
  readonly artifact: StoredArtifact;
  /** `damaged` has a reason. */
  readonly state: { readonly kind: string; readonly reason?: string };
}

/** What an offline run misses: with size and address. */
export function notInStore(missing: readonly Lack[]): HearthError {
  const verb = missing.length === 1 ? 'is' : 'are';
  return new HearthError('ERR_DOWNLOAD', {
    what: `${count(missing.length, 'artifact')}${sizeOf(missing)} ${verb} not in the store, and nothing is fetched offline.`,
    details: missing
      .flatMap(({ artifact, state }) => [
        `- ${describeArtifact(artifact)}: ${state.reason === undefined ? 'missing' : `damaged, ${state.reason}`}`,
        ...whereabouts(artifact),
      ])
      .join('\n'),
    todo: [
      'scripts/hearth fetch                  # with a network',
      'Or on a machine that has them:',
      'scripts/hearth store export FILE',
      'and here:',
      'scripts/hearth store import FILE',
    ].join('\n'),
    state: 'Nothing was fetched and nothing was changed.',
  });
}

/** How large an image is, its registry knows. */
function sizeOf(missing: readonly Lack[]): string {
  const files = missing.flatMap(({ artifact }) => (artifact.kind === 'file' ? [artifact] : []));
  return files.length < missing.length ? '' : ` (${formatSize(totalSize(files))})`;
}

function whereabouts(artifact: StoredArtifact): readonly string[] {
  return artifact.kind === 'file'
    ? [`    ${artifact.sizeBytes} bytes, SHA-256 ${artifact.sha256}`, `    ${artifact.url}`]
    : [`    a container image, for arm64 ${artifact.arm64Digest}`];
}

function adviceFor(failures: readonly DownloadFailure[]): { why?: string; todo: string; state: string } {
  const kept = 'Whole files are kept and checked. What came in of the others waits for the next run.';
  if (failures.some(({ isWrong }) => isWrong)) {
    return {
      why: 'What was offered is not what artifacts.lock.yaml pins: it was changed after it was pinned, or on its way.',
      todo: [
        "Do not trust it. Compare it with what the maker's own page says.",
        'Where a mirror or a proxy is to blame, leave it out and run the same command again.',
      ].join('\n'),
      state: `Nothing of a wrong file was kept. ${kept}`,
    };
  }
  if (failures.every(({ isGone }) => isGone)) {
    return {
      why: 'The servers answer, but they do not have these files (any more).',
      todo: `\`scripts/hearth lock\` pins newer versions.\n${mirrorHint}`,
      state: kept,
    };
  }
  return {
    todo: [
      'Check the network, and the variables https_proxy, http_proxy and no_proxy.',
      again,
      mirrorHint,
    ].join('\n'),
    state: kept,
  };
}
