import type { HostFacts } from './host-facts.ts';
import type { ProbeFailure } from './namespace-probe.ts';
import type { HostProblem } from './problem.ts';

const purpose = 'The build runs in a user namespace, so that nothing of the host is changed.';

/** Why this host refused what the probe tried, and the one command that allows it. */
export function explainFailure(failure: ProbeFailure, facts: HostFacts): HostProblem {
  if (failure.failed === 'id-map') return refusedMap(failure.stderr, facts);
  const known = switchedOff(failure, facts);
  if (known) return known;
  return facts.limits.isConfined ? forbiddenFromOutside(failure) : unknownReason(failure);
}

/** The settings of a kernel that forbid what was refused. That they are set alone says little: a profile may allow it. */
function switchedOff({ failed }: ProbeFailure, { limits, account }: HostFacts): HostProblem | undefined {
  const isRoot = account.uid === 0;
  if (limits.maxUserNamespaces === 0) {
    return {
      what: 'User namespaces are switched off: user.max_user_namespaces is 0.',
      why: purpose,
      todo: 'sudo sysctl -w user.max_user_namespaces=15000',
    };
  }
  if (limits.unprivilegedUsernsClone === 0 && !isRoot && failed === 'namespace') {
    return {
      what: 'Ordinary users may not make user namespaces: kernel.unprivileged_userns_clone is 0.',
      why: purpose,
      todo: 'sudo sysctl -w kernel.unprivileged_userns_clone=1',
    };
  }
  if (limits.apparmorRestrictsNamespaces !== 1 || isRoot) return undefined;
  return {
    what: "AppArmor forbids mounts in an ordinary user's namespaces.",
    why: `${purpose} Ubuntu restricts that since 23.10. The command holds until the next start; a file in /etc/sysctl.d keeps it.`,
    todo: 'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
  };
}

function refusedMap(stderr: string, facts: HostFacts): HostProblem {
  const { limits, account, programs } = facts;
  if (account.uid === 0) {
    return limits.isConfined
      ? forbiddenFromOutside({ failed: 'id-map', stderr })
      : unknownReason({ failed: 'id-map', stderr });
  }
  const why = `It gives the build's files their owners. It said: ${lastLine(stderr)}`;
  if (limits.noNewPrivileges !== 'no') {
    return {
      what: 'newuidmap can not get its rights: this shell runs with no_new_privs.',
      why: `${why} A container, a service or a sandbox around us has set that, and only it can leave it out.`,
      todo:
        limits.noNewPrivileges === 'everywhere'
          ? 'docker run --security-opt no-new-privileges=false …    # as you start the container'
          : 'Run the build in a shell outside of the service or sandbox that set NoNewPrivileges.',
    };
  }
  const helpers = ['newuidmap', 'newgidmap'].flatMap((name) => programs.get(name) ?? []);
  const hidden = helpers.find(({ isNosuid }) => isNosuid);
  if (hidden) {
    return {
      what: `${hidden.path} lies on a file system that is mounted nosuid, so it gets no right to map ids.`,
      why,
      todo: `sudo mount -o remount,suid "$(findmnt -no TARGET --target ${hidden.path})"`,
    };
  }
  if (/not allowed|not found|subuid|subgid/i.test(stderr) && !/Operation not permitted/.test(stderr)) {
    return {
      what: `newuidmap does not accept the subordinate ids of ${account.username}.`,
      why,
      todo: `grep ${account.username} /etc/subuid /etc/subgid    # both must give the same user 65,536 ids`,
    };
  }
  // Debian gives it the setuid bit, others a capability: with neither of them that is the reason.
  if (helpers.every(({ isSetuid }) => isSetuid)) {
    const failure: ProbeFailure = { failed: 'id-map', stderr };
    return limits.isConfined ? forbiddenFromOutside(failure) : unknownReason(failure);
  }
  return {
    what: 'newuidmap or newgidmap has no right to map ids.',
    why: `${why} They need the setuid bit, or the capabilities cap_setuid and cap_setgid.`,
    todo: `sudo chmod u+s ${helpers.map(({ path }) => path).join(' ')}`,
  };
}

function forbiddenFromOutside(failure: ProbeFailure): HostProblem {
  const refused = {
    namespace: 'make a user namespace',
    'id-map': 'map ids into a user namespace',
    mounts: 'mount in a user namespace',
    folder: 'make a folder in a user namespace',
  }[failure.failed];
  return {
    what: `Something around this shell forbids to ${refused}.`,
    why: `${purpose} A container's security settings are the usual reason. It said: ${lastLine(failure.stderr)}`,
    todo: 'docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined …    # or --privileged',
  };
}

function unknownReason({ failed, stderr }: ProbeFailure): HostProblem {
  if (failed === 'namespace' && /Operation not permitted/.test(stderr)) {
    return {
      what: 'This shell may not make user namespaces.',
      why: `${purpose} The usual reason is a chroot, inside of which the kernel makes none. It said: ${lastLine(stderr)}`,
      todo: 'Run the build outside of the chroot, or enter it by `systemd-nspawn -D FOLDER` instead.',
    };
  }
  return {
    what: /No space left on device/.test(stderr)
      ? 'There are too many user namespaces on this host already.'
      : failed === 'mounts'
        ? 'This host forbids mounts in user namespaces.'
        : 'This host forbids user namespaces.',
    why: `${purpose} It said: ${lastLine(stderr)}`,
    todo: 'sudo sysctl -w user.max_user_namespaces=15000',
  };
}

function lastLine(stderr: string): string {
  const lines = stderr.trim().split('\n');
  // mount(8) ends with an advice.
  const line = lines.findLast((text) => text.trim() !== '' && !/dmesg\(1\)/.test(text)) ?? 'nothing';
  return line.endsWith('.') ? line : `${line}.`;
}
