import { createHash } from 'node:crypto';
import { HearthError } from '../../errors/hearth-error.ts';
import type { AptPackageArtifact, PackageFile } from '../artifact.ts';
import { compareVersions } from '../version-order.ts';
import { badAnswer, fetchAnswer, unchanged } from './answer.ts';
import type { ResolveContext, Resolver } from './resolver.ts';
import { verifySignedText } from './signed-text.ts';

/** A package of a signed apt repository: the key is pinned, the rest follows from its signature. */
export function aptResolver(artifact: AptPackageArtifact, context: ResolveContext): Resolver {
  const offered = once(async () => await newestOffered(artifact, context));
  return {
    newestVersion: async () => releaseOf(await offered()),
    pin: async (version) => {
      const file = await offered();
      if (compareVersions(version, releaseOf(file)) > 0) throw tooOld(artifact, version, releaseOf(file));
      return { ...artifact, minimumVersion: version, file, source: `signed lists of ${artifact.repository}` };
    },
  };
}

/** The version without the mark of the build behind the dash. */
function releaseOf({ version }: PackageFile): string {
  return version.replace(/-[^-]*$/, '');
}

/** The newest one for arm64 in the signed lists. */
async function newestOffered(artifact: AptPackageArtifact, context: ResolveContext): Promise<PackageFile> {
  const { repository, suite, component } = artifact;
  const base = `${repository.replace(/\/+$/, '')}/dists/${suite}`;
  const release = await readRelease(artifact, `${base}/InRelease`, context);
  const place = `${component}/binary-arm64/Packages`;
  const url = `${base}/${place}`;
  const what = `The packages of ${repository}`;
  const entry = release.files.get(place);
  if (!entry) throw badAnswer(what, `${base}/InRelease`, `the signed list does not name ${place}`);
  const { bytes } = await fetchAnswer(context.fetcher, { url, maxBytes: 32 * 1024 * 1024 }, what);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== entry.sha256 || bytes.length !== entry.sizeBytes) {
    const why = `its SHA-256 is ${sha256} (${bytes.length} bytes), the signed list says ${entry.sha256} (${entry.sizeBytes} bytes)`;
    throw badAnswer(what, url, why);
  }
  const files = packagesIn(bytes.toString('utf8'), artifact);
  const [newest] = files.toSorted((a, b) => compareVersions(b.version, a.version));
  if (newest === undefined) throw badAnswer(what, url, `it has no ${artifact.package} for arm64`);
  return newest;
}

interface Release {
  /** By path below the suite's folder. */
  readonly files: ReadonlyMap<string, { readonly sha256: string; readonly sizeBytes: number }>;
}

async function readRelease(
  artifact: AptPackageArtifact,
  url: string,
  { fetcher, runVerifier }: ResolveContext,
): Promise<Release> {
  const { keyUrl, keyFingerprint, suite } = artifact;
  const what = `The signed list of ${artifact.repository}`;
  const [inRelease, key] = await Promise.all([
    fetchAnswer(fetcher, { url }, what),
    fetchAnswer(fetcher, { url: keyUrl, maxBytes: 1024 * 1024 }, `The key of ${artifact.repository}`),
  ]);
  const text = await verifySignedText(
    { what, url, bytes: inRelease.bytes, keyUrl, keyFile: key.bytes, fingerprint: keyFingerprint },
    runVerifier,
  );
  const field = (name: string) => new RegExp(`^${name}: *(.*?)\\s*$`, 'm').exec(text)?.[1];
  const names = [field('Suite'), field('Codename')].filter((name) => name !== undefined);
  if (names.length > 0 && !names.includes(suite)) {
    throw badAnswer(what, url, `it is about ${names.join(', ')}, not about ${suite}`);
  }
  const validUntil = Date.parse(field('Valid-Until') ?? '');
  if (validUntil < Date.now()) {
    throw badAnswer(what, url, `it was valid until ${new Date(validUntil).toISOString()} only`);
  }
  return { files: filesOf(text) };
}

/** The lines below `SHA256:`. */
function filesOf(release: string): Release['files'] {
  const [, list = ''] = /^SHA256:[ \t]*\r?\n((?:[ \t]+.*(?:\r?\n|$))+)/m.exec(release) ?? [];
  const entries = [...list.matchAll(/^[ \t]+([0-9a-f]{64})[ \t]+(\d+)[ \t]+(\S+)[ \t]*\r?$/gm)];
  return new Map(
    entries.map(([, sha256 = '', size = '', path = '']) => [path, { sha256, sizeBytes: Number(size) }]),
  );
}

/** The files of a package for arm64 that the index gives size and checksum of. */
function packagesIn(index: string, { repository, package: wanted }: AptPackageArtifact): PackageFile[] {
  return index.split(/\r?\n\r?\n/).flatMap((paragraph) => {
    const field = (name: string) => new RegExp(`^${name}: (.*?)\\s*$`, 'm').exec(paragraph)?.[1] ?? '';
    const path = field('Filename');
    const file = {
      version: field('Version'),
      url: `${repository.replace(/\/+$/, '')}/${encodeURI(path)}`,
      sizeBytes: Number(field('Size')),
      sha256: field('SHA256'),
    };
    const isWanted =
      field('Package') === wanted &&
      field('Architecture') === 'arm64' &&
      /^\d[0-9A-Za-z.+~:-]*$/.test(file.version) &&
      // Below the repository.
      path.split('/').every((part) => part !== '' && part !== '..') &&
      Number.isSafeInteger(file.sizeBytes) &&
      file.sizeBytes > 0 &&
      /^[0-9a-f]{64}$/.test(file.sha256);
    return isWanted ? [file] : [];
  });
}

function tooOld(artifact: AptPackageArtifact, least: string, newest: string): HearthError {
  return new HearthError('ERR_DOWNLOAD', {
    what: `${artifact.repository} has no ${artifact.package} that may be used.`,
    why: `Its newest is ${newest}; the lock wants at least ${least}, as older ones have known flaws.`,
    todo: 'Wait until the maker publishes it; `scripts/hearth lock --only NAME` goes on with the others.',
    state: unchanged,
  });
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return async () => {
    made ??= make();
    return await made;
  };
}
