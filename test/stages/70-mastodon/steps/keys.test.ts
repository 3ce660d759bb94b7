import { createECDH } from 'node:crypto';
import { lstatSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compareVersions, imagesStep } from '../../../../stages/70-mastodon/setup/steps/images-step.ts';
import { keysStep } from '../../../../stages/70-mastodon/setup/steps/keys-step.ts';
import { areKeys, makeKeys } from '../../../../stages/70-mastodon/setup/steps/make-keys.ts';
import { makeTask } from '../../../../stages/90-first-boot/agent/apply/task.ts';
import type { DeviceArtifact } from '../../../../stages/90-first-boot/agent/provision/device-artifact.ts';
import type { FakeDevice } from '../../20-system-setup/fake-device.ts';
import { answers, keys, makeDevice, state, streaming, web } from './mastodon-device.ts';

const restored = '/var/lib/hearth/restore/mastodon';

describe('the keys of Mastodon', () => {
  test('have the shape that Mastodon wants, and the public key belongs to the private one', () => {
    for (let round = 0; round < 300; round++) {
      const made = makeKeys();
      expect(areKeys(made)).toBe(true);
      const pair = createECDH('prime256v1');
      pair.setPrivateKey(Buffer.from(made.vapid.privateKey, 'base64url'));
      expect(pair.getPublicKey('base64url')).toBe(made.vapid.publicKey.slice(0, -1));
    }
  });

  test('are made once, for root only, and stay when the step runs again with other answers', async () => {
    const { device } = makeDevice(false);
    await device.run(keysStep, answers);
    const first = device.get(`${state}/keys.json`);
    await device.run(keysStep, { mastodon: { ...answers['mastodon'], email: 'other@example.net' } });

    expect(areKeys(JSON.parse(first ?? ''))).toBe(true);
    expect(device.get(`${state}/keys.json`)).toBe(first);
    expect(device.mode(`${state}/keys.json`)).toBe(0o600);
    expect(device.log.join('\n')).not.toContain(JSON.parse(first ?? '').secretKeyBase);
  });

  test('are never made anew when they are damaged', async () => {
    const { device } = makeDevice(false);
    for (const text of ['', '{', '{"secretKeyBase":"short"}']) {
      device.put(`${state}/keys.json`, text);
      await expect(device.run(keysStep, answers)).rejects.toThrow(/damaged/);
      expect(device.get(`${state}/keys.json`)).toBe(text);
    }
  });

  test('come from a backup, with the media, also after a power cut in between', async () => {
    for (let cutAt = 1; cutAt < 6; cutAt++) {
      const { device } = makeDevice(false);
      device.programs['mv'] = (args) => moveFolder(args);
      device.programs['install'] = (args) => makeFolder(args);
      device.put(`${restored}/owner.json`, '{"name":"ada","email":"ada@example.net"}');
      device.put(`${restored}/keys.json`, JSON.stringify(keys));
      device.put(`${restored}/media/accounts/1.png`, 'picture');
      await device.run(keysStep, answers, cutAt).catch(() => {});
      await device.run(keysStep, answers);

      expect(JSON.parse(device.get(`${state}/keys.json`) ?? '')).toEqual(keys);
      expect(device.get('/srv/hearth/mastodon/system/accounts/1.png')).toBe('picture');
      expect(device.has(restored)).toBe(false);
      expect(device.has(`${state}/feeds-wanted`)).toBe(true);
    }
  });

  test('stay while Mastodon is not wanted, and go with a factory reset, with all else', async () => {
    const { device } = makeDevice(false);
    await device.run(keysStep, answers);
    const folder = lstatSync(join(device.root, 'srv/hearth/mastodon/system'));
    await device.run(keysStep, {});
    const kept = device.has(`${state}/keys.json`);
    await device.undo(keysStep);
    await device.undo(keysStep);

    expect([folder.uid, folder.mode & 0o777]).toEqual([991, 0o755]);
    expect(kept).toBe(true);
    expect([device.has(state), device.has('/srv/hearth/mastodon')]).toEqual([false, false]);
  });
});

describe('the release of Mastodon', () => {
  test('is the one of the image, with the places of its archives', async () => {
    const { device } = makeDevice(false);
    await runImages(device);

    expect(JSON.parse(device.get(`${state}/release.json`) ?? '')).toEqual({
      version: 'v4.7.4',
      web,
      streaming,
    });
    expect(JSON.parse(device.get(`${state}/images.json`) ?? '').web).toEqual({
      reference: web,
      path: '/a/mastodon.tar',
    });
  });

  test('stays the one of an upgrade', async () => {
    const { device } = makeDevice(false);
    const upgraded = JSON.stringify({ version: 'v4.8.0', web: 'a:v4.8.0', streaming: 'b:v4.8.0' });
    device.put(`${state}/release.json`, upgraded);
    await runImages(device);

    expect(device.get(`${state}/release.json`)).toBe(upgraded);
  });

  test('must not be older than the one of a backup that is being restored', async () => {
    const { device } = makeDevice(false);
    device.put(`${restored}/release.json`, JSON.stringify({ version: 'v4.10.0', web, streaming }));
    await expect(runImages(device)).rejects.toThrow(
      'from Mastodon v4.10.0, but this image has the older v4.7.4',
    );
    expect(device.has(`${state}/release.json`)).toBe(false);
  });

  test.each([
    ['v4.7.4', 'v4.7.4', 0],
    ['v4.7.4', 'v4.10.0', -1],
    ['v4.7.10', 'v4.7.9', 1],
    ['v5.0.0', 'v4.9.9', 1],
  ])('%s against %s', (one, other, sign) => {
    expect(Math.sign(compareVersions(one, other))).toBe(sign);
  });
});

function moveFolder(args: readonly string[]) {
  const [from = '', to = ''] = args.slice(-2);
  renameSync(from, to);
  return {};
}

function makeFolder(args: readonly string[]) {
  mkdirSync(args.at(-1) ?? '', { recursive: true });
  return {};
}

async function runImages(device: FakeDevice): Promise<void> {
  const image = (name: string, reference: string): DeviceArtifact => ({
    kind: 'container-image',
    name,
    reference,
    arm64Digest: `sha256:${'1'.repeat(64)}`,
    indexDigest: `sha256:${'2'.repeat(64)}`,
    delivery: 'baked',
    path: `/a/${name}.tar`,
    mode: 0o644,
  });
  const artifacts = [image('mastodon', web), image('mastodon-streaming', streaming)];
  const task = makeTask({
    look: device.look,
    step: imagesStep,
    answers: { mastodon: { state: 'answered', values: answers['mastodon'] ?? {} } },
    artifacts: { state: 'known', list: { format: 1, mirrors: [], artifacts } },
    blacken: (text) => text,
    log: () => {},
    progress: () => {},
    signal: new AbortController().signal,
  });
  await imagesStep.run(task);
}
