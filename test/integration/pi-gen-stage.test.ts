import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommandResult, leftovers, TestProject } from '../helpers/project.ts';

let project: TestProject;

/** Makes the changed files of this run others than those of earlier runs, whose layers the cache still has. */
const thisRun = `# ${randomUUID()}\n`;

beforeAll(async () => {
  project = await TestProject.create('pi-gen-project');
});

afterAll(async () => {
  await project[Symbol.asyncDispose]();
});

async function inTree(stage: string, script: string): Promise<string> {
  const result = await project.hearth('shell', stage, '--', '/bin/sh', '-c', script);
  expect(result.exitCode, result.stderr).toBe(0);
  return result.stdout.trimEnd();
}

describe('a stage folder written for pi-gen', () => {
  let built: CommandResult;

  beforeAll(async () => {
    built = await project.hearth('build');
  });

  it('builds unchanged and prints the path of the image as the last line of stdout', () => {
    expect(built.stderr).toContain('[20-skipped] skipped');
    expect(built.exitCode, built.stderr).toBe(0);
    expect(built.stdout.trim().split('\n').at(-1)).toBe(`${project.path}/dist/fixture-lite.img`);
  });

  it('has run every kind of step, in pi-gen’s order, with its functions and variables', async () => {
    const tree = await inTree(
      '10-pigen',
      'cd /etc; cat fixture-architecture fixture-machine fixture-environment fixture-packages fixture-debconf fixture-order motd; stat -c "%a %U" fixture-note',
    );

    expect(tree.split('\n')).toEqual([
      'arm64',
      'aarch64',
      'image=fixture host=fixture-host user=hearth release=trixie',
      'stage=10-pigen substage=00-all-kinds previous=00-base',
      'cwd=00-all-kinds',
      'hello install ok installed',
      'tree install ok installed',
      'tzdata/Areas: Europe',
      'after 00',
      'later',
      'Patched by quilt.',
      '640 games',
    ]);
  });

  it('leaves out skipped substages and stages, and every trace of the build', async () => {
    const tree = await inTree(
      '30-end',
      'ls -A /etc | grep skipped || true; cat /etc/fixture-order; ls -d /usr/sbin/policy-rc.d /etc/hostname 2>/dev/null || true; wc -c </etc/resolv.conf',
    );

    expect(tree.split('\n').slice(0, 3)).toEqual(['after 00', 'later', 'end']);
    expect(tree).not.toContain('skipped');
    expect(tree).not.toContain('policy-rc.d');
    expect(tree).not.toContain('hostname');
  });

  it('builds nothing when nothing changed', async () => {
    const again = await project.hearth('build');

    expect(again.exitCode, again.stderr).toBe(0);
    expect(again.stderr).not.toContain('] building');
    expect(again.stderr).toContain('[image fixture-lite.img] nothing changed');
  });

  it('leaves nothing mounted and nothing running', async () => {
    expect(await leftovers(project.cacheDir)).toEqual([]);
  });
});

describe('a change of one file', () => {
  it('builds that stage and what follows, and `plan` says why before', async () => {
    await project.write(
      'stages/30-end/00-last/00-run.sh',
      `#!/bin/bash -e\n${thisRun}echo "another end" >> "$ROOTFS_DIR/etc/fixture-order"\n`,
      0o755,
    );

    const plan = await project.hearth('plan', '--json');
    const explained = await project.hearth('explain', '30-end');
    const built = await project.hearth('build');

    const stages = (JSON.parse(plan.stdout) as { stages: { stage: string; kind: string; reason: string }[] })
      .stages;
    expect(stages.map(({ stage, kind, reason }) => `${stage} ${kind}: ${reason}`)).toEqual([
      '00-base reuse: nothing changed',
      '10-pigen reuse: nothing changed',
      '20-skipped skip: it has a SKIP file',
      '30-end build: file 00-last/00-run.sh changed',
    ]);
    expect(explained.stdout).toContain('file 00-last/00-run.sh changed');
    expect(built.exitCode, built.stderr).toBe(0);
    expect(built.stderr.match(/\] building/g)).toHaveLength(1);
  });

  it('a touched file changes nothing', async () => {
    const file = 'stages/30-end/00-last/00-run.sh';
    await project.write(file, await project.read(file), 0o755);

    const plan = await project.hearth('plan');

    expect(plan.stdout).toContain('Nothing to build.');
  });
});

describe('an interrupted build', () => {
  /** A step that runs until it is ended, after it has made a mount of its own. */
  const slowStep = `#!/bin/bash -e\n${thisRun}mount -t tmpfs tmpfs "$ROOTFS_DIR/mnt"\nsleep 61 &\nsleep 62\n`;

  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'ended by %s leaves nothing behind and goes on at the step that was running',
    async (signal) => {
      await project.write('stages/10-pigen/02-later/01-run.sh', slowStep, 0o755);
      let reached = () => {};
      const atSlowStep = new Promise<void>((resolve) => {
        reached = resolve;
      });
      const running = project.start(['build'], (line) => {
        if (line.includes('02-later/01-run.sh')) reached();
      });
      await Promise.race([atSlowStep, running.exited]);
      // The line comes right before the step begins.
      await expect.poll(async () => await leftovers(project.cacheDir), { timeout: 10_000 }).not.toEqual([]);
      running.kill(signal);
      const ended = await running.exited;
      if (signal === 'SIGKILL') expect(ended.signal).toBe('SIGKILL');
      else expect(ended.exitCode, ended.stderr).toBe(signal === 'SIGINT' ? 130 : 143);
      await expect.poll(async () => await leftovers(project.cacheDir), { timeout: 10_000 }).toEqual([]);

      const plan = await project.hearth('plan');
      await project.write(
        'stages/10-pigen/02-later/01-run.sh',
        `#!/bin/bash -e\n${thisRun}# after ${signal}\n`,
        0o755,
      );
      const again = await project.hearth('build');

      expect(plan.stdout).toContain('; goes on at 02-later/01-run.sh');
      expect(again.exitCode, again.stderr).toBe(0);
      expect(again.stderr).toContain('[00-base] reused');
      expect(again.stderr).toContain('; goes on at 02-later/01-run.sh\n[10-pigen] 02-later/01-run.sh');
      expect(again.stderr).not.toContain('[10-pigen] 02-later/00-run.sh');
      expect(again.stderr).toContain('[10-pigen] built');
    },
  );
});

describe('a stage that is wrong', () => {
  it.each([
    {
      name: 'a missing run bit',
      file: 'stages/30-end/00-last/01-run.sh',
      text: '#!/bin/bash -e\ntrue\n',
      expected: ['stages/30-end/00-last/01-run.sh: is not executable', 'chmod +x'],
    },
    {
      name: 'an unknown file',
      file: 'stages/30-end/00-last/00-package',
      text: 'hello\n',
      expected: ['stages/30-end/00-last/00-package: is not a name', 'did you mean 00-packages'],
    },
    {
      name: 'a missing interpreter',
      file: 'stages/30-end/00-last/01-run.sh',
      text: '#!/usr/bin/ruby\n',
      mode: 0o755,
      expected: ['stages/30-end/00-last/01-run.sh:1: asks for the interpreter /usr/bin/ruby'],
    },
    {
      name: 'a malformed package name',
      file: 'stages/30-end/00-last/00-packages',
      text: 'hello\nNot_A_Package\n',
      expected: ['stages/30-end/00-last/00-packages:2: "Not_A_Package" is not a package name'],
    },
    {
      name: 'a bad key in config.yaml',
      file: 'config.yaml',
      text: 'image:\n  name: fixture\nhostnam: x\n',
      expected: ['config.yaml:3:1', 'hostname'],
    },
  ])('$name is an error before anything is built', async ({ file, text, mode, expected }) => {
    const before = await project.read(file).catch(() => undefined);
    await project.write(file, text, mode ?? 0o644);

    const result = await project.hearth('build');

    if (before === undefined) await project.remove(file);
    else await project.write(file, before);
    expect(result.exitCode).toBe(2);
    for (const part of expected) expect(result.stderr).toContain(part);
    expect(result.stderr).toContain('Nothing was built.');
    expect(result.stderr).not.toContain('building');
  });

  it.each([
    {
      name: 'a package that Debian does not have',
      file: 'stages/30-end/00-last/00-packages',
      text: '# good\nhello\nno-such-package-here\n',
      expected: [
        '30-end/00-last/00-packages:3 failed with exit code 100',
        'no package "no-such-package-here"',
      ],
    },
    {
      name: 'a failing script on the host',
      file: 'stages/30-end/00-last/01-run.sh',
      text: '#!/bin/bash -e\necho before\nfalse\necho after\n',
      mode: 0o755,
      expected: ['30-end/00-last/01-run.sh:3 failed with exit code 1', 'before'],
    },
    {
      name: 'a failing script in the chroot',
      file: 'stages/30-end/00-last/01-run-chroot.sh',
      text: 'echo inside\n\nls /no/such/file\n',
      expected: ['30-end/00-last/01-run-chroot.sh:3 failed with exit code 2', '/no/such/file'],
    },
    {
      name: 'a patch that does not apply',
      file: 'stages/30-end/00-patches/series',
      text: 'bad.diff\n',
      expected: ['30-end/00-patches failed with exit code'],
    },
  ])('$name fails at that step, names file and line, and leaves a tree to look at', async (wrong) => {
    await project.write(wrong.file, wrong.text, wrong.mode ?? 0o644);
    if (wrong.file.endsWith('series')) {
      await project.write(
        'stages/30-end/00-patches/bad.diff',
        '--- a/rootfs/etc/motd\n+++ b/rootfs/etc/motd\n@@ -1 +1 @@\n-not there\n+new\n',
      );
    }

    const result = await project.hearth('build');
    const look = await project.hearth(
      'shell',
      '30-end',
      '--',
      '/bin/sh',
      '-c',
      'echo inside $(cat /etc/debian_version)',
    );

    await project.remove(wrong.file.endsWith('series') ? 'stages/30-end/00-patches' : wrong.file);
    expect(result.exitCode, result.stderr).toBe(1);
    for (const part of [...wrong.expected, 'Full log', 'scripts/hearth shell 30-end']) {
      expect(result.stderr).toContain(part);
    }
    expect(look.stdout).toContain('inside 13');
    expect(await leftovers(project.cacheDir)).toEqual([]);
  });
});
