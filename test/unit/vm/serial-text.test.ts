import { describe, expect, it } from 'vitest';
import { fatalReason, LineCutter, plainLine } from '../../../builder/vm/serial-text.ts';

describe('fatalReason', () => {
  it.each([
    '[    1.2] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)',
    'You are in emergency mode. After logging in, type "journalctl -xb" to view',
    'ALERT!  PARTUUID=1a2b3c4d-02 does not exist.  Dropping to a shell!',
    '(initramfs) ',
    'Press Enter for maintenance',
  ])('gives up at %j', (line) => {
    expect(fatalReason(line)).toBeDefined();
  });

  it.each([
    '[  OK  ] Reached target emergency.target is not this',
    'hearth login:',
    '[FAILED] Failed to start x.service',
  ])('goes on at %j', (line) => {
    expect(fatalReason(line)).toBeUndefined();
  });
});

describe('plainLine', () => {
  it('drops colours, cursor movements and control characters', () => {
    expect(plainLine('[\u001b[0;32m  OK  \u001b[0m] Started\tx\u001b[K\r')).toBe('[  OK  ] Started x');
  });
});

describe('LineCutter', () => {
  it('gives whole lines, however the text is cut', () => {
    const cutter = new LineCutter();

    expect(cutter.push('a')).toEqual([]);
    expect(cutter.push('b\nc\n\nd')).toEqual(['ab', 'c', '']);
    expect(cutter.rest).toBe('d');
  });
});
