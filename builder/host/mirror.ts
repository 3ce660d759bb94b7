import { readFile } from 'node:fs/promises';
import { runProcess } from './process.ts';

/** Where this build fetches Debian's packages. */
export interface Mirror {
  /** Base URL of the archive, without a slash at the end. */
  readonly main: string;
  readonly security: string;
  /** Said in `check`: where the answer came from. */
  readonly source: 'config.yaml' | "this host's apt" | "mmdebstrap's default";
  /** Lines of apt.conf(5): proxies and date checks of the host's own apt. */
  readonly aptOptions: readonly string[];
}

/**
 * `debian.mirror` of config.yaml if set, else the host's own apt configuration on Debian, else what mmdebstrap has built in.
 */
export async function findMirror(configured: {
  mirror?: string | undefined;
  securityMirror?: string | undefined;
}): Promise<Mirror> {
  const builtIn = await mmdebstrapDefault('/usr/bin/mmdebstrap');
  const aptOptions = await hostAptOptions();
  const own = configured.mirror === undefined ? await hostMirror() : undefined;
  return { ...chooseMirror(configured, own, builtIn), aptOptions };
}

/** The decision of {@link findMirror}: each address is the first that is known. */
export function chooseMirror(
  configured: { mirror?: string | undefined; securityMirror?: string | undefined },
  own: { main: string; security?: string } | undefined,
  builtIn: { main: string; security: string },
): Omit<Mirror, 'aptOptions'> {
  const { mirror, securityMirror } = configured;
  const main = mirror ?? own?.main ?? builtIn.main;
  const security = securityMirror ?? own?.security ?? builtIn.security;
  const source = mirror !== undefined ? 'config.yaml' : own ? "this host's apt" : "mmdebstrap's default";
  return { main: trimSlash(main), security: trimSlash(security), source };
}

/** The archive that mmdebstrap itself would use: the public one, which the finished device uses too. */
export async function mmdebstrapDefault(program: string): Promise<{ main: string; security: string }> {
  const text = await readFile(program, 'utf8').catch(() => '');
  const url = (name: string) => new RegExp(`my \\$${name}\\s*=\\s*['"](https?://[^'"]+)['"]`).exec(text)?.[1];
  return { main: trimSlash(url('mirror') ?? ''), security: trimSlash(url('secmirror') ?? '') };
}

/** Reads the lines of `apt-get indextargets` with site, repository and codename. */
export function parseIndexTargets(text: string): { main?: string; security?: string } {
  const found: { main?: string; security?: string } = {};
  for (const line of text.split('\n')) {
    const [origin, label, component, repository] = line.split('|');
    if (origin !== 'Debian' || component !== 'main' || repository === undefined) continue;
    if (label === 'Debian') found.main ??= trimSlash(repository);
    if (label === 'Debian-Security') found.security ??= trimSlash(repository);
  }
  return found;
}

async function hostMirror(): Promise<{ main: string; security?: string } | undefined> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  if (!/^ID=debian$/m.test(release)) return undefined;
  const format = '$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)';
  const result = await runProcess(['apt-get', 'indextargets', '--format', format]);
  const { main, security } = parseIndexTargets(result.stdout);
  if (main === undefined) return undefined;
  return security === undefined ? { main } : { main, security };
}

/** Proxies and date checks only: the host's own sources and keys are none of the image's business. */
async function hostAptOptions(): Promise<string[]> {
  const result = await runProcess(['apt-config', 'dump']);
  return result.stdout
    .split('\n')
    .filter((line) =>
      /^Acquire::(https?::(.*::)?(Proxy|Timeout)|Check-Valid-Until|Check-Date|Retries)\b/i.test(line),
    );
}

function trimSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
