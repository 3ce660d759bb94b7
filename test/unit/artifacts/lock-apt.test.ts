import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AptPackageArtifact } from '../../../builder/artifacts/artifact.ts';
import { formatArtifactLock, readArtifactLock } from '../../../builder/artifacts/lock-file.ts';
import { aptResolver } from '../../../builder/artifacts/resolve/apt-repository.ts';
import { readPublicKeys } from '../../../builder/artifacts/resolve/openpgp-key.ts';
import type { RunVerifier } from '../../../builder/artifacts/resolve/resolver.ts';
import { type LockFlags, lockArtifacts } from '../../../builder/cli/commands/lock.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { fileTree } from '../../helpers/file-tree.ts';
import { hexOf, type Pages, serveMakers } from '../../helpers/makers.ts';
import { cut, status } from '../../helpers/mirror-steps.ts';
import {
  type Keyring,
  openKeyring,
  type SigningKey,
  signingOffReason,
  verifierForTests,
} from '../../helpers/signing.ts';

const offReason = await signingOffReason();
const base = '/deb/dists/public';
const packagesPath = `${base}/main/binary-arm64/Packages`;

function paragraph(version: string, more: Readonly<Record<string, string>> = {}): string {
  const fields = {
    Package: 'plexmediaserver',
    Architecture: 'arm64',
    Version: version,
    Filename: `pool/${version}.deb`,
    Size: '123',
    SHA256: hexOf(version),
    ...more,
  };
  return Object.entries(fields)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
}

const packages = [
  paragraph('1.43.4.10903-e5521bd8c'),
  paragraph('1.43.5.11029-6bf8af3f0'),
  paragraph('1.43.3.10861-07dfddaeb'),
  paragraph('1.99.0.1-a', { Architecture: 'amd64' }),
  paragraph('1.99.0.2-b', { Package: 'plexmediaserver-beta' }),
  paragraph('1.99.0.3-c', { SHA256: 'none' }),
].join('\n');

function newestFile(server: string) {
  const version = '1.43.5.11029-6bf8af3f0';
  return { version, url: `${server}/deb/pool/${version}.deb`, sizeBytes: 123, sha256: hexOf(version) };
}

function releaseText(index: string, more = 'Suite: public\n'): string {
  const other = ` ${hexOf('amd64')} 10 main/binary-amd64/Packages\n`;
  const md5 = 'MD5Sum:\n 0123456789abcdef0123456789abcdef 5 main/binary-arm64/Packages\n';
  const line = ` ${hexOf(index)} ${Buffer.byteLength(index)} main/binary-arm64/Packages\n`;
  return `Origin: Plex\n${more}${md5}SHA256:\n${other}${line}`;
}

describe.skipIf(offReason !== undefined)(
  `the resolver of apt repositories${offReason ? ` (${offReason})` : ''}`,
  () => {
    let keyring: Keyring;
    let key: SigningKey;
    let foreign: SigningKey;
    let runVerifier: RunVerifier;

    beforeAll(async () => {
      keyring = await openKeyring();
      [key, foreign] = [await keyring.makeKey('Maker'), await keyring.makeKey('Foreign')];
      runVerifier = await verifierForTests();
    });
    afterAll(async () => await keyring[Symbol.asyncDispose]());

    async function resolverFor(changed: Pages, artifact: Partial<AptPackageArtifact> = {}) {
      const release = await key.sign(releaseText(packages));
      const pages = { [`${base}/InRelease`]: release, [packagesPath]: packages, '/key': key.publicKey };
      const server = await serveMakers({ ...pages, ...changed }, runVerifier);
      const locked: AptPackageArtifact = {
        ...{ name: 'plex', kind: 'apt-package', repository: `${server.url}/deb`, suite: 'public' },
        ...{ component: 'main', package: 'plexmediaserver', keyUrl: `${server.url}/key` },
        ...{ keyFingerprint: key.fingerprint, minimumVersion: '1.43.4.10903' },
        ...{ licence: 'Plex Terms of Service', mayBePublished: false, source: 'old', ...artifact },
      };
      return { server, locked, resolver: aptResolver(locked, server.context) };
    }

    it('finds the newest version for arm64 in the signed lists', async () => {
      const { server, locked, resolver } = await resolverFor({});

      expect(await resolver.newestVersion()).toBe('1.43.5.11029');
      expect(await resolver.pin('1.43.5.11029')).toEqual({
        ...locked,
        minimumVersion: '1.43.5.11029',
        file: newestFile(server.url),
        source: `signed lists of ${server.url}/deb`,
      });
      expect([...server.requests].sort()).toEqual([
        `GET ${base}/InRelease`,
        `GET ${packagesPath}`,
        'GET /key',
      ]);
    });

    it('passes over entries without a file below the repository', async () => {
      const newer = [
        paragraph('1.44.0.1-a', { Filename: 'https://elsewhere.example/a.deb' }),
        paragraph('1.44.0.2-a', { Filename: '/etc/a.deb' }),
        paragraph('1.44.0.3-a', { Filename: '../a.deb' }),
        paragraph('1.44.0.4-a', { Size: '0' }),
        paragraph('1.44.0.5-a', { Filename: '' }),
      ];
      const index = [packages, ...newer].join('\n');
      const { resolver } = await resolverFor({
        [`${base}/InRelease`]: await key.sign(releaseText(index)),
        [packagesPath]: index,
      });

      expect(await resolver.newestVersion()).toBe('1.43.5.11029');
    });

    describe('in hearth lock', () => {
      async function locked(changed: Partial<AptPackageArtifact>, flags: LockFlags = {}, index = packages) {
        const { server, locked: artifact } = await resolverFor(
          { [`${base}/InRelease`]: await key.sign(releaseText(index)), [packagesPath]: index },
          changed,
        );
        const text = formatArtifactLock({ artifacts: [artifact] });
        const path = `${await fileTree({ 'artifacts.lock.yaml': text })}/artifacts.lock.yaml`;
        const url = server.url;
        const run = async () => await lockArtifacts(path, flags, server.context);
        return { url, run, entry: async () => (await readArtifactLock(path)).artifacts[0] };
      }

      it('pins the newest file together with a newer version', async () => {
        const { url, run, entry } = await locked({});

        expect((await run()).text).toContain('plex  1.43.4.10903  ->  1.43.5.11029\n');
        expect(await entry()).toMatchObject({ minimumVersion: '1.43.5.11029', file: newestFile(url) });
      });

      it('pins it when the version is good enough already, and says with --check that it would', async () => {
        const same = { minimumVersion: '1.43.5.11029' };
        const check = await locked(same, { check: true });
        const { url, run, entry } = await locked(same);

        expect(await check.run()).toMatchObject({ exitCode: 1 });
        expect(await check.entry()).not.toHaveProperty('file');
        const { text, exitCode } = await run();
        expect(text).toContain('->  1.43.5.11029, with another package file');
        expect(text).toContain('1 entry of artifacts.lock.yaml changed.');
        expect(exitCode).toBe(0);
        expect(await entry()).toMatchObject({ minimumVersion: '1.43.5.11029', file: newestFile(url) });
        expect((await run()).text).toContain('Nothing newer.');
      });

      it('takes another build of the same version, which is another file', async () => {
        const file = { ...newestFile('https://old.example'), version: '1.43.5.11029-5aa' };
        const older = { minimumVersion: '1.43.5.11029', file: { ...file, sha256: hexOf('older') } };
        const { url, run, entry } = await locked(older);

        expect((await run()).text).toContain('with another package file');
        expect(await entry()).toMatchObject({ file: newestFile(url) });
      });

      it('stops when the file of a version is not the one that was pinned', async () => {
        const file = { ...newestFile('https://old.example'), sha256: hexOf('before') };
        const { run, entry } = await locked({ minimumVersion: '1.43.5.11029', file });
        const error = await errorOf(run);

        expect(error.message).toContain('The lock and the maker of plex disagree');
        expect(error.details).toContain(`sha256 of ${file.version}\n  locked     ${file.sha256}`);
        expect(await entry()).toMatchObject({ file });
      });
    });

    it('takes the pinned key out of a file with more keys, armoured or not', async () => {
      const both = Buffer.concat([foreign.binaryKey, key.binaryKey]);
      const { resolver } = await resolverFor({ '/key': both });
      const armoured = await resolverFor({ '/key': `${foreign.publicKey}\n${key.publicKey}` });

      expect(await resolver.newestVersion()).toBe('1.43.5.11029');
      expect(await armoured.resolver.newestVersion()).toBe('1.43.5.11029');
    });

    it.each<[string, () => Promise<Pages> | Pages, RegExp]>([
      [
        'the list has no signature',
        () => ({ [`${base}/InRelease`]: releaseText(packages) }),
        /no good signature/,
      ],
      [
        'a foreign key signed it',
        async () => ({ [`${base}/InRelease`]: await foreign.sign(releaseText(packages)) }),
        /no good signature/,
      ],
      [
        'a foreign key signed it that the file of keys has too',
        async () => ({
          [`${base}/InRelease`]: await foreign.sign(releaseText(packages)),
          '/key': Buffer.concat([key.binaryKey, foreign.binaryKey]),
        }),
        /no good signature/,
      ],
      [
        'the key is another one',
        () => ({ '/key': foreign.publicKey }),
        /the pinned key is [0-9A-F]{40}, the file has [0-9A-F]{40}$/,
      ],
      ['the key is a web page', () => ({ '/key': '<html>' }), /the file has no key$/],
      ['the key is gone', () => ({ '/key': status(404) }), /\/key: 404 Not Found$/],
      [
        'the signed text was changed',
        async () => ({
          [`${base}/InRelease`]: (await key.sign(releaseText('x'))).replace(hexOf('x'), hexOf(packages)),
        }),
        /no good signature/,
      ],
      ['the list is gone', () => ({ [`${base}/InRelease`]: status(503) }), /InRelease: 503 .*\(4 tries\)$/],
      [
        'the list was signed long ago',
        async () => ({
          [`${base}/InRelease`]: await key.sign(
            releaseText(packages, 'Valid-Until: Thu, 01 Jan 2026 00:00:00 UTC\n'),
          ),
        }),
        /valid until 2026-01-01T00:00:00\.000Z only$/,
      ],
      [
        'the list is that of another suite',
        async () => ({ [`${base}/InRelease`]: await key.sign(releaseText(packages, 'Suite: beta\n')) }),
        /it is about beta, not about public$/,
      ],
      [
        'the list does not name the packages',
        async () => ({ [`${base}/InRelease`]: await key.sign('Suite: public\nSHA256:\n') }),
        /does not name main\/binary-arm64\/Packages$/,
      ],
      [
        'the packages are others',
        () => ({ [packagesPath]: packages.replace('11029', '11030') }),
        /its SHA-256 is [0-9a-f]{64} .* the signed list says/,
      ],
      [
        'the packages are cut',
        () => ({ [packagesPath]: cut(Buffer.from(packages), 50) }),
        /the body was cut/,
      ],
    ])('stops when %s', async (_name, makePages, why) => {
      const { resolver } = await resolverFor(await makePages());
      const error = await errorOf(async () => await resolver.newestVersion());

      expect(error.code).toBe('ERR_DOWNLOAD');
      expect(error.why).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
      expect(error.why).toMatch(why);
      expect(error.state).toBe('artifacts.lock.yaml was not changed.');
    });

    it('does not read what stands around the signed text', async () => {
      const better = releaseText(paragraph('9.9'));
      const signed = await key.sign(releaseText(packages));
      const { resolver } = await resolverFor({
        [`${base}/InRelease`]: `${better}\n${signed}\n${better}`,
        [packagesPath]: paragraph('9.9'),
      });
      const error = await errorOf(async () => await resolver.newestVersion());

      expect(error.why).toMatch(/no good signature|the signed list says/);
    });

    it('stops when only older versions are offered', async () => {
      const { resolver } = await resolverFor({}, { minimumVersion: '1.44.0.1' });
      const error = await errorOf(async () => await resolver.pin('1.44.0.1'));

      expect(error.code).toBe('ERR_DOWNLOAD');
      expect(error.why).toContain('newest is 1.43.5.11029; the lock wants at least 1.44.0.1');
    });

    it('stops when there is no such package', async () => {
      const { resolver } = await resolverFor({}, { package: 'plex' });

      expect((await errorOf(async () => await resolver.newestVersion())).why).toMatch(/no plex for arm64$/);
    });

    it('reads fingerprints as gpg does', () => {
      const keys = readPublicKeys(Buffer.concat([key.binaryKey, foreign.binaryKey]));

      expect(keys.map(({ fingerprint }) => fingerprint)).toEqual([key.fingerprint, foreign.fingerprint]);
      expect(Buffer.concat(keys.map(({ bytes }) => bytes))).toEqual(
        Buffer.concat([key.binaryKey, foreign.binaryKey]),
      );
    });
  },
);
