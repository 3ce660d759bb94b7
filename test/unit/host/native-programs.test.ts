import { describe, expect, it } from 'vitest';
import {
  dpkgPrograms,
  emulatedOnPurpose,
  nativeCalls,
  nativePrograms,
} from '../../../builder/host/native-programs.ts';

const always = [...nativePrograms, ...dpkgPrograms];
const sometimes = nativeCalls.map(({ program }) => program);

describe('the native programs', () => {
  it('are named once each', () => {
    expect(always.filter((name, index) => always.indexOf(name) !== index)).toEqual([]);
    expect(sometimes.filter((name) => always.includes(name))).toEqual([]);
  });

  it('have none that is emulated on purpose', () => {
    expect(always.filter((name) => Object.hasOwn(emulatedOnPurpose, name))).toEqual([]);
  });

  it('have names that the dispatcher can compare: no paths, no quotes', () => {
    expect([...always, ...sometimes].filter((name) => !/^[a-z0-9[.+-]+$/.test(name))).toEqual([]);
  });

  it('are told apart by at most four arguments, which fit into a string of C', () => {
    for (const { firstArguments } of nativeCalls) {
      expect(firstArguments.length).toBeGreaterThan(0);
      expect(firstArguments.length).toBeLessThanOrEqual(4);
      expect(firstArguments.join('')).not.toMatch(/["\\\n]/);
    }
  });

  it.each(['sh', 'bash', 'perl', 'dpkg', 'dpkg-deb', 'depmod', 'sort', '['])(
    'have %s, which costs most',
    (name) => {
      expect(always).toContain(name);
    },
  );

  it.each(['apt-get', 'uname', 'arch', 'ldconfig', 'chroot', 'hostid', 'python3', 'openssl'])(
    'do not have %s, whose answer depends on the machine',
    (name) => {
      expect(always).not.toContain(name);
    },
  );
});
