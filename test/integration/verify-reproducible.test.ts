import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CommandResult, leftovers, TestProject } from '../helpers/project.ts';

let project: TestProject;

beforeEach(async () => {
  project = await TestProject.create('pi-gen-project');
});

afterEach(async () => {
  await project[Symbol.asyncDispose]();
});

/** Folders that the run of this process may not leave behind; other runs have theirs beside them. */
async function leftFolders(pid: number): Promise<string[]> {
  const list = async (folder: string) => await readdir(folder).catch(() => []);
  const isOurs = (name: string) => name.startsWith(`hearth-verify-${pid}-`);
  return [
    ...(await list(`${project.cacheDir}/work`)),
    ...(await list('/var/tmp')).filter(isOurs),
    ...(await list('/dev/shm')).filter(isOurs),
  ];
}

async function verify(...flags: readonly string[]): Promise<CommandResult & { readonly left: string[] }> {
  const running = project.start(['verify-reproducible', ...flags]);
  const result = await running.exited;
  return { ...result, left: await leftFolders(running.pid) };
}

/** A project of one stage with one script, without Debian in its tree: built within seconds. */
async function onlyStep(script: string): Promise<void> {
  await project.remove('stages');
  await project.write('stages/10-only/00-run.sh', script, 0o755);
  await project.write('stages/10-only/EXPORT_IMAGE', '');
}

/** Everything that a careless script could write down. */
const irreproducible = `#!/bin/bash -e
mkdir -p "$ROOTFS_DIR/etc" "$ROOTFS_DIR/var/lib/dpkg"
touch "$ROOTFS_DIR/var/lib/dpkg/status"
echo "always the same" > "$ROOTFS_DIR/etc/good"
{
  echo "built by a careless script"
  date +%s.%N
  nproc
  echo "$RANDOM"
} > "$ROOTFS_DIR/etc/bad"
`;

describe('verify-reproducible', () => {
  it('finds that a project gives the same image under changed circumstances', async () => {
    const result = await verify();

    expect(result.exitCode, result.stderr).toBe(0);
    expect(result.stdout).toMatch(/^identical: sha256 [0-9a-f]{64} {2}fixture-lite\.img\n$/);
    for (const what of ['user', 'clock', 'umask', 'directory order', 'processor cores']) {
      expect(result.stderr).toMatch(new RegExp(`^${what} {2,}\\S`, 'm'));
    }
    // Both builds were made from nothing.
    expect(result.stderr.match(/\[10-pigen\] built in/g)).toHaveLength(2);
    expect(await leftovers(project.cacheDir)).toEqual([]);
    expect(result.left).toEqual([]);
  });

  it('names the file that a careless script writes, and no other', async () => {
    await onlyStep(irreproducible);

    const result = await verify('--json');

    expect(result.exitCode, result.stderr).toBe(1);
    expect(result.stderr).toContain('ERR_NOT_REPRODUCIBLE');
    const report = JSON.parse(result.stdout) as {
      identical: boolean;
      images: { comparison: { files: { path: string; changes: { what: string; line?: object }[] }[] } }[];
    };
    expect(report.identical).toBe(false);
    const files = report.images[0]?.comparison.files ?? [];
    expect(files.map(({ path }) => path)).toEqual(['/etc/bad']);
    expect(files[0]?.changes[0]).toMatchObject({ what: 'content', line: { number: 2 } });
    expect(result.left).toEqual([]);
  });

  it('shows the last lines of a build that fails, and keeps its log', async () => {
    await onlyStep('#!/bin/bash -e\necho about to fail\nexit 7\n');

    const result = await verify();

    expect(result.exitCode).toBe(1);
    expect(result.stdout).toBe('');
    for (const text of ['Build A failed', '00-run.sh', 'exit code 7', 'build-a.log']) {
      expect(result.stderr).toContain(text);
    }
    expect(await project.read('dist/logs/verify-reproducible/build-a.log')).toContain('00-run.sh');
    expect(await project.read('dist/logs/verify-reproducible/build-a/10-only.log')).toContain(
      'about to fail',
    );
    expect(result.left).toEqual([]);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ended by %s removes what it made', async (signal, exitCode) => {
    await onlyStep('#!/bin/bash -e\nsleep 61\n');
    let reached = () => {};
    const atStep = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const running = project.start(['verify-reproducible'], (line) => {
      if (line.includes('00-run.sh')) reached();
    });

    await Promise.race([atStep, running.exited]);
    running.kill(signal);
    const ended = await running.exited;

    expect(ended.exitCode, ended.stderr).toBe(exitCode);
    expect(ended.stderr).toContain('Stopped, as you asked.');
    expect(await leftFolders(running.pid)).toEqual([]);
    await expect.poll(async () => await leftovers(project.cacheDir), { timeout: 10_000 }).toEqual([]);
  });

  it('shows a mistake in config.yaml before anything is made', async () => {
    await project.write('config.yaml', 'image:\n  name: fixture\nhostnam: x\n');

    const result = await verify();

    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain('config.yaml:3:1');
    expect(result.stderr).not.toContain('Preparing');
  });
});
