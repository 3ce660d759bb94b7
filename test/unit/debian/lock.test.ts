import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DebianLock, formatLock, lockDigest, readLock } from '../../../builder/debian/lock.ts';
import { type PackageFile, sortPackages } from '../../../builder/debian/package-file.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { addFiles, fileTree } from '../../helpers/file-tree.ts';
import { sampleLock, samplePackage } from '../../helpers/sample-packages.ts';

/** The error for a lock with this text. */
async function errorFor(text: string) {
  const folder = await fileTree({ 'a.debian.lock.yaml': text });
  return await errorOf(async () => await readLock(`${folder}/a.debian.lock.yaml`));
}

/** Words that YAML could take for something else than text. */
const trickyWords = [
  'no',
  'null',
  '~',
  'true',
  '1e5',
  '0x10',
  '1.10',
  '010',
  '2026-11-23',
  'a: b',
  '#',
  ' ',
  '"',
];
const words = fc.oneof(fc.constantFrom(...trickyWords), fc.string({ minLength: 1, unit: 'grapheme' }));

const packages: fc.Arbitrary<PackageFile> = fc.record({
  name: fc.oneof(
    fc.constantFrom('no', '1e5', '0x10', '00', 'null', 'libstdc++6'),
    fc.stringMatching(/^[a-z0-9][a-z0-9+.-]{1,20}$/),
  ),
  version: fc.oneof(
    fc.constantFrom('1.10', '2:4.22+dfsg-4', '1e5', '0x10', '010', '1~rc1-1'),
    fc.stringMatching(/^[0-9][A-Za-z0-9.+:~-]{0,12}$/),
  ),
  architecture: fc.constantFrom('arm64', 'all'),
  sizeBytes: fc.integer({ min: 1, max: 2 ** 40 }),
  sha256: fc.oneof(
    fc.constantFrom('0'.repeat(64), `1e${'0'.repeat(62)}`),
    fc.stringMatching(/^[0-9a-f]{64}$/),
  ),
  archive: fc.constantFrom('debian', 'debian-security', 'https://pkg.example/a#b'),
  path: fc
    .stringMatching(/^pool\/[a-z0-9+.~_-]{1,20}\/[a-z0-9+.~_-]{1,20}\.deb$/)
    .filter((path) => !path.includes('/../')),
});

const packageLists = fc.uniqueArray(packages, {
  selector: ({ name, architecture }) => `${name} ${architecture}`,
  maxLength: 4,
});

const locks: fc.Arbitrary<DebianLock> = fc.record({
  image: words,
  architecture: fc.constantFrom('arm64', 'amd64'),
  suite: words,
  asked: fc
    .date({ min: new Date('2020-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  snapshots: fc.record({ main: words, security: fc.constant('') }),
  tools: fc.record({ architecture: fc.constantFrom('arm64', 'amd64'), packages: packageLists }),
  steps: fc.array(
    fc.record({
      stage: words,
      step: words,
      packages: packageLists,
    }),
    { maxLength: 3 },
  ),
});

describe('a lock', () => {
  it('that was cut off at the end of a line is no lock', async () => {
    const lock = fc.sample(locks, { numRuns: 1, seed: 1 })[0];
    const lines = formatLock(lock ?? sampleLock())
      .trimEnd()
      .split('\n');
    const folder = await fileTree({ lock: `${lines.slice(0, -1).join('\n')}\n` });

    await expect(readLock(`${folder}/lock`)).rejects.toMatchObject({ code: 'ERR_LOCK_INVALID' });
  });

  it('is read as it was written', async () => {
    const folder = await fileTree();

    await fc.assert(
      fc.asyncProperty(locks, async (lock) => {
        await addFiles(folder, { lock: formatLock(lock) });

        const steps = lock.steps.map((step) => ({ ...step, packages: sortPackages(step.packages) }));
        const tools = { ...lock.tools, packages: sortPackages(lock.tools.packages) };
        expect(await readLock(`${folder}/lock`)).toEqual({ ...lock, steps, tools });
      }),
      { numRuns: 100 },
    );
  });

  it('has one package a line, sorted, and says what it is for', () => {
    const steps = [
      {
        stage: '00-a',
        step: '00-packages',
        packages: [samplePackage({ name: 'b2' }), samplePackage({ name: 'a1' })],
      },
    ];

    const lines = formatLock(sampleLock({ steps, tools: { architecture: 'amd64', packages: [] } })).split(
      '\n',
    );

    expect(lines[0]).toContain('hearth.img');
    expect(lines[1]).toContain('build --locked');
    expect(
      lines.filter((line) => line.includes('sha256')).map((line) => /name: (\S+),/.exec(line)?.[1]),
    ).toEqual(['a1', 'b2']);
  });

  it('is the same text for another order of packages', () => {
    const reversed = sampleLock().steps.map((step) => ({ ...step, packages: step.packages.toReversed() }));

    expect(formatLock(sampleLock({ steps: reversed }))).toBe(formatLock(sampleLock()));
  });
});

describe('readLock of a damaged file', () => {
  const sound = formatLock(sampleLock());
  const bashLine = sound.split('\n').findIndex((line) => line.includes('name: bash')) + 1;

  it.each<[string, (text: string) => string, RegExp]>([
    ['a missing key', (text) => text.replace(/^suite:.*\n/m, ''), /error\[suite\]/],
    ['a key of the wrong type', (text) => text.replace(/^image: .*/m, 'image: [a]'), /error\[image\]/],
    ['another version', (text) => text.replace('version: 1', 'version: 2'), /error\[version\]/],
    ['a time that is none', (text) => text.replace(/^asked: .*/m, 'asked: yesterday'), /error\[asked\]/],
    [
      'a hash that is too short',
      (text) => text.replace('b'.repeat(64), 'b'.repeat(63)),
      /must be 64 hex digits/,
    ],
    ['a hash in capitals', (text) => text.replace('b'.repeat(64), 'B'.repeat(64)), /must be 64 hex digits/],
    ['a size of nothing', (text) => text.replace('sizeBytes: 100', 'sizeBytes: 0'), /sizeBytes/],
    ['a size in words', (text) => text.replace('sizeBytes: 100', 'sizeBytes: many'), /sizeBytes/],
    ['a name with a slash', (text) => text.replace('name: bash', 'name: ../bash'), /\.name\]/],
    [
      'a version with a slash',
      (text) => text.replace('version: 1.9.16-3', 'version: 1/../../../x'),
      /\.version\]/,
    ],
    [
      'an architecture with a slash',
      (text) => text.replace('architecture: arm64,', 'architecture: x/y,'),
      /architecture\]/,
    ],
    [
      'an archive that is no address',
      (text) => text.replace('archive: debian', 'archive: file:/etc'),
      /must be debian/,
    ],
    [
      'a path that leads out',
      (text) => text.replace('path: pool/', 'path: pool/../../'),
      /must stay below the archive/,
    ],
    ['a path from the top', (text) => text.replace('path: pool/', 'path: /pool/'), /\.path\]/],
    ['a path to another kind of file', (text) => text.replace('_arm64.deb', '_arm64.txt'), /\.path\]/],
    ['a bracket that is not closed', (text) => text.replace(' }', ''), /error/],
    ['a key that stands twice', (text) => text.replace('suite:', 'suite: a\nsuite:'), /written twice/],
    [
      'an end that is cut off after a step',
      (text) => text.slice(0, text.indexOf('tools:')),
      /error\[tools\]/,
    ],
    ['an end that is cut off', (text) => text.slice(0, -40), /error/],
    ['steps that are no list', (text) => text.replace(/steps:.*/s, 'steps: none\n'), /error\[steps\]/],
  ])('tells of %s, with its line and column', async (_what, damage, wanted) => {
    const text = damage(sound);
    expect(text).not.toBe(sound);

    const error = await errorFor(text);

    expect(error.code).toBe('ERR_LOCK_INVALID');
    expect(error.details).toMatch(wanted);
    expect(error.details).toMatch(/a\.debian\.lock\.yaml:\d+:\d+/);
    expect(error.todo).toBeTruthy();
  });

  it('names the very line and column', async () => {
    const error = await errorFor(sound.replace('name: bash', 'name: Bash'));

    const column = (sound.split('\n')[bashLine - 1]?.indexOf('bash') ?? 0) + 1;
    expect(error.details).toContain(`a.debian.lock.yaml:${bashLine}:${column}`);
  });

  it('shows all problems at once', async () => {
    const error = await errorFor(
      sound.replace('version: 1', 'version: 2').replace('name: bash', 'name: Bash'),
    );

    expect(error.details).toContain('error[version]');
    expect(error.details).toMatch(/error\[steps\S*name\]/);
  });

  it.each(['', '# nothing\n', 'text\n', '- a\n'])('refuses a text that is no lock: %j', async (text) => {
    const error = await errorFor(text);

    expect(error.code).toBe('ERR_LOCK_INVALID');
    expect(error.details).toMatch(/:\d+:\d+/);
  });

  it('names a file that is not there, and why it can not be read', async () => {
    const error = await errorOf(async () => await readLock('/none/a.debian.lock.yaml'));

    expect(error.code).toBe('ERR_LOCK_INVALID');
    expect(error.message).toContain('/none/a.debian.lock.yaml');
    expect(error.why).toMatch(/no such file/i);
  });
});

describe('lockDigest', () => {
  const digest = lockDigest(sampleLock().steps);

  it('does not depend on the time of asking', async () => {
    const later = formatLock(sampleLock({ asked: '2027-01-01T00:00:00.000Z' }));
    const folder = await fileTree({ lock: later });

    expect(lockDigest((await readLock(`${folder}/lock`)).steps)).toBe(digest);
  });

  it('does not depend on the order of packages', () => {
    const reversed = sampleLock().steps.map((step) => ({ ...step, packages: step.packages.toReversed() }));

    expect(lockDigest(reversed)).toBe(digest);
  });

  it('changes with a package, with the step that installs it, and with the order of steps', () => {
    const { steps } = sampleLock();
    const [first, second] = steps;
    if (!first || !second) throw new Error('two steps are needed');

    const others = [
      [{ ...first, packages: first.packages.slice(1) }, second],
      [{ ...first, stage: '01-base' }, second],
      [{ ...first, step: '00-packages' }, second],
      [second, first],
    ];
    expect(new Set([digest, ...others.map(lockDigest)]).size).toBe(5);
  });
});
