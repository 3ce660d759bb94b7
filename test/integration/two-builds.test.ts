import { mkdir, readdir, rm } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { currentOwner, type Owner, ownerSuffix } from '../../builder/host/ownership.ts';
import { leftovers, TestProject } from '../helpers/project.ts';
import {
  cold,
  OwnCache,
  type SmallBuild,
  smallBuild,
  smallSteps,
  stepOf,
  stepsRun,
  withBase,
} from '../helpers/small-build.ts';

let undisturbed: SmallBuild;

beforeAll(async () => {
  undisturbed = await smallBuild();
});

const otherScript = '#!/bin/bash -e\necho "another project" > "$ROOTFS_DIR/etc/small-order"\n';

/** The fixture with another script in its second stage. */
async function otherProject(cache: OwnCache): Promise<TestProject> {
  const project = await TestProject.inCache('small-project', cache.path);
  await project.write('stages/10-things/00-programs/01-run.sh', otherScript, 0o755);
  return project;
}

describe('two builds at the same time with one cache', () => {
  it('of the same project from nothing make the same image as one alone', async () => {
    await using cache = await OwnCache.of(undisturbed, cold);
    await using project = await TestProject.inCache('small-project', cache.path);

    const both = await Promise.all([
      project.hearth('build', '--offline'),
      project.hearth('build', '--offline'),
    ]);

    for (const { exitCode, stderr } of both) expect(exitCode, stderr).toBe(0);
    expect(await project.imageSha256('small')).toBe(undisturbed.sha256);
    expect(await cache.unfinished()).toEqual([]);
    expect(await leftovers(cache.path)).toEqual([]);
  });

  it('of different projects do not disturb each other, also where they can not see each other', async () => {
    await using cache = await OwnCache.of(undisturbed, withBase);
    await using first = await TestProject.inCache('small-project', cache.path);
    await using second = await otherProject(cache);
    // In a container of its own, as it were: the numbers of its processes mean nothing outside.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) first.startedBy = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
    let isUnderWay = () => {};
    const atPackages = new Promise<void>((resolve) => {
      isUnderWay = resolve;
    });

    const running = first.start(['build', '--offline'], (line) => {
      if (stepOf(line) === smallSteps[2]) isUnderWay();
    });
    await Promise.race([atPackages, running.exited]);
    const second_ = await second.hearth('build', '--offline');
    const first_ = await running.exited;

    for (const { exitCode, stderr } of [first_, second_]) expect(exitCode, stderr).toBe(0);
    expect(await first.imageSha256('small')).toBe(undisturbed.sha256);
    await using aloneCache = await OwnCache.of(undisturbed, withBase);
    await using alone = await otherProject(aloneCache);
    const built = await alone.hearth('build', '--offline');
    expect(built.exitCode, built.stderr).toBe(0);
    expect(await second.imageSha256('small')).toBe(await alone.imageSha256('small'));
    expect(await second.imageSha256('small')).not.toBe(undisturbed.sha256);
    expect(await cache.unfinished()).toEqual([]);
  });
});

describe('the work of other builds', () => {
  it('is left alone unless it is certain that the build is gone', async () => {
    await using cache = await OwnCache.of(undisturbed, cold);
    await using project = await TestProject.inCache('small-project', cache.path);
    const here = currentOwner();
    const container: Owner = { ...here, place: { ...here.place, pidNamespace: here.place.pidNamespace + 1 } };
    // The number was given to us later.
    const dead: Owner = { ...here, startTicks: here.startTicks - 1 };
    const alive = [here, container].flatMap(namesOf);
    for (const name of [...alive, ...namesOf(dead)])
      await mkdir(`${cache.path}/${name}/full`, { recursive: true });
    // The shortest build that sweeps: it fails at once.
    await rm(cache.package('base-passwd').file);

    const built = await project.hearth('build', '--offline');

    expect(built.exitCode, built.stderr).toBe(4);
    expect(stepsRun(built)).toEqual([smallSteps[0]]);
    const left = [
      ...(await readdir(`${cache.path}/work`)).map((name) => `work/${name}`),
      ...(await readdir(`${cache.path}/layers`)).map((name) => `layers/${name}`),
    ];
    expect(left.sort()).toEqual(alive.sort());
  });
});

function namesOf(owner: Owner): string[] {
  const suffix = ownerSuffix(owner);
  return [`work/work-${suffix}-m1abc`, `layers/0123456789abcdef.draft-${suffix}-0a1b2c3d`];
}
