import { execFile } from 'node:child_process';
import { chmod, readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { renderTemplates, StageTree } from '../stage-tree.ts';

const program = '/usr/local/bin/k3s';
const images = '/var/lib/rancher/k3s/agent/images';
const trees: StageTree[] = [];

afterEach(async () => {
  for (const tree of trees.splice(0)) await tree[Symbol.asyncDispose]();
});

/** A program that says its version, and as a cluster `answer`. */
const k3s = (version: string, answer = 'ok') =>
  `#!/bin/sh\ncase "$1" in --version) echo "k3s version ${version} (abc)" ;; *) printf ${answer} ;; esac\n`;

async function device(newVersion: string, answer?: string): Promise<StageTree> {
  const script = (await renderTemplates('60-k3s')).get('/usr/lib/hearth/k3s-upgrade') ?? '';
  const tree = await StageTree.create({
    '/upgrade': script,
    [program]: k3s('v1.36.4+k3s1'),
    [`${images}/00-k3s-000000000000.tar.zst`]: 'old',
    '/etc/rancher/k3s/hearth.env': 'HEARTH_K3S_COMMAND=server\n',
    '/new': k3s(newVersion, answer),
    '/new.tar.zst': 'new images',
  });
  trees.push(tree);
  for (const path of [program, '/new']) await chmod(tree.path + path, 0o755);
  await tree.stub('systemctl', 'case "$1" in is-active) echo active ;; esac');
  await tree.stub('sync');
  await tree.stub('sleep');
  return tree;
}

async function upgrade(tree: StageTree, ...args: readonly string[]): Promise<void> {
  const env = { PATH: `${tree.path}.programs:${process.env['PATH']}`, HEARTH_ROOT: tree.path };
  await promisify(execFile)('sh', [`${tree.path}/upgrade`, ...args], { env, cwd: tree.path });
}

const versionOf = async (tree: StageTree, path = program) => /v1\.[\w.+]+/.exec(await tree.read(path))?.[0];

describe('another version of k3s', () => {
  test('comes with its images, and leaves the old one to go back to', async () => {
    const tree = await device('v1.37.1+k3s1');
    await upgrade(tree, './new', './new.tar.zst');
    expect(await versionOf(tree)).toBe('v1.37.1+k3s1');
    expect(await readdir(tree.path + images)).toHaveLength(2);
    expect(await tree.calls()).toContain('systemctl --no-block restart k3s.service');
    await upgrade(tree, '--back');
    expect(await versionOf(tree)).toBe('v1.36.4+k3s1');
    await expect(upgrade(tree, '--back')).rejects.toThrow('no older version');
  });

  test('goes again by itself when the cluster does not answer with it', async () => {
    const tree = await device('v1.36.5+k3s1', 'failed');
    await expect(upgrade(tree, './new', './new.tar.zst')).rejects.toThrow('back to the old one');
    expect(await versionOf(tree)).toBe('v1.36.4+k3s1');
    const restarts = (await tree.calls()).filter((call) => call.includes('restart'));
    expect(restarts).toHaveLength(2);
  });

  test.each(['v1.38.0+k3s1', 'v1.35.9+k3s1', 'nonsense'])('is not taken when it is %s', async (version) => {
    const tree = await device(version);
    await expect(upgrade(tree, './new', './new.tar.zst')).rejects.toThrow(/only 1\.36|can not be compared/);
    expect(await versionOf(tree)).toBe('v1.36.4+k3s1');
    expect(await readdir(tree.path + images)).toHaveLength(1);
  });
});
