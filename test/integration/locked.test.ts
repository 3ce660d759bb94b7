import { rename, rm } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestMirror } from '../helpers/mirror.ts';
import { TestProject } from '../helpers/project.ts';
import { cold, OwnCache, type SmallBuild, smallBuild, withBase } from '../helpers/small-build.ts';

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

/** The fixture with the lock of the undisturbed build. */
async function lockedProject(cache: OwnCache): Promise<TestProject> {
  const project = await TestProject.inCache('small-project', cache.path);
  const addresses = `mirror: ${mirror.url}\n  securityMirror: ${mirror.securityUrl}\n  snapshotMirror: "${mirror.snapshotUrl}"`;
  await project.write('config.yaml', `image:\n  name: small\ndebian:\n  ${addresses}\n`);
  await project.write('small.debian.lock.yaml', undisturbed.lockText);
  return project;
}

const flags = ['build', '--locked', 'small.debian.lock.yaml'] as const;

describe('--locked', () => {
  it('makes the same image without asking for lists; what the mirror has no more comes from the snapshots', async () => {
    await using cache = await OwnCache.of(undisturbed, { ...withBase, archive: false });
    await using project = await lockedProject(cache);
    const { file, path } = cache.package('hello');
    await rm(file);
    mirror.faults.push({ match: /^\/debian\/pool\/.*\/hello_/, kind: 'missing' });

    const built = await project.hearth(...flags);

    expect(built.exitCode, built.stderr).toBe(0);
    const time = undisturbed.lock.asked.replaceAll(/[-:]|\.\d+/g, '');
    expect(mirror.requests).toEqual([`GET /debian/${path}`, `GET /snapshot/debian/${time}/${path}`]);
    expect(await project.imageSha256('small')).toBe(undisturbed.sha256);
    expect(await project.read('dist/small.debian.lock.yaml')).toBe(undisturbed.lockText);
  });

  it('names a package that neither the mirror nor the snapshots have', async () => {
    await using cache = await OwnCache.of(undisturbed, { ...cold, archive: false });
    await using project = await lockedProject(cache);
    const { file, version } = cache.package('base-passwd');
    await rm(file);
    mirror.faults.push({ match: /\/base-passwd_/, kind: 'missing' });

    const built = await project.hearth(...flags);

    expect(built.exitCode, built.stderr).toBe(4);
    expect(built.stderr).toContain(`- base-passwd ${version} (arm64)`);
    expect(built.stderr.match(/404 Not Found/g)).toHaveLength(2);
    expect(built.stderr).toContain('/snapshot/debian/');
    // Asking for new lists would change nothing about a lock.
    expect(built.stderr).not.toContain('with --refresh');
    expect(await cache.unfinished()).toEqual([]);
  });

  it('refuses a lock of other stages before anything is done', async () => {
    await using cache = await OwnCache.of(undisturbed, withBase);
    await using project = await lockedProject(cache);
    const folder = `${project.path}/stages/10-things/00-programs`;
    await rename(`${folder}/00-packages-nr`, `${folder}/00-packages`);

    const built = await project.hearth(...flags);

    expect(built.exitCode, built.stderr).toBe(2);
    expect(built.stderr).toContain('ERR_LOCK_INVALID');
    expect(built.stderr).toContain('10-things/00-programs/00-packages');
    expect(built.stderr).not.toContain('] building');
  });

  it('shows what is wrong with a lock that was edited', async () => {
    await using cache = await OwnCache.of(undisturbed, withBase);
    await using project = await lockedProject(cache);
    await project.write(
      'small.debian.lock.yaml',
      undisturbed.lockText.replace('sizeBytes: ', 'sizeBytes: -'),
    );

    const built = await project.hearth(...flags);

    expect(built.exitCode, built.stderr).toBe(2);
    expect(built.stderr).toContain('small.debian.lock.yaml:');
    expect(built.stderr).toContain('sizeBytes');
  });
});
