import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Artifact } from '../../../builder/artifacts/artifact.ts';
import { refuseKnownFlaws } from '../../../builder/artifacts/floors.ts';
import {
  formatArtifactLock,
  parseArtifactLock,
  readArtifactLock,
  writeArtifactLock,
} from '../../../builder/artifacts/lock-file.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { fileTree } from '../../helpers/file-tree.ts';

const projectLock = `${import.meta.dirname}/../../../artifacts.lock.yaml`;

const about = { licence: 'Apache-2.0', mayBePublished: true, source: 'a test' };
const image: Artifact = {
  name: 'web',
  kind: 'container-image',
  reference: 'ghcr.io/mastodon/mastodon:v4.7.4',
  indexDigest: `sha256:${'a'.repeat(64)}`,
  arm64Digest: `sha256:${'b'.repeat(64)}`,
  ...about,
};

const aptPackage: Artifact = {
  name: 'player',
  kind: 'apt-package',
  repository: 'https://player.example/deb',
  suite: 'public',
  component: 'main',
  package: 'player',
  keyUrl: 'https://player.example/key',
  keyFingerprint: 'A'.repeat(40),
  minimumVersion: '1.2',
  ...about,
};
const packageFile = {
  version: '1.2-4',
  url: 'https://player.example/deb/pool/player.deb',
  sizeBytes: 7,
  sha256: 'd'.repeat(64),
};

const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
const trickyText = fc.constantFrom('no', '1e5', '~', 'a: b', '# x', "'", '"', '010', 'null', 'ä€');
const anyFile: fc.Arbitrary<Artifact> = fc.record({
  name: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
  kind: fc.constant('file' as const),
  version: fc.oneof(
    fc.constantFrom('1.10', '1e5', '0x10', 'no', '2026.10.0'),
    fc.stringMatching(/^[0-9a-z][0-9A-Za-z.+~:-]{0,9}$/),
  ),
  url: fc.stringMatching(/^https:\/\/[a-z]{1,9}\.example\/[a-zA-Z0-9%+_.#?&=-]{0,20}$/),
  sizeBytes: fc.integer({ min: 1, max: 2 ** 40 }),
  sha256: fc.oneof(fc.constantFrom('0'.repeat(64), `1e${'0'.repeat(62)}`), hex(64)),
  licence: trickyText,
  mayBePublished: fc.boolean(),
  source: trickyText,
});

const valid = `version: 1
artifacts:
  web:
    kind: file
    version: "1.0"
    url: https://web.example/a
    sizeBytes: 3
    sha256: ${'0'.repeat(64)}
    licence: MIT
    mayBePublished: true
    source: a test
total: 1
`;

describe('artifacts.lock.yaml of the project', () => {
  it('is as `hearth lock` would write it, and has no version with known flaws', async () => {
    const lock = await readArtifactLock(projectLock);

    expect(lock.artifacts.map(({ name, mayBePublished }) => [name, mayBePublished])).toEqual([
      ['k3s', true],
      ['k3s-images', true],
      ['cloudflared', true],
      ['plex', false],
      ['mastodon', true],
      ['mastodon-streaming', true],
    ]);
    expect(() => refuseKnownFlaws(lock.artifacts)).not.toThrow();
    expect(formatArtifactLock(lock)).toBe(await readFile(projectLock, 'utf8'));
  });
});

describe('a lock', () => {
  it('is read as it was written, whatever its values look like', () => {
    const lists = fc.uniqueArray(anyFile, { selector: ({ name }) => name, maxLength: 4 });
    fc.assert(
      fc.property(lists, (artifacts) => {
        const text = formatArtifactLock({ artifacts: [...artifacts, image].filter(isFirstOfName) });
        expect(parseArtifactLock({ file: 'a', text }).artifacts).toEqual(
          [...artifacts, image].filter(isFirstOfName),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('may pin the file of a package', () => {
    const artifacts = [
      { ...aptPackage, file: packageFile },
      { ...aptPackage, name: 'other' },
    ];
    const text = formatArtifactLock({ artifacts });

    expect(parseArtifactLock({ file: 'a', text }).artifacts).toEqual(artifacts);
    expect(text).toContain('    minimumVersion: "1.2"\n    file:\n      version: 1.2-4\n      url: ');
  });

  it('that was cut off at any line is refused', async () => {
    const text = formatArtifactLock(await readArtifactLock(projectLock));
    const lines = text.trimEnd().split('\n');
    for (let kept = 1; kept < lines.length; kept++) {
      const cut = `${lines.slice(0, kept).join('\n')}\n`;
      const error = await errorOf(() => parseArtifactLock({ file: 'a.yaml', text: cut }));
      expect(error.code).toBe('ERR_LOCK_INVALID');
    }
  });

  it('is written whole, and never one that could not be read', async () => {
    const folder = await fileTree({ 'a.yaml': 'old' });
    const broken = { ...image, arm64Digest: 'sha256:1' };

    const error = await errorOf(
      async () => await writeArtifactLock(`${folder}/a.yaml`, { artifacts: [broken] }),
    );
    expect(error.code).toBe('ERR_LOCK_INVALID');
    expect(await readFile(`${folder}/a.yaml`, 'utf8')).toBe('old');

    await writeArtifactLock(`${folder}/a.yaml`, { artifacts: [image] });
    expect(await readArtifactLock(`${folder}/a.yaml`)).toEqual({ artifacts: [image] });
  });
});

describe('problems of a lock', () => {
  const change = (from: string, to: string) => valid.replace(from, to);
  it.each([
    ['an unknown key', change('    source', '    sorce: x\n    source'), /a\.yaml:11:5/, 'sorce'],
    ['a wrong digest', change('0000', 'zzzz'), /a\.yaml:8:13/, 'must be 64 hex digits in small letters'],
    ['a size in words', change('3', 'many'), /a\.yaml:7:16/, 'sizeBytes'],
    ['an unquoted version', change('"1.0"', '1.0'), /a\.yaml:5:14/, 'write "1.0"'],
    ['an unknown kind', change('kind: file', 'kind: folder'), /a\.yaml:4:11/, '"apt-package"'],
    ['a missing key', change('    licence: MIT\n', ''), /a\.yaml:3:3/, 'add "licence: …"'],
    ['another address', change('https://', 'ftp://'), /a\.yaml:6:10/, 'http:// or https://'],
    [
      'a password',
      change('https://web', 'https://me:secret@web'),
      /a\.yaml:6:10/,
      'must not hold a user name',
    ],
    ['a wrong count', change('total: 1', 'total: 2'), /a\.yaml:12:8/, 'changed or cut off'],
    ['a bad name', change('  web:', '  We/b:'), /a\.yaml:3:3/, 'small letters'],
    ['a later form', change('version: 1', 'version: 2'), /a\.yaml:1:10/, 'must be "1" for now'],
    ['no YAML', 'version: [1', /a\.yaml:1:/, ''],
    ['nothing', '', /a\.yaml:1:1/, ''],
  ])('are shown with their place: %s', async (_name, text, place, words) => {
    const error = await errorOf(() => parseArtifactLock({ file: 'a.yaml', text }));

    expect(error.code).toBe('ERR_LOCK_INVALID');
    expect(error.details).toMatch(place);
    expect(error.details).toContain(words);
  });

  it('are shown all at once', async () => {
    const text = valid.replace('0000', 'zzzz').replace('total: 1', 'total: 9').replace('  web:', '  WEB:');
    const error = await errorOf(() => parseArtifactLock({ file: 'a.yaml', text }));

    expect(error.details?.match(/^error/gm)).toHaveLength(3);
  });

  it('include an image whose index digest is that of its only child', async () => {
    const twin = { ...image, indexDigest: image.arm64Digest };
    const error = await errorOf(() =>
      parseArtifactLock({ file: 'a.yaml', text: formatArtifactLock({ artifacts: [twin] }) }),
    );

    expect(error.details).toContain('it must be that of the index');
  });

  it.each([
    'mastodon/mastodon:v1',
    'ghcr.io/mastodon/mastodon',
    `ghcr.io/a/b@sha256:${'a'.repeat(64)}`,
    'ghcr.io/A/b:v1',
  ])('include the reference %s', async (reference) => {
    const text = formatArtifactLock({ artifacts: [{ ...image, reference }] });
    const error = await errorOf(() => parseArtifactLock({ file: 'a.yaml', text }));

    expect(error.details).toContain('registry, repository and tag');
  });

  it('include the file of a package that is older than allowed, or half a one', async () => {
    const problemsOf = async (file: object) =>
      (
        await errorOf(() => {
          const artifacts = [{ ...aptPackage, file } as Artifact];
          parseArtifactLock({ file: 'a.yaml', text: formatArtifactLock({ artifacts }) });
        })
      ).details;

    expect(await problemsOf({ ...packageFile, version: '1.1-9' })).toContain('older than minimumVersion');
    expect(await problemsOf({ ...packageFile, sha256: 'x' })).toContain('64 hex digits');
    expect(await problemsOf({ version: '1.2' })).toContain('url: …');
  });

  it('include a file that is not there', async () => {
    const error = await errorOf(async () => await readArtifactLock('/nowhere/artifacts.lock.yaml'));

    expect(error.exitCode).toBe(2);
    expect(error.message).toContain('/nowhere/artifacts.lock.yaml');
  });
});

function isFirstOfName(artifact: Artifact, index: number, all: readonly Artifact[]): boolean {
  return all.findIndex(({ name }) => name === artifact.name) === index;
}
