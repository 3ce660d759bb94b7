import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readLock } from '../../builder/debian/lock.ts';
import { type Fault, TestMirror } from '../helpers/mirror.ts';
import { OwnArchive } from '../helpers/own-archive.ts';
import { TestProject } from '../helpers/project.ts';
import { OwnCache, type SmallBuild, smallBuild, warm } from '../helpers/small-build.ts';

let undisturbed: SmallBuild;
let mirror: TestMirror;

beforeAll(async () => {
  undisturbed = await smallBuild();
  mirror = await TestMirror.start();
});

afterAll(async () => {
  await mirror[Symbol.asyncDispose]();
});

beforeEach(() => {
  mirror.faults.length = 0;
  mirror.requests.length = 0;
});

async function projectIn(cache: OwnCache): Promise<TestProject> {
  const project = await TestProject.inCache('small-project', cache.path);
  await project.write(
    'config.yaml',
    `image:\n  name: small\ndebian:\n  mirror: ${mirror.url}\n  securityMirror: ${mirror.securityUrl}\n`,
  );
  return project;
}

function requestsFor(pattern: RegExp): string[] {
  return mirror.requests.filter((request) => pattern.test(request));
}

const faults: readonly (Fault & { readonly expected: string })[] = [
  { match: /Release(\.gpg)?$/, kind: 'missing', expected: 'does not have a Release file' },
  { match: /Release(\.gpg)?$/, kind: 'busy', expected: '503' },
  { match: /InRelease$/, kind: 'garbled', expected: 'Clearsigned file' },
  { match: /binary-arm64/, kind: 'garbled', expected: 'Hash Sum mismatch' },
  { match: /binary-arm64/, kind: 'cut', expected: 'E: Failed to fetch' },
];

interface PlannedStage {
  readonly stage: string;
  readonly kind: string;
  readonly reason: string;
}

/** `10-things build: never built` for each stage. */
async function plan(project: TestProject, ...flags: readonly string[]): Promise<string[]> {
  const { exitCode, stdout, stderr } = await project.hearth('plan', '--json', ...flags);
  expect(exitCode, stderr).toBe(0);
  const { stages } = JSON.parse(stdout) as { stages: PlannedStage[] };
  return stages.map(({ stage, kind, reason }) => `${stage} ${kind}: ${reason}`);
}

describe('the lists of an archive', () => {
  it('are asked for once in a day, and again with --refresh', async () => {
    await using cache = await OwnCache.of(undisturbed, { ...warm, archive: false });
    await using project = await projectIn(cache);

    const first = await project.hearth('build');
    const asked = [requestsFor(/\/InRelease$/), requestsFor(/Packages|by-hash/)];
    mirror.requests.length = 0;
    const second = await project.hearth('build');
    const askedAgain = [...mirror.requests];
    const third = await project.hearth('build', '--refresh');

    for (const { exitCode, stderr } of [first, second, third]) expect(exitCode, stderr).toBe(0);
    // Those of the bootstrap (trixie, updates, security), and the one that the fixture's sources name.
    expect(asked.map(({ length }) => length)).toEqual([4, 4]);
    expect(askedAgain).toEqual([]);
    expect(second.stderr).not.toContain("asking Debian's archive");
    expect(third.stderr).toContain("asking Debian's archive what it has");
    // What did not change is not sent again.
    expect(mirror.requests).toEqual(requestsFor(/\/InRelease$/));
    expect(mirror.requests).toHaveLength(4);
  });

  it('that can not be had or are damaged fail the build, and nothing of them is believed later', async () => {
    await using cache = await OwnCache.of(undisturbed, { ...warm, archive: false });
    await using project = await projectIn(cache);
    for (const { expected, ...fault } of faults) {
      mirror.faults.splice(0, mirror.faults.length, fault);

      const built = await project.hearth('build');
      const kept = await readdir(`${cache.path}/archive`, { recursive: true }).catch(() => []);

      const about = `${fault.match} ${fault.kind}:\n${built.stderr}`;
      expect(built.exitCode, about).toBe(4);
      expect(built.stderr, about).toContain("Debian's archive could not be asked what it has");
      expect(built.stderr, about).toContain(`Mirror: ${mirror.url} (config.yaml)`);
      expect(built.stderr, about).toContain(expected);
      expect(built.stderr, about).toContain('debian.mirror');
      expect(
        kept.filter((path) => path.includes('/')),
        about,
      ).toEqual([]);
      expect(await cache.unfinished(), about).toEqual([]);
    }
    mirror.faults.length = 0;
    mirror.requests.length = 0;

    expect(await plan(project)).toHaveLength(3);
    expect(requestsFor(/InRelease$/)).toHaveLength(4);
    expect(requestsFor(/binary-arm64/)).toHaveLength(4);
  });
});

describe('an archive that has moved', () => {
  it('is noticed by --refresh, and the plan names the package with both versions', async () => {
    await using archive = await OwnArchive.start('1.0-1');
    await using cache = await OwnCache.of(undisturbed, warm);
    await using project = await projectIn(cache);
    const sources = 'stages/00-base/00-sources/00-run.sh';
    const line = `echo "${archive.source}" >> "\${ROOTFS_DIR}/etc/apt/sources.list"\n`;
    await project.write(sources, (await project.read(sources)) + line, 0o755);
    await project.write('stages/10-things/00-programs/00-packages-nr', 'hearth-sample\nhello\n');

    // Also asks Debian's archive, so that only the other one can have moved in the meantime.
    const first = await project.hearth('build', '--refresh');
    await archive.publish('2.0-1');
    const unasked = await plan(project);
    const asked = await plan(project, '--refresh');
    const second = await project.hearth('build');

    expect(first.exitCode, first.stderr).toBe(0);
    expect(unasked).toEqual([
      '00-base reuse: nothing changed',
      '10-things reuse: nothing changed',
      '20-end reuse: nothing changed',
    ]);
    expect(asked).toEqual([
      '00-base reuse: nothing changed',
      '10-things build: the archive has moved: hearth-sample 1.0-1 → 2.0-1',
      '20-end build: 10-things is built anew',
    ]);
    expect(second.exitCode, second.stderr).toBe(0);
    const lock = await readLock(`${project.path}/dist/small.debian.lock.yaml`);
    const packages = lock.steps.find(({ stage }) => stage === '10-things')?.packages ?? [];
    expect(packages.map(({ name, version }) => `${name} ${version}`)).toContain('hearth-sample 2.0-1');
  });
});
