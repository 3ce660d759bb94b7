import { createHash } from 'node:crypto';
import { access, mkdir, rename, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { dirname } from 'node:path';
import { HearthError } from '../errors/hearth-error.ts';
import { accelerationOf } from './checks/foreign-programs.ts';
import { addHandlers, handlerPaths, handlerSources } from './handlers.ts';
import type { Mirror } from './mirror.ts';
import { hasNamespacedBinfmt } from './preflight.ts';
import { runInSandbox } from './sandbox.ts';
import { removeTree, temporaryName } from './workspace.ts';

/** Our own Debian of the host's architecture, holding the programs that the builder runs. */
export interface ToolsTree {
  /** Root folder. */
  readonly path: string;
  /** Digest of what it was made from. */
  readonly key: string;
  /** Host path of the handler for arm64 programs; undefined where they run without one. */
  readonly dispatcher: string | undefined;
  /** Host path of the handler that emulates all of them; undefined as `dispatcher`. */
  readonly emulator: string | undefined;
  /** Offset of the clock that its programs see. */
  readonly clock?: string;
}

export interface ToolsTreeOptions {
  readonly cacheDir: string;
  /** Asked for only if the tree must be made. */
  readonly mirror: () => Promise<Mirror>;
  /** The packages of a lock, in place of those that the archive has. */
  readonly locked?: LockedToolsSource | undefined;
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Exactly known packages for a tools tree. */
export interface LockedToolsSource {
  /** Digest of the packages. */
  readonly id: string;
  readonly names: readonly string[];
  /** What the tree remembers of them: paragraphs of a Packages index. */
  readonly record: string;
  /** Makes a repository of them for the time of `use`. */
  readonly withRepository: <T>(use: (folder: string) => Promise<T>) => Promise<T>;
}

const suite = 'trixie';
/** Written last, below the tree. */
const completeMark = '/usr/lib/hearth/complete';
/** Which packages it was made from, as paragraphs of a Packages index. */
export const packagesRecord = '/usr/lib/hearth/packages';

/** Packages of the tools tree; recommended packages are left out. */
const packages: readonly string[] = [
  // base system
  ...['mmdebstrap', 'apt-utils', 'ca-certificates', 'debian-archive-keyring', 'debconf', 'perl', 'procps'],
  // files and archives; mke2fs loads libarchive at run time to read a tar
  ...[
    'tar',
    'cpio',
    'xz-utils',
    'zstd',
    'patch',
    'quilt',
    'rsync',
    'kmod',
    'libarchive13t64',
    'libarchive-tools',
  ],
  // file systems and the disk
  ...['e2fsprogs', 'dosfstools', 'mtools', 'fdisk', 'systemd'],
  // programs that run in place of the image's own
  ...['udev', 'openssh-client', 'python3-minimal'],
  // emulation of the image's architecture: programs and machines
  ...['qemu-user', 'qemu-system-arm', 'qemu-utils'],
  // container images, and the signatures of others' repositories
  ...['skopeo', 'sqv'],
  // a shifted clock, to see whether an image depends on it
  'libfaketime',
  // the dispatcher's compiler; what the tests use
  ...['tcc', 'smbclient', 'curl', 'shellcheck', 'docker-registry'],
];

/** Documentation, translations and skopeo's network plugins are not used; of qemu's emulators only those for arm64 are. */
const leftOut: readonly string[] = [
  ...['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*'],
  '/usr/lib/cni/*',
];

/** A shifted clock for emulated programs: their own loader loads it, at the place where it stands in Debian. */
const foreignLibrary: readonly string[] =
  process.arch === 'arm64'
    ? []
    : [
        '--architectures=amd64,arm64',
        `--customize-hook=cd "$1/tmp" && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get download libfaketime:arm64 && dpkg-deb --extract libfaketime_*_arm64.deb "$1" && rm libfaketime_*_arm64.deb`,
      ];

/** The folder's name if the tools tree were made now. */
export function toolsTreeKey(): string {
  const made = [suite, process.arch, packages, foreignLibrary, handlerSources(), 'format 4'];
  return createHash('sha256').update(JSON.stringify(made)).digest('hex').slice(0, 16);
}

/** The tools tree if it has been made already; `id` is that of locked packages. */
export async function findToolsTree(cacheDir: string, id?: string): Promise<ToolsTree | undefined> {
  const key = toolsTreeKey();
  const path = toolsPath(cacheDir, id);
  try {
    await access(`${path}${completeMark}`);
  } catch {
    return undefined;
  }
  if (!needsHandlers()) return { path, key, dispatcher: undefined, emulator: undefined };
  const { dispatcher, emulator } = handlerPaths;
  return { path, key, dispatcher: `${path}${dispatcher}`, emulator: `${path}${emulator}` };
}

/** The same tools, but every arm64 program is emulated. */
export function withoutAcceleration(tools: ToolsTree): ToolsTree {
  return { ...tools, dispatcher: tools.emulator };
}

/** The same tools, whose programs see a clock shifted by an offset such as `+400d` (libfaketime). */
export function withClock(tools: ToolsTree, clock: string): ToolsTree {
  return { ...tools, clock };
}

/** Why this host does not run some arm64 programs natively in place of emulating them, in one line; undefined if it does. */
export function accelerationOffReason(
  arch: string = process.arch,
  kernelRelease: string = release(),
): string | undefined {
  if (arch !== 'arm64' && hasNamespacedBinfmt(kernelRelease)) return undefined;
  return accelerationOf(arch, kernelRelease);
}

/** Finds the tools tree or makes it: about 40 seconds and 250 MB of disk, once. */
export async function ensureToolsTree(options: ToolsTreeOptions): Promise<ToolsTree> {
  const { cacheDir, locked, signal } = options;
  const existing = await findToolsTree(cacheDir, locked?.id);
  if (existing) return existing;
  const path = toolsPath(cacheDir, locked?.id);
  await mkdir(dirname(path), { recursive: true });
  const draft = temporaryName(path);
  try {
    if (locked) await bootstrapLocked(draft, locked, options);
    else await bootstrapTools(draft, archiveSource(await options.mirror()), options);
    if (needsHandlers()) await addHandlers(draft, signal);
    await writeFile(`${draft}${completeMark}`, '');
    await runInSandbox({ command: ['sync', '-f', draft], binds: [{ path: dirname(path) }] });
    // Left over from a killed build that had not written its last file.
    await removeTree(path);
    await rename(draft, path);
  } catch (error) {
    await removeTree(draft);
    // Another build may have made it in the meantime.
    const made = await findToolsTree(cacheDir, locked?.id);
    if (made) return made;
    throw error;
  }
  const tree = await findToolsTree(cacheDir, locked?.id);
  if (!tree) throw new Error(`the tools tree ${path} vanished`);
  return tree;
}

function toolsPath(cacheDir: string, id: string | undefined): string {
  return `${cacheDir}/tools/${toolsTreeKey()}${id === undefined ? '' : `-${id}`}`;
}

function needsHandlers(): boolean {
  return process.arch !== 'arm64' && hasNamespacedBinfmt();
}

/** Where mmdebstrap takes the packages of a tools tree from. */
interface PackageSource {
  readonly names: readonly string[];
  /** Lines of sources.list(5). */
  readonly sources: readonly string[];
  readonly options: readonly string[];
  /** Folders that it reads. */
  readonly folders: readonly string[];
  /** For messages. */
  readonly description: string;
}

function archiveSource(mirror: Mirror): PackageSource {
  return {
    names: packages,
    sources: [
      `deb ${mirror.main} ${suite} main`,
      `deb ${mirror.main} ${suite}-updates main`,
      `deb ${mirror.security} ${suite}-security main`,
    ],
    options: [
      ...foreignLibrary,
      ...mirror.aptOptions.map((line) => `--aptopt=${line.replace(/;\s*$/, '')}`),
      `--customize-hook=dpkg-query --admindir="$1/var/lib/dpkg" -W -f '\${Package}=\${Version}\\n' | APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" xargs apt-cache show >"$1${packagesRecord}"`,
    ],
    folders: [],
    description: `Mirror: ${mirror.main} (${mirror.source}).`,
  };
}

/** From a repository that holds the locked packages and no others. */
async function bootstrapLocked(
  draft: string,
  locked: LockedToolsSource,
  options: ToolsTreeOptions,
): Promise<void> {
  await locked.withRepository(async (folder) => {
    await bootstrapTools(
      draft,
      {
        names: locked.names,
        // Each file was checked against the lock.
        sources: [`deb [trusted=yes] copy:${folder} ${suite} main`],
        options: [],
        folders: [folder],
        description: 'The packages are those of the lock.',
      },
      options,
    );
    await writeFile(`${draft}${packagesRecord}`, locked.record);
  });
}

async function bootstrapTools(draft: string, from: PackageSource, options: ToolsTreeOptions): Promise<void> {
  const folder = dirname(draft);
  const result = await runInSandbox({
    command: [
      'mmdebstrap',
      ...['--mode=root', '--variant=apt', '--format=directory', '--skip=output/dev'],
      `--include=${from.names.join(',')}`,
      ...['--aptopt=Acquire::Languages "none"', '--aptopt=APT::Install-Recommends "false"'],
      '--dpkgopt=force-unsafe-io',
      ...leftOut.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
      `--customize-hook=mkdir -p "$1${dirname(completeMark)}"`,
      ...from.options,
      `--customize-hook=find "$1/usr/bin" -name 'qemu-*' ! -name '*aarch64' ! -name qemu-img -delete`,
      `--customize-hook=: >"$1/etc/resolv.conf"; rm -f "$1/etc/hostname"; : >>"$1/etc/hosts"`,
      suite,
      draft,
      ...from.sources,
    ],
    binds: [{ path: folder, writable: true }, ...from.folders.map((path) => ({ path }))],
    env: { TMPDIR: folder },
    reject: false,
    ...(options.onLine ? { onLine: options.onLine } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  if (result.exitCode === 0) return;
  throw new HearthError('ERR_DOWNLOAD', {
    what: 'The tools tree could not be made: mmdebstrap failed.',
    why: from.description,
    todo: 'Check the network and `debian.mirror` in config.yaml, then run the same command again.',
    state: 'Nothing of it was kept.',
    details: result.stderr.trimEnd().split('\n').slice(-15).join('\n'),
  });
}
