import { describe, expect, it } from 'vitest';
import { emulatedOnPurpose, nativePrograms } from '../../../builder/host/native-programs.ts';

describe('nativePrograms', () => {
  it('names each program once', () => {
    expect(nativePrograms.filter((name, index) => nativePrograms.indexOf(name) !== index)).toEqual([]);
  });

  it('has none that is emulated on purpose', () => {
    expect(nativePrograms.filter((name) => Object.hasOwn(emulatedOnPurpose, name))).toEqual([]);
  });

  it('has names that the dispatcher can compare: no paths, no quotes', () => {
    expect(nativePrograms.filter((name) => !/^[a-z0-9[.+-]+$/.test(name))).toEqual([]);
  });

  it.each(['sh', 'bash', 'perl', 'dpkg-deb', 'depmod', 'sort', '['])('has %s, which costs most', (name) => {
    expect(nativePrograms).toContain(name);
  });

  it.each(['dpkg', 'apt-get', 'uname', 'arch', 'ldconfig', 'chroot', 'hostid', 'systemctl'])(
    'does not have %s, whose answer depends on the machine',
    (name) => {
      expect(nativePrograms).not.toContain(name);
    },
  );
});
