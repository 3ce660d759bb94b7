import { release } from 'node:os';
import type { HostFacts } from './host-facts.ts';
import { type HostProblem, packagesProblem } from './problem.ts';

/** True since Linux 6.7, where binfmt_misc belongs to the user namespace. */
export function hasNamespacedBinfmt(kernelRelease: string = release()): boolean {
  const [major = 0, minor = 0] = kernelRelease.split('.').map((part) => Number.parseInt(part, 10));
  return major > 6 || (major === 6 && minor >= 7);
}

/** How the image's programs run on this host, in a few words for `hearth check`. */
export function accelerationOf(arch: string, kernelRelease: string): string {
  if (arch === 'arm64') return 'arm64 programs run by themselves: no emulation is needed';
  if (hasNamespacedBinfmt(kernelRelease)) return 'arm64 programs run accelerated';
  return `Linux ${kernelRelease} is older than 6.7: all arm64 programs are emulated, a build takes several times longer`;
}

/** Programs of the image need a handler: our own since Linux 6.7, before that one of the host with the F flag. */
export function missingBinfmt(facts: HostFacts): HostProblem | undefined {
  const { arch, kernelRelease, binfmt } = facts;
  if (arch === 'arm64' || hasNamespacedBinfmt(kernelRelease)) return undefined;
  const why = 'Linux 6.7 and newer let a build bring its own handler; this one needs the host’s.';
  if (binfmt.handler !== '' && !/^flags:.*F/m.test(binfmt.handler)) {
    return packagesProblem(
      'The host’s handler for arm64 programs can not be used in the image’s tree.',
      `${why} It lacks the flag F (fix binary); that of the static emulator has it.`,
      handlerPackages(facts),
    );
  }
  if (binfmt.handler !== '' && !/^enabled$/m.test(binfmt.handler)) {
    return {
      what: 'The host’s handler for arm64 programs is switched off.',
      why,
      todo: 'echo 1 | sudo tee /proc/sys/fs/binfmt_misc/qemu-aarch64',
    };
  }
  if (binfmt.handler !== '') return undefined;
  return facts.limits.isConfined ? handlerOutside(facts, why) : noHandler(facts, why);
}

function handlerOutside(facts: HostFacts, why: string): HostProblem {
  const install = packagesProblem('', '', handlerPackages(facts)).todo;
  return {
    what: `Linux ${facts.kernelRelease} has no handler for arm64 programs that we may use.`,
    why: `${why} It can not be added from inside of a container: run the command on the machine around it.`,
    todo: install,
  };
}

function noHandler(facts: HostFacts, why: string): HostProblem {
  const what = `Linux ${facts.kernelRelease} has no handler for arm64 programs.`;
  if (!facts.binfmt.isInstalled) return packagesProblem(what, why, handlerPackages(facts));
  return facts.binfmt.isMounted
    ? { what, why: `${why} Its package is installed.`, todo: 'sudo systemctl restart systemd-binfmt' }
    : {
        what,
        why: `${why} binfmt_misc is not mounted.`,
        todo: 'sudo mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc && sudo systemctl restart systemd-binfmt',
      };
}

/** Since Debian 13 the handlers are a package of their own; before, the static emulator brings them. */
function handlerPackages({ distribution, distributionVersion }: HostFacts): readonly string[] {
  const isNewer = distribution === 'debian' && Number.parseInt(distributionVersion, 10) >= 13;
  return isNewer ? ['qemu-user-binfmt'] : ['qemu-user-static', 'binfmt-support'];
}
