import { describe, expect, it } from 'vitest';
import {
  accelerationOf,
  hasNamespacedBinfmt,
  missingBinfmt,
} from '../../../../builder/host/checks/foreign-programs.ts';
import { sampleFacts, sampleLimits } from '../../../helpers/sample-host.ts';

const oldKernel = { kernelRelease: '6.1.0-40-amd64' };
const handler = 'enabled\ninterpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P\nflags: POCF\noffset 0\n';

describe('hasNamespacedBinfmt', () => {
  it.each(['6.7', '6.7.0-rc1', '6.12.43+deb13-amd64', '6.18.5', '7.0.0', '10.1'])(
    'is so with Linux %s',
    (release) => {
      expect(hasNamespacedBinfmt(release)).toBe(true);
    },
  );

  it.each(['6.6.99', '6.1.0-40-amd64', '5.15.0-1-generic', '4.19', '6', ''])(
    'is not so with Linux %s',
    (release) => {
      expect(hasNamespacedBinfmt(release)).toBe(false);
    },
  );
});

describe('accelerationOf', () => {
  it('says in one line when all is emulated', () => {
    expect(accelerationOf('x64', '6.1.0')).toBe(
      'Linux 6.1.0 is older than 6.7: all arm64 programs are emulated, a build takes several times longer',
    );
    expect(accelerationOf('x64', '6.12.0')).toContain('accelerated');
    expect(accelerationOf('arm64', '6.1.0')).toContain('no emulation');
  });
});

describe('missingBinfmt', () => {
  it('needs nothing of the host with a new kernel, on arm64, or with a handler that is good', () => {
    expect(missingBinfmt(sampleFacts())).toBeUndefined();
    expect(missingBinfmt(sampleFacts({ ...oldKernel, arch: 'arm64' }))).toBeUndefined();
    const binfmt = { handler, isMounted: true, isInstalled: true };
    expect(missingBinfmt(sampleFacts({ ...oldKernel, binfmt }))).toBeUndefined();
  });

  it.each([
    ['debian', '12', 'qemu-user-static binfmt-support'],
    ['ubuntu', '24.04', 'qemu-user-static binfmt-support'],
    ['debian', '13', 'qemu-user-binfmt'],
  ])('names the package of %s %s', (distribution, distributionVersion, packages) => {
    const problem = missingBinfmt(sampleFacts({ ...oldKernel, distribution, distributionVersion }));

    expect(problem?.todo).toBe(`sudo apt-get install -y --no-install-recommends ${packages}`);
    expect(problem?.fix).toEqual({ kind: 'packages', names: packages.split(' ') });
  });

  it.each([
    [
      'is switched off',
      { handler: handler.replace('enabled', 'disabled'), isMounted: true, isInstalled: true },
      'echo 1 | sudo tee /proc/sys/fs/binfmt_misc/qemu-aarch64',
    ],
    [
      'lacks the flag F',
      { handler: handler.replace('POCF', 'POC'), isMounted: true, isInstalled: true },
      'sudo apt-get install -y --no-install-recommends qemu-user-static binfmt-support',
    ],
    [
      'is installed, but not registered',
      { handler: '', isMounted: true, isInstalled: true },
      'sudo systemctl restart systemd-binfmt',
    ],
    [
      'has no place to be registered',
      { handler: '', isMounted: false, isInstalled: true },
      'sudo mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc && sudo systemctl restart systemd-binfmt',
    ],
  ])('names the one command where the handler %s', (_what, binfmt, todo) => {
    expect(missingBinfmt(sampleFacts({ ...oldKernel, binfmt }))?.todo).toBe(todo);
  });

  it('does not offer to install it inside of a container, which can not register it', () => {
    const problem = missingBinfmt(sampleFacts({ ...oldKernel, limits: sampleLimits({ isConfined: true }) }));

    expect(problem?.why).toContain('on the machine around it');
    expect(problem?.fix).toBeUndefined();
  });
});
