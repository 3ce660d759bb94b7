import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readKeyFile } from '../../../stages/40-plex/setup/openpgp-key.ts';
import { ask } from '../../../stages/90-first-boot/agent/device/ask.ts';
import { type PlexRepository, startPlexRepository } from '../../understudies/plex-repository.ts';

let repository: PlexRepository;
let armoured: Buffer;
let binary: Buffer;

beforeAll(async () => {
  repository = await startPlexRepository();
  armoured = (await ask({ url: repository.keyUrl, timeoutMs: 9_000 })).body;
  const lines = armoured.toString().split('\n');
  binary = Buffer.from(
    lines
      .slice(lines.indexOf('') + 1)
      .filter((line) => /^[^=-]/.test(line))
      .join(''),
    'base64',
  );
});
afterAll(() => repository.close());

describe('readKeyFile', () => {
  it('finds the fingerprint that gpg finds, in text and in bytes', () => {
    expect(readKeyFile(armoured).fingerprints).toEqual([repository.fingerprint]);
    expect(readKeyFile(binary).fingerprints).toEqual([repository.fingerprint]);
    expect(readKeyFile(Buffer.from(readKeyFile(binary).armoured))).toEqual(readKeyFile(armoured));
  });

  it('sees a second key that hides behind the right one', () => {
    expect(readKeyFile(Buffer.concat([binary, binary])).fingerprints).toHaveLength(2);
  });

  it.each([
    ['nothing', () => Buffer.alloc(0)],
    ['a page', () => Buffer.from('<!doctype html><title>Sign in</title>')],
    ['half a key', () => binary.subarray(0, binary.length / 2)],
    ['a key with something behind it', () => Buffer.concat([binary, Buffer.from('x')])],
    ['two blocks', () => Buffer.concat([armoured, armoured])],
    ['a message', () => Buffer.from([0xcb, 1, 0])],
    ['a private key', () => Buffer.from(armoured.toString().replaceAll('PUBLIC', 'PRIVATE'))],
    ['what begins with a signature', () => binary.subarray(2 + (binary[1] ?? 0))],
  ])('refuses %s', (_what, make) => {
    expect(() => readKeyFile(make())).toThrow();
  });
});
