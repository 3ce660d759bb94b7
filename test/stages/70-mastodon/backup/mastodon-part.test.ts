import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { mastodonPart, takeOverMastodon } from '../../../../stages/70-mastodon/setup/backup/mastodon-part.ts';
import { makeDeviceTask } from '../../../../stages/90-first-boot/agent/apply/task.ts';
import { lookAt } from '../../../../stages/90-first-boot/agent/device/look.ts';
import type { BackupTask } from '../../../../stages/90-first-boot/agent/setup/define.ts';

const roots: string[] = [];

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

const keys = JSON.stringify({ secretKeyBase: 'old', encryption: {}, vapid: {} });
const restored = 'var/lib/hearth/restore/mastodon';
const media = 'srv/hearth/mastodon/system';

/** A device whose backup lies in the restore folder. */
function device() {
  const root = mkdtempSync(join(tmpdir(), 'hearth-part-'));
  roots.push(root);
  const write = (path: string, text: string, mode = 0o600) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), mode);
  };
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  for (const name of ['mv', 'cp', 'install', 'sync'])
    symlinkSync(`/usr/bin/${name}`, join(root, 'usr/bin', name));
  write(`${restored}/keys.json`, keys);
  write(`${restored}/release.json`, '{"version":"v4.7.4"}');
  write(`${restored}/media/a/1.png`, 'picture');
  const look = lookAt(root);
  const taskWith = (run = look.run): BackupTask => ({
    ...makeDeviceTask({
      look: { ...look, run },
      blacken: (text) => text,
      log: () => {},
      signal: new AbortController().signal,
    }),
    answers: () => undefined,
  });
  return { root, write, look, taskWith, read: (path: string) => readFileSync(join(root, path), 'utf8') };
}

describe('Mastodon from a backup', () => {
  it('is taken over with keys and media, and only once', async () => {
    const { taskWith, read, root } = device();
    expect(await takeOverMastodon(taskWith())).toBe(true);
    expect(read('var/lib/hearth/mastodon/keys.json')).toBe(keys);
    expect(read(`${media}/a/1.png`)).toBe('picture');
    expect(existsSync(join(root, restored))).toBe(false);
    expect(await takeOverMastodon(taskWith())).toBe(false);
  });

  it.each([0, 1, 2, 3])('is whole after a cut at program %i and a second run', async (cutAt) => {
    const { taskWith, read, write, look, root } = device();
    write(`${media}/old.png`, 'old');
    let count = 0;
    const cut: typeof look.run = async (program, args, options) => {
      if (count++ === cutAt) throw new Error('the power is gone');
      return await look.run(program, args, options);
    };
    await takeOverMastodon(taskWith(cut)).catch(() => {});
    const isThere =
      existsSync(join(root, `${media}/a/1.png`)) || existsSync(join(root, `${media}.whole/a/1.png`));
    expect(isThere || existsSync(join(root, `${restored}/media/a/1.png`))).toBe(true);
    await takeOverMastodon(taskWith());
    expect(read(`${media}/a/1.png`)).toBe('picture');
    expect(existsSync(join(root, `${media}/old.png`))).toBe(false);
  });

  it('is refused without its keys, and nothing is changed', async () => {
    const { taskWith, write, root } = device();
    write(`${restored}/keys.json`, '{}');
    await expect(takeOverMastodon(taskWith())).rejects.toThrow('The keys of Mastodon are not in the backup');
    expect(existsSync(join(root, 'var/lib/hearth/mastodon'))).toBe(false);
    expect(existsSync(join(root, media))).toBe(false);
  });

  it('saves the keys, and a trial sees when they are missing', async () => {
    const { taskWith, write, read } = device();
    write('var/lib/hearth/mastodon/keys.json', keys);
    await mastodonPart.save(taskWith(), '/backup');
    expect(read('backup/keys.json')).toBe(keys);
    await mastodonPart.verify?.(taskWith(), '/backup');
    write('backup/keys.json', 'no');
    await expect(mastodonPart.verify?.(taskWith(), '/backup')).rejects.toThrow('keys of Mastodon');
  });

  it('is paused: every deployment is scaled to nothing, and its end awaited', async () => {
    const { taskWith } = device();
    const asked: string[] = [];
    let replicas = 1;
    const run: ReturnType<typeof device>['look']['run'] = async (_program, args = []) => {
      asked.push(args.join(' '));
      const items = ['web', 'streaming'].map((name) => ({ metadata: { name }, status: { replicas } }));
      if (asked.length > 3) replicas = 0;
      return { exitCode: 0, stdout: JSON.stringify({ items }), stderr: '' };
    };
    await mastodonPart.pause?.(taskWith(run));
    expect(asked.filter((line) => line.includes('scale'))).toEqual([
      'kubectl scale deployment/web --replicas=0 -n mastodon',
      'kubectl scale deployment/streaming --replicas=0 -n mastodon',
    ]);
    expect(replicas).toBe(0);
  });
});
