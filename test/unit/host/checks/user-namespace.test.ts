import { describe, expect, it } from 'vitest';
import type { ProbeFailure } from '../../../../builder/host/checks/namespace-probe.ts';
import { explainFailure } from '../../../../builder/host/checks/user-namespace.ts';
import { sampleAccount, sampleFacts, sampleLimits } from '../../../helpers/sample-host.ts';

const refused: ProbeFailure = {
  failed: 'namespace',
  stderr: 'unshare: unshare failed: Operation not permitted\n',
};
const refusedMount: ProbeFailure = {
  failed: 'mounts',
  stderr:
    'mount: /tmp/x: permission denied.\n       dmesg(1) may have more information after failed mount system call.\n',
};
const refusedMap: ProbeFailure = {
  failed: 'id-map',
  stderr: 'newuidmap: write to uid_map failed: Operation not permitted\n',
};

describe('explainFailure', () => {
  it.each([
    ['namespaces off', refused, { maxUserNamespaces: 0 }, 'sudo sysctl -w user.max_user_namespaces=15000'],
    [
      'the switch of hardened kernels',
      refused,
      { unprivilegedUsernsClone: 0 },
      'sudo sysctl -w kernel.unprivileged_userns_clone=1',
    ],
    [
      "Ubuntu's AppArmor at the mount",
      refusedMount,
      { apparmorRestrictsNamespaces: 1 },
      'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
    ],
    [
      "Ubuntu's AppArmor at the namespace",
      refused,
      { apparmorRestrictsNamespaces: 1 },
      'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
    ],
    [
      'a container',
      refused,
      { isConfined: true },
      'docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined …    # or --privileged',
    ],
    [
      'a chroot',
      refused,
      {},
      'Run the build outside of the chroot, or enter it by `systemd-nspawn -D FOLDER` instead.',
    ],
    [
      'a used-up limit',
      { failed: 'namespace', stderr: 'unshare: unshare failed: No space left on device' },
      {},
      'sudo sysctl -w user.max_user_namespaces=15000',
    ],
  ] as const)('names the one command for %s', (_what, failure, limits, todo) => {
    expect(explainFailure(failure, sampleFacts({ limits: sampleLimits(limits) })).todo).toBe(todo);
  });

  it('does not blame for root what counts for ordinary users only', () => {
    const facts = sampleFacts({
      account: sampleAccount({ uid: 0 }),
      limits: sampleLimits({
        apparmorRestrictsNamespaces: 1,
        unprivilegedUsernsClone: 0,
        isConfined: true,
      }),
    });

    expect(explainFailure(refused, facts).todo).toMatch(/^docker run /);
    expect(explainFailure(refusedMap, facts).todo).toMatch(/^docker run /);
  });

  it("shows the program's reason, not its advice", () => {
    expect(explainFailure(refusedMount, sampleFacts()).why).toMatch(
      /said: mount: \/tmp\/x: permission denied\.$/,
    );
  });

  it.each([
    ['shell', /^Run the build in a shell outside/],
    ['everywhere', /^docker run --security-opt no-new-privileges=false/],
  ] as const)('tells of no_new_privs that is set in the %s', (noNewPrivileges, todo) => {
    const facts = sampleFacts({ limits: sampleLimits({ noNewPrivileges, isConfined: true }) });

    expect(explainFailure(refusedMap, facts).todo).toMatch(todo);
  });

  it('tells of newuidmap without its rights, by its bit and by its file system', () => {
    const withHelper = (isSetuid: boolean, isNosuid: boolean) => {
      const helper = (name: string) => [name, { path: `/usr/bin/${name}`, isSetuid, isNosuid }] as const;
      return sampleFacts({ programs: new Map([helper('newuidmap'), helper('newgidmap')]) });
    };

    expect(explainFailure(refusedMap, withHelper(false, false)).todo).toBe(
      'sudo chmod u+s /usr/bin/newuidmap /usr/bin/newgidmap',
    );
    expect(explainFailure(refusedMap, withHelper(true, true)).todo).toBe(
      'sudo mount -o remount,suid "$(findmnt -no TARGET --target /usr/bin/newuidmap)"',
    );
  });

  it('tells of ids that newuidmap does not accept', () => {
    const failure: ProbeFailure = {
      failed: 'id-map',
      stderr: 'newuidmap: uid range [1-65536) -> [100000-165535) not allowed\n',
    };

    expect(explainFailure(failure, sampleFacts()).what).toBe(
      'newuidmap does not accept the subordinate ids of anna.',
    );
  });
});
