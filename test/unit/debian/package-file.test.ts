import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ArchiveBases,
  archiveFileName,
  describePackage,
  type PackageFile,
  packagesDigest,
  packageUrl,
  parseUris,
  sortPackages,
} from '../../../builder/debian/package-file.ts';
import { samplePackage } from '../../helpers/sample-packages.ts';

const bases: ArchiveBases = {
  main: 'http://mirror.example/debian',
  security: 'http://mirror.example/debian-security',
};
const hash = 'a'.repeat(64);

/** The one package of a line. */
function parseLine(uri: string, fileName: string, rest = `1234 SHA256:${hash}`): PackageFile | undefined {
  return parseUris(`'${uri}' ${fileName} ${rest}\n`, bases)[0];
}

describe('parseUris', () => {
  it('reads name, version, architecture, size, hash and place', () => {
    const uri = `${bases.main}/pool/main/b/bash/bash_5.2.37-2_arm64.deb`;

    expect(parseLine(uri, 'bash_5.2.37-2_arm64.deb')).toEqual({
      name: 'bash',
      version: '5.2.37-2',
      architecture: 'arm64',
      sizeBytes: 1234,
      sha256: hash,
      archive: 'debian',
      path: 'pool/main/b/bash/bash_5.2.37-2_arm64.deb',
    });
  });

  it('reads the epoch of a version', () => {
    const uri = `${bases.main}/pool/main/s/samba/samba_4.22.3%2bdfsg-4_arm64.deb`;

    const found = parseLine(uri, 'samba_2%3a4.22.3+dfsg-4_arm64.deb');

    expect(found?.version).toBe('2:4.22.3+dfsg-4');
    expect(found?.path).toBe('pool/main/s/samba/samba_4.22.3+dfsg-4_arm64.deb');
  });

  it('reads encoded plus signs of names and versions', () => {
    const uri = `${bases.main}/pool/main/g/gcc-14/libstdc%2b%2b6_14.2.0-19%2bb1_arm64.deb`;

    const found = parseLine(uri, 'libstdc++6_14.2.0-19%2bb1_arm64.deb');

    expect(found?.name).toBe('libstdc++6');
    expect(found?.version).toBe('14.2.0-19+b1');
    expect(found?.path).toBe('pool/main/g/gcc-14/libstdc++6_14.2.0-19+b1_arm64.deb');
  });

  it.each<[string, string, string, string]>([
    ['the main archive', `${bases.main}/pool/a_1_all.deb`, 'debian', 'pool/a_1_all.deb'],
    ['the security archive', `${bases.security}/pool/a_1_all.deb`, 'debian-security', 'pool/a_1_all.deb'],
    [
      'an archive of somebody else',
      'https://pkg.example/stable/debian/pool/main/a/a_1_all.deb',
      'https://pkg.example/stable/debian',
      'pool/main/a/a_1_all.deb',
    ],
    [
      'an archive whose address begins like the main one',
      'http://mirror.example/debian-backports/pool/a_1_all.deb',
      'http://mirror.example/debian-backports',
      'pool/a_1_all.deb',
    ],
    [
      'an archive without a pool',
      'https://pkg.example/flat/a_1_all.deb',
      'https://pkg.example/flat',
      'a_1_all.deb',
    ],
  ])('knows %s', (_what, uri, archive, path) => {
    expect(parseLine(uri, 'a_1_all.deb')).toMatchObject({ archive, path });
  });

  it('takes the SHA-256 among other hashes', () => {
    const found = parseLine(
      `${bases.main}/a_1_all.deb`,
      'a_1_all.deb',
      `5 MD5Sum:00 SHA256:${hash} SHA512:00`,
    );

    expect(found?.sha256).toBe(hash);
  });

  it('leaves out lines that name no package', () => {
    const text = [
      'Reading package lists...',
      'NOTE: This is only a simulation',
      '',
      "'http://mirror.example/debian/dists/trixie/InRelease' trixie_InRelease 0 ",
    ].join('\n');

    expect(parseUris(text, bases)).toEqual([]);
  });

  it('sorts by name, then by architecture', () => {
    const line = (name: string, architecture: string) =>
      `'${bases.main}/${name}_1_${architecture}.deb' ${name}_1_${architecture}.deb 5 SHA256:${hash}`;

    const found = parseUris([line('b', 'arm64'), line('a', 'arm64'), line('a', 'all')].join('\n'), bases);

    expect(found.map(describePackage)).toEqual(['a 1 (all)', 'a 1 (arm64)', 'b 1 (arm64)']);
  });

  it('refuses a package without a SHA-256, and names it', () => {
    expect(() => parseLine(`${bases.main}/a_1_all.deb`, 'a_1_all.deb', '5 MD5Sum:00')).toThrow(
      'a has no SHA-256',
    );
  });
});

describe('packageUrl', () => {
  it.each([
    `${bases.main}/pool/main/b/bash/bash_5.2.37-2_arm64.deb`,
    `${bases.main}/pool/main/g/gcc/libstdc++6_14.2.0-19+b1_arm64.deb`,
    `${bases.main}/pool/main/a/a_1~rc1_all.deb`,
    `${bases.security}/pool/updates/main/o/openssl/openssl_3.5.1-1_arm64.deb`,
    'https://pkg.example/stable/pool/main/a/a_1_all.deb',
  ])('gives back the address %s', (uri) => {
    const found = parseLine(uri, 'a_1_all.deb');

    expect(found && packageUrl(found, bases)).toBe(uri);
  });

  it('names the mirror of another build', () => {
    const other = { main: 'https://other.example/d', security: 'https://other.example/s' };
    const main = samplePackage({ path: 'pool/a.deb' });

    expect(packageUrl(main, other)).toBe('https://other.example/d/pool/a.deb');
    expect(packageUrl({ ...main, archive: 'debian-security' }, other)).toBe(
      'https://other.example/s/pool/a.deb',
    );
    expect(packageUrl({ ...main, archive: 'https://pkg.example/x' }, other)).toBe(
      'https://pkg.example/x/pool/a.deb',
    );
  });

  it('encodes what an address may not hold', () => {
    expect(packageUrl(samplePackage({ path: 'pool/a b#c?d%.deb' }), bases)).toBe(
      `${bases.main}/pool/a%20b%23c%3Fd%25.deb`,
    );
  });
});

/** Packages of different names. */
const packageSets = fc.uniqueArray(
  fc.record({
    name: fc.stringMatching(/^[a-z][a-z0-9+.-]{1,8}$/),
    sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
  }),
  { selector: ({ name }) => name, maxLength: 8 },
);

describe('packagesDigest', () => {
  it('does not depend on the order', () => {
    fc.assert(
      fc.property(packageSets, (parts) => {
        const packages = parts.map((part) => samplePackage(part));

        expect(packagesDigest(packages.toReversed())).toBe(packagesDigest(packages));
      }),
    );
  });

  it('does not depend on the mirror that the packages came from', () => {
    const other: ArchiveBases = { main: 'https://other.example/d', security: 'https://other.example/s' };
    const text = (from: ArchiveBases) =>
      [from.main, from.security]
        .map((base, index) => `'${base}/pool/p${index}_1_all.deb' p${index}_1_all.deb 5 SHA256:${hash}`)
        .join('\n');

    const here = parseUris(text(bases), bases);

    expect(here).toHaveLength(2);
    expect(parseUris(text(other), other)).toEqual(here);
    expect(packagesDigest(parseUris(text(other), other))).toBe(packagesDigest(here));
  });

  it('changes with the content of a package, and with one package more', () => {
    const one = samplePackage();
    const other = samplePackage({ name: 'bash' });

    expect(packagesDigest([{ ...one, sha256: 'b'.repeat(64) }])).not.toBe(packagesDigest([one]));
    expect(packagesDigest([one, other])).not.toBe(packagesDigest([one]));
  });
});

describe('sortPackages', () => {
  it('leaves the list that it was given as it is', () => {
    const packages = [samplePackage({ name: 'b2' }), samplePackage({ name: 'a1' })];

    expect(sortPackages(packages).map(({ name }) => name)).toEqual(['a1', 'b2']);
    expect(packages.map(({ name }) => name)).toEqual(['b2', 'a1']);
  });
});

describe('archiveFileName', () => {
  it.each([
    [{ name: 'bash', version: '5.2.37-2', architecture: 'arm64' }, 'bash_5.2.37-2_arm64.deb'],
    [{ name: 'samba', version: '2:4.22.3+dfsg-4' }, 'samba_2%3a4.22.3+dfsg-4_arm64.deb'],
    [{ name: 'tzdata', version: '2026a-1', architecture: 'all' }, 'tzdata_2026a-1_all.deb'],
  ])('is that of apt: %j', (parts, fileName) => {
    expect(archiveFileName(samplePackage(parts))).toBe(fileName);
  });
});
