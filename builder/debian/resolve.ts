import { readFile } from 'node:fs/promises';
import { HearthError } from '../errors/hearth-error.ts';
import { runInSandbox } from '../host/sandbox.ts';
import type { ToolsTree } from '../host/tools-tree.ts';
import { writeFileAtomically } from '../host/workspace.ts';
import type { ArchiveState } from './archive.ts';
import { type PackageSet, parseUris } from './package-file.ts';

/** What a step wants: the arguments of `apt-get install`. */
export interface PackageRequest {
  /** Names, `name/suite`, `name=version`, or patterns of apt-patterns(7). */
  readonly names: readonly string[];
  readonly withRecommends: boolean;
}

export interface ResolveOptions {
  readonly tools: () => Promise<ToolsTree>;
  readonly architecture: string;
  /** Folder with the parts of the tree that apt's decision depends on. */
  readonly view: string;
  readonly state: ArchiveState;
  readonly request: PackageRequest;
  /** Digest of the view and the request: a decision is made once. */
  readonly id: string;
}

/** Debian's required packages and apt, as `mmdebstrap --variant=minbase` takes them. */
export function minimalSystem(suite: string, architecture: string): PackageRequest {
  const from = (what: string) =>
    `?narrow(?or(?archive(^${suite}$),?codename(^${suite}$)),?architecture(${architecture}),${what})`;
  return { names: [from('?essential'), from('?priority(required)'), 'apt'], withRecommends: false };
}

/** The packages that apt decides on for a request. Throws ERR_COMMAND_FAILED with apt's own lines. */
export async function resolvePackages(options: ResolveOptions): Promise<PackageSet> {
  const { state, id, view, request, architecture } = options;
  const memo = `${state.folder}/resolved/${id}.json`;
  const known = await readMemo(memo);
  if (known) return known;
  const result = await runInSandbox({
    command: [
      ...['/bin/bash', `${import.meta.dirname}/shell/resolve.sh`, view, state.folder],
      ...['-o', `APT::Install-Recommends=${request.withRecommends}`, ...request.names],
    ],
    tools: await options.tools(),
    // Writable for apt's cache of the lists.
    binds: [{ path: `${import.meta.dirname}/shell` }, { path: view }, { path: state.folder, writable: true }],
    env: { HEARTH_ARCH: architecture },
    network: false,
    reject: false,
  });
  if (result.exitCode !== 0) {
    throw new HearthError('ERR_COMMAND_FAILED', {
      what: 'apt found no way to install the packages.',
      details: `${result.stdout}${result.stderr}`.trimEnd(),
    });
  }
  const packages = parseUris(result.stdout, state.mirror);
  await writeFileAtomically(memo, JSON.stringify(packages));
  return packages;
}

async function readMemo(path: string): Promise<PackageSet | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as PackageSet;
  } catch {
    return undefined;
  }
}
