import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runInSandbox } from '../../builder/host/sandbox.ts';
import type { ToolsTree } from '../../builder/host/tools-tree.ts';
import { toolsForTests } from '../helpers/tools.ts';

const repository = resolve(import.meta.dirname, '../..');
let tools: ToolsTree;

beforeAll(async () => {
  tools = await toolsForTests();
});

async function shellcheck(files: readonly string[], input?: string) {
  return await runInSandbox({
    command: ['shellcheck', '--external-sources', '--source-path=SCRIPTDIR', ...files],
    tools,
    binds: [{ path: repository }],
    cwd: repository,
    reject: false,
    ...(input === undefined ? {} : { input }),
  });
}

/** Every shell script of the project, by its ending or its first line. */
async function shellScripts(): Promise<string[]> {
  const found: string[] = [];
  for (const folder of ['builder', 'scripts', 'stages', 'overlays', '.ci']) {
    const entries = await readdir(`${repository}/${folder}`, { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((candidate) => candidate.isFile())) {
      const path = `${entry.parentPath}/${entry.name}`;
      const firstLine = (await readFile(path, 'utf8')).split('\n', 1)[0] ?? '';
      if (/^#!.*\b(ba)?sh\b/.test(firstLine) || entry.name.endsWith('.sh')) found.push(path);
    }
  }
  return found;
}

describe('shell scripts', () => {
  it('pass shellcheck', async () => {
    const scripts = await shellScripts();
    const chrootScripts = scripts.filter((path) => /run-chroot\.sh$/.test(path));
    const others = scripts.filter((path) => !chrootScripts.includes(path));

    const result = await shellcheck(others);
    // Scripts for the chroot need no first line: bash reads them.
    const inside = await shellcheck(['--shell=bash', ...chrootScripts]);

    expect(others.length).toBeGreaterThan(10);
    expect(result.stdout + result.stderr).toBe('');
    expect(inside.stdout + inside.stderr).toBe('');
  });

  it('would not pass with a mistake', async () => {
    const result = await shellcheck(['--shell=bash', '-'], 'rm -rf $1/etc\n');

    expect(result.exitCode).toBe(1);
    expect(result.stdout).toContain('SC2086');
  });
});
