import { digestOf } from '../text/digest.ts';

/** One `.deb` of an archive. */
export interface PackageFile {
  readonly name: string;
  readonly version: string;
  /** Debian's name: arm64, or `all`. */
  readonly architecture: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
  /** `debian` and `debian-security` are Debian's own, wherever they are mirrored; else the base address of the archive. */
  readonly archive: string;
  /** Path below the archive's base, as `pool/main/b/bash/bash_5.2.37-2_arm64.deb`. */
  readonly path: string;
}

/** What one step installs, sorted by name. */
export type PackageSet = readonly PackageFile[];

/** Where the files of each archive lie. */
export interface ArchiveBases {
  readonly main: string;
  readonly security: string;
}

/** Identity of a set: the same packages give the same digest, whichever mirror they came from. */
export function packagesDigest(packages: PackageSet): string {
  return digestOf(sortPackages(packages).map(({ sha256 }) => sha256));
}

/** `name 1.2-3 (arm64)`. */
export function describePackage({ name, version, architecture }: PackageFile): string {
  return `${name} ${version} (${architecture})`;
}

/** The name that apt gives the file in its archive folder: `%3a` stands for the colon of an epoch. */
export function archiveFileName({ name, version, architecture }: PackageFile): string {
  return `${name}_${version.replaceAll(':', '%3a')}_${architecture}.deb`;
}

/** Sorted by name, then architecture: the order of locks and digests. */
export function sortPackages(packages: PackageSet): PackageFile[] {
  const key = ({ name, architecture }: PackageFile) => `${name} ${architecture}`;
  return [...packages].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/**
 * Reads the lines of `apt-get --print-uris`: `'URI' FILE SIZE SHA256:HEX`. Other lines are ignored. Throws a plain Error
 * for a package without a SHA-256, which no signed archive has.
 */
export function parseUris(text: string, bases: ArchiveBases): PackageFile[] {
  const packages: PackageFile[] = [];
  for (const line of text.split('\n')) {
    const match = /^'([^']+)' (\S+)_([^_\s]+)_([^_\s.]+)\.deb (\d+) (.*)$/.exec(line);
    if (!match) continue;
    const [, uri = '', name = '', version = '', architecture = '', size, hashes = ''] = match;
    const sha256 = /SHA256:([0-9a-f]{64})/.exec(hashes)?.[1];
    if (sha256 === undefined) throw new Error(`${name} has no SHA-256 in its archive's index`);
    packages.push({
      name,
      version: decodeURIComponent(version),
      architecture,
      sizeBytes: Number(size),
      sha256,
      ...splitUri(uri, bases),
    });
  }
  return sortPackages(packages);
}

/** The address of a package's file on the mirrors of this build. */
export function packageUrl({ archive, path }: PackageFile, bases: ArchiveBases): string {
  const base = archive === 'debian' ? bases.main : archive === 'debian-security' ? bases.security : archive;
  // A plus sign or a tilde may stand as it is; mirrors that follow the letter decode %2b.
  return `${base}/${path.split('/').map(encodePart).join('/')}`;
}

function encodePart(part: string): string {
  return encodeURIComponent(part).replaceAll('%2B', '+').replaceAll('%3A', ':');
}

function splitUri(uri: string, bases: ArchiveBases): { archive: string; path: string } {
  const decoded = decodeURIComponent(uri);
  if (decoded.startsWith(`${bases.security}/`)) {
    return { archive: 'debian-security', path: decoded.slice(bases.security.length + 1) };
  }
  if (decoded.startsWith(`${bases.main}/`)) {
    return { archive: 'debian', path: decoded.slice(bases.main.length + 1) };
  }
  const pool = decoded.indexOf('/pool/');
  const end = pool < 0 ? decoded.lastIndexOf('/') : pool;
  return { archive: decoded.slice(0, end), path: decoded.slice(end + 1) };
}
