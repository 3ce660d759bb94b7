import type { HostFacts } from './host-facts.ts';
import { type HostProblem, packagesProblem } from './problem.ts';

/** Programs of the host that a build starts, with the package that has them. */
export function missingPrograms(facts: HostFacts): HostProblem[] {
  const wanted: readonly { names: readonly string[]; package: string; why: string }[] = [
    { names: ['mmdebstrap'], package: 'mmdebstrap', why: 'It makes the tools tree.' },
    {
      names: ['setpriv', 'unshare'],
      package: 'util-linux',
      why: 'They start the sandbox, and end it in time.',
    },
    { names: ['tar'], package: 'tar', why: 'It tells whether the cache folder can hold an image’s files.' },
    // Root gives ids by himself.
    ...(facts.account.uid === 0
      ? []
      : [
          {
            names: ['newuidmap', 'newgidmap'],
            package: 'uidmap',
            why: "They give an ordinary user's build the owners of files.",
          },
        ]),
  ];
  return wanted.flatMap(({ names, package: name, why }) => {
    const missing = names.filter((program) => !facts.programs.has(program));
    if (missing.length === 0) return [];
    const what = `${missing.length === 1 ? 'The program' : 'The programs'} ${missing.join(' and ')} can not be found.`;
    return [packagesProblem(what, why, [name])];
  });
}

/** Node.js 20.19 or newer. */
export function oldNode(nodeVersion: string): HostProblem | undefined {
  const [major = 0, minor = 0] = nodeVersion.split('.').map((part) => Number.parseInt(part, 10));
  if (major > 20 || (major === 20 && minor >= 19)) return undefined;
  return {
    what: `Node.js ${nodeVersion} is too old.`,
    why: 'Hearth is written for 20.19 and newer; Debian 13 has 20.19, Debian 12 and Ubuntu 24.04 have 18.',
    todo: 'Install a newer Node.js from https://nodejs.org/en/download',
  };
}
