import { execFileSync } from 'node:child_process';
import { access, rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Fault, TestMirror } from '../helpers/mirror.ts';
import { leftovers, TestProject } from '../helpers/project.ts';
import {
  cold,
  damage,
  type KeptParts,
  OwnCache,
  type SmallBuild,
  smallBuild,
  stepsRun,
  withBase,
} from '../helpers/small-build.ts';

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

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of opened.splice(0)) await one[Symbol.asyncDispose]();
});

/** The fixture in a cache of its own, with packages from the mirror of this test. */
async function open(kept: KeptParts): Promise<{ project: TestProject; cache: OwnCache }> {
  const cache = await OwnCache.of(undisturbed, kept);
  opened.push(cache);
  const project = await TestProject.inCache('small-project', cache.path);
  opened.push(project);
  await project.write(
    'config.yaml',
    `image:\n  name: small\ndebian:\n  mirror: ${mirror.url}\n  securityMirror: ${mirror.securityUrl}\n`,
  );
  return { project, cache };
}

async function expectNothingLeft(cache: OwnCache): Promise<void> {
  expect(await cache.unfinished()).toEqual([]);
  expect(await leftovers(cache.path)).toEqual([]);
}

function canUnshareNetwork(): boolean {
  try {
    execFileSync('unshare', ['--net', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

// Another user would need a user namespace around the one of the build, and ids for it.
describe.skipIf(!canUnshareNetwork())('a machine without any network', () => {
  it('builds the same image from nothing but the packages and lists of the cache', async () => {
    const { project, cache } = await open(cold);
    project.startedBy = ['unshare', '--net'];

    const built = await project.hearth('build');

    expect(built.exitCode, built.stderr).toBe(0);
    expect(stepsRun(built)).toHaveLength(7);
    expect(await project.imageSha256('small')).toBe(undisturbed.sha256);
    expect(await project.read('dist/small.debian.lock.yaml')).toBe(undisturbed.lockText);
    await expectNothingLeft(cache);
  });
});

describe('--offline', () => {
  it('names the package that the cache does not have', async () => {
    const { project, cache } = await open(cold);
    const { file, version } = cache.package('base-passwd');
    await rm(file);

    const built = await project.hearth('build', '--offline');

    expect(built.exitCode).toBe(4);
    expect(built.stderr).toContain('ERR_DOWNLOAD');
    expect(built.stderr).toContain('1 package (');
    expect(built.stderr).toContain(`- base-passwd ${version} (arm64)`);
    expect(mirror.requests).toEqual([]);
    await expectNothingLeft(cache);
  });

  it('says that lists were never asked for', async () => {
    const { project, cache } = await open({ ...cold, archive: false });

    const built = await project.hearth('build', '--offline');

    expect(built.exitCode).toBe(4);
    expect(built.stderr).toContain("no lists of Debian's archive");
    expect(mirror.requests).toEqual([]);
    await expectNothingLeft(cache);
  });
});

describe('a package file of the cache that is damaged', () => {
  it('is noticed and fetched again, and the image is the same', async () => {
    const { project, cache } = await open(withBase);
    await damage(cache.package('hello').file, 'garbled');
    await damage(cache.package('tree').file, 'truncated');

    const built = await project.hearth('build');

    expect(built.exitCode, built.stderr).toBe(0);
    for (const name of ['hello', 'tree']) {
      expect(built.stderr).toContain(`the kept file of ${name} is damaged; it is fetched anew`);
    }
    expect(fetchedPackages()).toEqual(['hello', 'tree']);
    expect(await project.imageSha256('small')).toBe(undisturbed.sha256);
    await expectNothingLeft(cache);
  });
});

describe('a mirror with a passing fault', () => {
  it('is asked again: a busy one, one that cuts a body, and one that garbles once', async () => {
    const { project, cache } = await open(withBase);
    mirror.faults.push(
      { match: /\/hello_/, kind: 'busy', times: 2 },
      { match: /\/tree_/, kind: 'cut', times: 1 },
    );
    mirror.faults.push({ match: /\/hello_/, kind: 'garbled', times: 1 });
    for (const name of ['hello', 'tree']) await rm(cache.package(name).file);

    const built = await project.hearth('build');

    expect(built.exitCode, built.stderr).toBe(0);
    expect(fetchedPackages()).toEqual(['hello', 'hello', 'hello', 'hello', 'tree', 'tree']);
    expect(await project.imageSha256('small')).toBe(undisturbed.sha256);
    await expectNothingLeft(cache);
  });
});

describe('a mirror with a lasting fault', () => {
  const broken: readonly { kind: Fault['kind']; expected: readonly string[] }[] = [
    { kind: 'missing', expected: ['404 Not Found', '--refresh'] },
    { kind: 'busy', expected: ['503 Service Unavailable', 'Check the network'] },
    { kind: 'cut', expected: ['the body ended after', 'Check the network'] },
    { kind: 'garbled', expected: ['SHA-256 is ', ', wanted ', 'Check the network'] },
  ];

  it.each(broken)('$kind: names the package and keeps nothing of it', async ({ kind, expected }) => {
    const { project, cache } = await open(cold);
    const { file, version, sha256 } = cache.package('base-passwd');
    await rm(file);
    mirror.faults.push({ match: /\/base-passwd_/, kind });

    const built = await project.hearth('build');

    expect(built.exitCode, built.stderr).toBe(4);
    expect(built.stderr).toContain('ERR_DOWNLOAD');
    expect(built.stderr).toContain(`- base-passwd ${version} (arm64)`);
    for (const text of expected) expect(built.stderr).toContain(text);
    if (kind === 'garbled')
      expect(built.stderr).toMatch(new RegExp(`SHA-256 is [0-9a-f]{64}, wanted ${sha256}`));
    if (kind !== 'missing') expect(built.stderr).not.toContain('--refresh');
    await expect(access(file)).rejects.toThrow('ENOENT');
    await expectNothingLeft(cache);
  });
});

/** Names of the packages that were asked for, sorted. */
function fetchedPackages(): string[] {
  return mirror.requests.flatMap((request) => /\/pool\/.*\/([^/_]+)_[^/]*$/.exec(request)?.[1] ?? []).sort();
}
