import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findMirror } from '../../builder/host/mirror.ts';
import { runInSandbox, startInSandbox } from '../../builder/host/sandbox.ts';
import { type ToolsTree, withClock, withoutAcceleration } from '../../builder/host/tools-tree.ts';
import { toolsForTests } from '../helpers/tools.ts';

let tools: ToolsTree;
let folder: string;

beforeAll(async () => {
  tools = await toolsForTests();
  folder = await mkdtemp(`${tmpdir()}/hearth-sandbox-`);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function shell(script: string, options: { writable?: boolean; network?: boolean } = {}) {
  return await runInSandbox({
    command: ['sh', '-c', script],
    tools,
    binds: [{ path: folder, writable: options.writable ?? false }],
    ...(options.network === undefined ? {} : { network: options.network }),
    reject: false,
  });
}

describe('the sandbox', () => {
  it('shows the tools tree and named folders, nothing else of the host', async () => {
    const { stdout } = await shell(
      `cat /etc/debian_version; ls -d ${folder} /home /work /srv 2>/dev/null; ls -A /root /tmp`,
    );

    expect(stdout).toContain('13.');
    expect(stdout).toContain(folder);
    expect(stdout).not.toContain('/home');
  });

  it('lets a program write only where it may', async () => {
    const refused = await shell(`echo x >${folder}/refused`);
    const allowed = await shell(`echo x >${folder}/allowed`, { writable: true });

    expect(refused.stderr).toContain('Read-only file system');
    expect(allowed.exitCode).toBe(0);
    expect(await readFile(`${folder}/allowed`, 'utf8')).toBe('x\n');
  });

  it('is root with a whole range of owners', async () => {
    const { stdout } = await shell(
      `touch ${folder}/owned && chown 1234:65534 ${folder}/owned && id -u && stat -c %u:%g ${folder}/owned; rm ${folder}/owned`,
      { writable: true },
    );

    expect(stdout).toBe('0\n1234:65534\n');
  });

  it('can do without a network', async () => {
    const { stdout } = await shell('ls /proc/sys/net/ipv4/conf', { network: false });

    expect(stdout.trim().split('\n').sort()).toEqual(['all', 'default', 'lo']);
  });

  it('hands on input, output and exit code', async () => {
    const result = await runInSandbox({
      command: ['sh', '-c', 'cat; echo problem >&2; exit 7'],
      tools,
      input: 'hello',
      reject: false,
    });

    expect(result).toEqual({ exitCode: 7, stdout: 'hello', stderr: 'problem\n' });
  });

  it('says which program failed, with its last lines', async () => {
    await expect(runInSandbox({ command: ['ls', '/none'], tools })).rejects.toMatchObject({
      code: 'ERR_COMMAND_FAILED',
      message: 'ls failed with exit code 2.',
      details: expect.stringContaining('/none'),
    });
  });

  it('ends all of its processes when it is killed', async () => {
    const marker = `${folder}/alive`;
    await writeFile(marker, '');
    const child = await startInSandbox({
      command: ['sh', '-c', `(while :; do date +%N >${marker}; sleep 0.1; done) & sleep 100`],
      tools,
      binds: [{ path: folder, writable: true }],
    });
    await expect.poll(async () => await readFile(marker, 'utf8')).not.toBe('');

    child.kill('SIGKILL');
    await child.exited;

    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = await readFile(marker, 'utf8');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await readFile(marker, 'utf8')).toBe(before);
  });
});

describe('a root file system of the image’s architecture in the sandbox', () => {
  let tree: string;

  beforeAll(async () => {
    tree = `${folder}/tree`;
    const mirror = await findMirror({});
    await runInSandbox({
      command: [
        ...['mmdebstrap', '--mode=root', '--variant=extract', '--architectures=arm64', '--format=directory'],
        ...['--include=base-files,coreutils,dash,dpkg', '--skip=check/qemu,output/dev'],
        ...mirror.aptOptions.map((line) => `--aptopt=${line.replace(/;\s*$/, '')}`),
        ...['trixie', tree, `deb ${mirror.main} trixie main`],
      ],
      tools,
      binds: [{ path: folder, writable: true }],
      env: { TMPDIR: folder },
    });
  });

  async function inTree(script: string, options: { isPlain?: boolean; clock?: string } = {}) {
    const { stdout, stderr } = await runInSandbox({
      command: ['chroot', tree, '/bin/sh', '-c', script],
      tools: {
        ...(options.isPlain ? withoutAcceleration(tools) : tools),
        ...(options.clock === undefined ? {} : { clock: options.clock }),
      },
      tree,
      binds: [{ path: tree, writable: true }],
    });
    expect(stderr).toBe('');
    return stdout;
  }

  it.each([false, true])('is an arm64 machine to its programs (plain: %s)', async (isPlain) => {
    const script = 'uname -m; dpkg --print-architecture; dpkg --version | head -n 1';

    expect((await inTree(script, { isPlain })).split('\n')).toEqual([
      'aarch64',
      'arm64',
      expect.stringContaining('(arm64)'),
      '',
    ]);
  });

  it.each([false, true])('sees a shifted clock (plain: %s)', async (isPlain) => {
    const seconds = await inTree('date +%s', { isPlain, clock: '+400d' });

    const aheadDays = (Number(seconds) - Date.now() / 1000) / 86_400;
    expect(aheadDays).toBeCloseTo(400, 2);
  });
});

describe('a shifted clock', () => {
  it('is seen by programs of the tools tree, and nobody complains', async () => {
    const result = await runInSandbox({ command: ['date', '+%s'], tools: withClock(tools, '-30d') });

    expect(result.stderr).toBe('');
    expect((Number(result.stdout) - Date.now() / 1000) / 86_400).toBeCloseTo(-30, 2);
  });
});
