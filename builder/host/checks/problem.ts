/** One thing that this host lacks. */
export interface HostProblem {
  readonly what: string;
  readonly why: string;
  /** The command that mends it, one line to be pasted; or a sentence where no command of this host can. */
  readonly todo: string;
  /** How it may be mended without asking: Debian packages to install, or a program to run as root. */
  readonly fix?: HostFix;
}

export type HostFix =
  | { readonly kind: 'packages'; readonly names: readonly string[] }
  | { readonly kind: 'as-root'; readonly command: readonly string[] };

/** The lines to paste, in the order of the problems: packages of several problems make one command. */
export function commandsOf(problems: readonly HostProblem[]): string[] {
  const packages = packagesOf(problems);
  const install = packages.length === 0 ? [] : [installCommand(packages)];
  const others = problems.filter((problem) => problem.fix?.kind !== 'packages').map(({ todo }) => todo);
  return [...new Set([...install, ...others])];
}

/** All Debian packages that the problems ask for, each once. */
export function packagesOf(problems: readonly HostProblem[]): string[] {
  return [
    ...new Set(problems.flatMap((problem) => (problem.fix?.kind === 'packages' ? problem.fix.names : []))),
  ];
}

/** A problem that packages mend. */
export function packagesProblem(what: string, why: string, names: readonly string[]): HostProblem {
  return { what, why, todo: installCommand(names), fix: { kind: 'packages', names } };
}

function installCommand(names: readonly string[]): string {
  return `sudo apt-get install -y --no-install-recommends ${names.join(' ')}`;
}
