import { describe, expect, it } from 'vitest';
import { isConfined, osReleaseValue, readHostFacts } from '../../../../builder/host/checks/host-facts.ts';

describe('osReleaseValue', () => {
  const text = 'PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\nVERSION_ID="12"\nNAME=\'A b\'\n';

  it.each([
    ['ID', 'debian'],
    ['VERSION_ID', '12'],
    ['NAME', 'A b'],
    ['VERSION', ''],
  ])('reads %s', (key, value) => {
    expect(osReleaseValue(text, key)).toBe(value);
  });
});

describe('isConfined', () => {
  it.each([
    ['a shell of an ordinary machine', '000001ffffffffff', 0, false],
    ['Docker, as it is by default', '00000000a80425fb', 2, true],
    ['Docker without seccomp', '00000000a80425fb', 0, true],
    ['Docker with --privileged', '000001ffffffffff', 0, false],
    ['a service with a filter of system calls', '000001ffffffffff', 2, true],
  ])('knows %s', (_what, capabilities, seccomp, expected) => {
    expect(isConfined(`CapBnd:\t${capabilities}\nNoNewPrivs:\t0\nSeccomp:\t${seccomp}\n`)).toBe(expected);
  });

  it('says no where nothing can be read', () => {
    expect(isConfined('')).toBe(false);
  });
});

describe('readHostFacts', () => {
  it('reads this host', async () => {
    const facts = await readHostFacts();

    expect(facts.programs.get('tar')?.path).toMatch(/\/tar$/);
    expect(facts.account.uid).toBe(process.getuid?.());
    expect(facts.kernelRelease).toMatch(/^\d+\.\d+/);
  });
});
