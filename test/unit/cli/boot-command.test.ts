import { describe, expect, it } from 'vitest';
import { type BootFlags, bootCommand, parseSize } from '../../../builder/cli/commands/boot.ts';
import { HearthError } from '../../../builder/errors/hearth-error.ts';

async function problemOf(image: string, flags: BootFlags): Promise<string> {
  try {
    await bootCommand({
      image,
      flags,
      tools: () => Promise.reject(new Error('the tools tree is not needed for a wrong flag')),
      stdout: { write: () => {} },
      stderr: { write: () => {} },
      signal: new AbortController().signal,
    });
  } catch (error) {
    if (error instanceof HearthError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'no problem';
}

describe('bootCommand', () => {
  it.each([
    [{ board: 'raspi5' }, 'ERR_USAGE: --board can not be raspi5.'],
    [{ size: '8' }, 'ERR_USAGE: --size can not be 8.'],
    [{ memory: 'much' }, 'ERR_USAGE: --memory can not be much.'],
    [{ board: 'raspi3b', memory: '2G' }, 'ERR_USAGE: --memory can not be 2G.'],
    [{ port: '70000' }, 'ERR_USAGE: --port can not be 70000.'],
    [{ timeout: '-1' }, 'ERR_USAGE: --timeout can not be -1.'],
  ])('refuses %j before anything is started', async (flags, problem) => {
    expect(await problemOf('/missing.img', flags)).toBe(problem);
  });

  it('names an image that is not there', async () => {
    expect(await problemOf('/missing.img', {})).toBe('ERR_IMAGE_INVALID: There is no image /missing.img.');
  });
});

describe('parseSize', () => {
  it.each([
    ['8G', 8 * 1024 ** 3],
    ['1.5GiB', 1.5 * 1024 ** 3],
    ['512M', 512 * 1024 ** 2],
  ])('reads %s', (text, bytes) => {
    expect(parseSize('--size', text)).toBe(bytes);
  });
});
