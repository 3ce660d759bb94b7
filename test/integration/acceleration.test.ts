import { readdir, readFile, rm } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { accelerationOffReason } from '../../builder/host/tools-tree.ts';
import { removeTree } from '../../builder/host/workspace.ts';
import type { Layer } from '../../builder/plan/layer-store.ts';
import { TestProject } from '../helpers/project.ts';

/** The smallest system takes minutes to be made without acceleration: it is compared with --exhaustive only. */
const plainStages = process.env['HEARTH_EXHAUSTIVE'] === '1' ? ['00-base', '10-programs'] : ['10-programs'];

let project: TestProject | undefined;

afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  if (project !== undefined) await rm(project.cacheDir, { recursive: true });
});

// On other hosts both ways are one.
describe.skipIf(accelerationOffReason() !== undefined)('acceleration', () => {
  it('gives the same bytes as the plain way, where every program is emulated', async () => {
    // A cache of its own: nothing is there yet.
    project = await TestProject.create('acceleration-project', `test-${process.pid}`);
    const fast = await build(project);
    await forget(project, plainStages);
    const plain = await build(project, '--no-acceleration');

    expect(fast.log).toContain('started-as:ld-linux-x86-64');
    expect(plain.log).toContain('started-as:qemu-aarch64');
    const machine = 'arm64\narm64\naarch64\naarch64 aarch64-linux-gnu\n';
    expect([fast.machine.stdout, plain.machine.stdout], fast.machine.stderr).toEqual([machine, machine]);
    // Made of what was built plainly, not left from before.
    expect(plain.progress).toContain('[image fixture.img] ext4 rootfs');
    expect(plain.sha256).toBe(fast.sha256);
  });
});

async function build(one: TestProject, ...flags: readonly string[]) {
  const result = await one.hearth('build', ...flags);
  expect(result.exitCode, result.stderr).toBe(0);
  return {
    progress: result.stderr,
    sha256: await one.imageSha256('fixture'),
    log: await one.read('dist/logs/10-programs.log'),
    machine: await one.hearth('shell', '10-programs', '--', '/bin/cat', '/etc/fixture-machine'),
  };
}

/** Removes the layers of these stages, and the image. */
async function forget(one: TestProject, stages: readonly string[]): Promise<void> {
  const folder = `${one.cacheDir}/layers`;
  await one.remove('dist');
  for (const key of await readdir(folder)) {
    const { stage } = JSON.parse(await readFile(`${folder}/${key}/layer.json`, 'utf8')) as Layer;
    if (stages.includes(stage) || stage.startsWith('image ')) await removeTree(`${folder}/${key}`);
  }
}
