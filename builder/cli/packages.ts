import { readLock } from '../debian/lock.ts';
import { Packages } from '../debian/packages.ts';
import { findMirror, type Mirror, mmdebstrapDefault } from '../host/mirror.ts';
import type { ToolsTree } from '../host/tools-tree.ts';
import type { Project } from '../plan/project.ts';
import { imageArchitecture } from '../run/context.ts';
import type { Emit } from '../run/events.ts';
import type { Settings } from './settings.ts';

/** Where a build's packages come from. */
export interface PackageFlags {
  /** Use no network. */
  readonly offline?: boolean;
  /** Ask the archive now, however lately it was asked. */
  readonly refresh?: boolean;
  /** A lock whose packages are taken, exactly. */
  readonly locked?: string;
}

export interface PackageSettings {
  readonly project: Project;
  readonly settings: Settings;
  readonly flags: PackageFlags;
  readonly tools: () => Promise<ToolsTree>;
  readonly emit?: Emit;
  readonly signal?: AbortSignal;
}

/** The packages as config.yaml and the flags want them. Throws ERR_LOCK_INVALID. */
export async function makePackages(options: PackageSettings): Promise<Packages> {
  const { project, settings, flags, tools, emit, signal } = options;
  const { snapshotMirror } = project.config.debian;
  return new Packages({
    cacheDir: settings.cacheDir,
    architecture: imageArchitecture,
    lock: flags.locked === undefined ? undefined : await readLock(flags.locked),
    snapshotMirror,
    tools,
    // Asking the host's apt takes a second: only where something will be fetched.
    mirror: once(async () => await mirrorOf(project)),
    device: once(async () => await publicArchive(await tools())),
    isOffline: flags.offline === true,
    isRefresh: flags.refresh === true,
    ...(emit
      ? {
          onAsk: () => emit({ type: 'note', text: "asking Debian's archive what it has" }),
          onLine: (line: string) => emit({ type: 'output', line }),
          onProgress: (progress) => emit({ type: 'downloading', progress }),
          onDamaged: (file) =>
            emit({ type: 'warning', text: `the kept file of ${file.name} is damaged; it is fetched anew` }),
        }
      : {}),
    ...(signal ? { signal } : {}),
  });
}

/** Where this build fetches Debian's packages. */
export async function mirrorOf({ config }: Project): Promise<Mirror> {
  const { mirror, securityMirror } = config.debian;
  return await findMirror({ mirror, securityMirror });
}

/** The public archive that the finished device uses. */
export async function publicArchive(tools: ToolsTree): Promise<{ main: string; security: string }> {
  return await mmdebstrapDefault(`${tools.path}/usr/bin/mmdebstrap`);
}

/** Makes a value when it is first wanted. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return async () => {
    made ??= make();
    return await made;
  };
}
