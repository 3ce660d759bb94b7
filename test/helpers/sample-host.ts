import type { HostFacts, KernelLimits } from '../../builder/host/checks/host-facts.ts';
import type { Account } from '../../builder/host/identity.ts';

/** An ordinary user with all that a build needs; a test changes what it is about. */
export function sampleAccount(changes: Partial<Account> = {}): Account {
  return {
    uid: 1000,
    gid: 1000,
    username: 'anna',
    isLocal: true,
    ownUids: [{ start: 0, count: 4_294_967_295 }],
    ownGids: [{ start: 0, count: 4_294_967_295 }],
    subuid: 'anna:100000:65536\n',
    subgid: 'anna:100000:65536\n',
    idService: undefined,
    uids: { start: 100_000, count: 65_535 },
    gids: { start: 100_000, count: 65_535 },
    ...changes,
  };
}

/** A Debian 12 with everything in place, and a new kernel. */
export function sampleFacts(changes: Partial<HostFacts> = {}): HostFacts {
  const programs = ['mmdebstrap', 'newuidmap', 'newgidmap', 'setpriv', 'unshare', 'tar'] as const;
  return {
    account: sampleAccount(),
    arch: 'x64',
    kernelRelease: '6.12.43+deb13-amd64',
    nodeVersion: '20.19.2',
    distribution: 'debian',
    distributionVersion: '12',
    programs: new Map(
      programs.map((name) => [name, { path: `/usr/bin/${name}`, isSetuid: true, isNosuid: false }]),
    ),
    limits: sampleLimits(),
    binfmt: { handler: '', isMounted: true, isInstalled: false },
    ...changes,
  };
}

/** A kernel that forbids nothing. */
export function sampleLimits(changes: Partial<KernelLimits> = {}): KernelLimits {
  return {
    maxUserNamespaces: 96_365,
    unprivilegedUsernsClone: undefined,
    apparmorRestrictsNamespaces: undefined,
    noNewPrivileges: 'no',
    isConfined: false,
    ...changes,
  };
}
