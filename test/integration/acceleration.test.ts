import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { accelerationOffReason } from '../../builder/host/tools-tree.ts';
import { TestProject } from '../helpers/project.ts';

const projects: TestProject[] = [];

afterAll(async () => {
  for (const project of projects) {
    await project[Symbol.asyncDispose]();
    await rm(project.cacheDir, { recursive: true });
  }
});

/** Builds the fixture from nothing, in a cache of its own. */
async function build(...flags: readonly string[]) {
  const project = await TestProject.create('acceleration-project', `test-${process.pid}-${projects.length}`);
  projects.push(project);
  const result = await project.hearth('build', ...flags);
  expect(result.exitCode, result.stderr).toBe(0);
  const hash = createHash('sha256');
  await pipeline(createReadStream(`${project.path}/dist/fixture.img`), hash);
  return {
    sha256: hash.digest('hex'),
    log: await project.read('dist/logs/10-programs.log'),
    machine: await project.hearth('shell', '10-programs', '--', '/bin/cat', '/etc/fixture-machine'),
  };
}

// On other hosts both ways are one.
describe.skipIf(accelerationOffReason() !== undefined)('acceleration', () => {
  it('gives the same bytes as the plain way, where every program is emulated', async () => {
    const fast = await build();
    const plain = await build('--no-acceleration');

    expect(fast.log).toContain('started-as:ld-linux-x86-64');
    expect(plain.log).toContain('started-as:qemu-aarch64');
    expect(fast.machine.stdout, fast.machine.stderr).toBe(
      'arm64\narm64\naarch64\naarch64 aarch64-linux-gnu\n',
    );
    expect(plain.sha256).toBe(fast.sha256);
  });
});
