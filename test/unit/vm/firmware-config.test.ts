import { describe, expect, it } from 'vitest';
import { HearthError } from '../../../builder/errors/hearth-error.ts';
import { lastSetting, readFirmwareConfig } from '../../../builder/vm/firmware-config.ts';

function settingOf(text: string, key: string, model: 'pi3' | 'pi4' | 'pi5' = 'pi4'): string | undefined {
  return lastSetting(readFirmwareConfig(text, model), key)?.value;
}

function problemOf(text: string): string {
  try {
    readFirmwareConfig(text, 'pi4');
  } catch (error) {
    if (error instanceof HearthError) return `${error.code}: ${error.message} ${error.why}`;
    throw error;
  }
  return 'no problem';
}

describe('readFirmwareConfig', () => {
  it('takes the last value of a key, and knows its line', () => {
    const settings = readFirmwareConfig('# comment\nkernel=a\n\nkernel=b\r\n', 'pi4');

    expect(lastSetting(settings, 'kernel')).toEqual({
      key: 'kernel',
      value: 'b',
      file: 'config.txt',
      line: 4,
      text: 'kernel=b',
    });
  });

  it.each([
    ['pi3', 'three'],
    ['pi4', 'four'],
    ['pi5', 'all'],
  ] as const)('obeys sections: %s', (model, expected) => {
    const text =
      'kernel=all\n[pi3]\nkernel=three\n[pi4]\nkernel=four\n[cm4]\nkernel=module\n[none]\nkernel=none\n';

    expect(settingOf(text, 'kernel', model)).toBe(expected);
  });

  it('ends every section with [all]', () => {
    expect(settingOf('[none]\nkernel=a\n[tryboot]\n[all]\nkernel=b', 'kernel')).toBe('b');
  });

  it('wants filters of different kinds to hold together', () => {
    expect(settingOf('[pi4]\n[tryboot]\nkernel=a', 'kernel')).toBeUndefined();
    expect(settingOf('[pi4]\n[partition=1]\nkernel=a', 'kernel')).toBe('a');
  });

  it('reads directives without an equals sign', () => {
    expect(settingOf('initramfs initrd.img-7.3.4+deb13-arm64 followkernel', 'initramfs')).toBe(
      'initrd.img-7.3.4+deb13-arm64 followkernel',
    );
  });

  it('keeps equals signs in values', () => {
    expect(settingOf('dtparam=audio=on', 'dtparam')).toBe('audio=on');
  });

  it('reads included files in place', () => {
    const files: Record<string, string> = { 'extra.txt': '[pi3]\nkernel=no\n[all]\nkernel=extra' };
    const settings = readFirmwareConfig('include extra.txt\narm_64bit=1', 'pi4', (name) => files[name]);

    expect(lastSetting(settings, 'kernel')).toMatchObject({ value: 'extra', file: 'extra.txt', line: 4 });
    expect(lastSetting(settings, 'arm_64bit')?.file).toBe('config.txt');
  });

  it('refuses files that include each other', () => {
    expect(() => readFirmwareConfig('include a.txt', 'pi4', () => 'include a.txt')).toThrow(/include a.txt/);
  });

  it.each([
    ['[rpi4]', 'knows no such section'],
    ['[pi4', 'closing bracket'],
    ['kernel = vmlinuz', 'space before or after'],
    ['kernel', 'name=value'],
    ['include missing.txt', 'There is no missing.txt'],
    [`kernel=${'x'.repeat(92)}`, 'reads 98 characters of a line; this one has 99'],
  ])('names the line that the firmware would misread: %s', (line, why) => {
    const problem = problemOf(`\n${line}`);

    expect(problem).toContain('ERR_IMAGE_INVALID: config.txt line 2 ');
    expect(problem).toContain(why);
  });
});
