import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  access,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { HearthError } from '../errors/hearth-error.ts';
import type { Mirror } from './mirror.ts';
import { nativePrograms } from './native-programs.ts';
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
}

export interface ToolsTreeOptions {
  readonly cacheDir: string;
  /** Asked for only if the tree must be made. */
  readonly mirror: () => Promise<Mirror>;
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Where chroots see the tools tree during a build. */
const mountPoint = '/.hearth-build';
const suite = 'trixie';
const dispatcherSource = `${import.meta.dirname}/dispatcher.c`;

/** Packages of the tools tree; recommended packages are left out. */
const packages: readonly string[] = [
  // base system
  ...['mmdebstrap', 'ca-certificates', 'debian-archive-keyring', 'debconf', 'perl', 'procps'],
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
  // emulation of the image's architecture: programs and machines
  ...['qemu-user', 'qemu-system-arm', 'qemu-utils'],
  // the dispatcher's compiler; what the tests use
  ...['tcc', 'smbclient', 'curl', 'shellcheck'],
];

/** Documentation and translations are not used; of qemu's emulators only those for arm64 are. */
const leftOut: readonly string[] = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*'];

/** The folder's name if the tools tree were made now. */
export function toolsTreeKey(): string {
  const dispatcher = readFileSync(dispatcherSource, 'utf8');
  const made = [suite, process.arch, ...packages, ...nativePrograms, dispatcher, 'format 2'];
  return createHash('sha256').update(made.join('\n')).digest('hex').slice(0, 16);
}

/** The tools tree if it has been made already. */
export async function findToolsTree(cacheDir: string): Promise<ToolsTree | undefined> {
  const key = toolsTreeKey();
  const path = `${cacheDir}/tools/${key}`;
  try {
    await access(`${path}/usr/lib/hearth/complete`);
  } catch {
    return undefined;
  }
  const dispatcher = needsDispatcher() ? `${path}/usr/lib/hearth/dispatcher` : undefined;
  return { path, key, dispatcher };
}

/** Finds the tools tree or makes it: about 40 seconds and 250 MB of disk, once. */
export async function ensureToolsTree(options: ToolsTreeOptions): Promise<ToolsTree> {
  const existing = await findToolsTree(options.cacheDir);
  if (existing) return existing;
  const folder = `${options.cacheDir}/tools`;
  await mkdir(folder, { recursive: true });
  const path = `${folder}/${toolsTreeKey()}`;
  const draft = temporaryName(path);
  try {
    await bootstrapTools(draft, await options.mirror(), options);
    await addDispatcher(draft, options);
    await runInSandbox({ command: ['sync', '-f', draft], binds: [{ path: folder }] });
    // Left over from a killed build that had not written its last file.
    await removeTree(path);
    await rename(draft, path);
  } catch (error) {
    await removeTree(draft);
    // Another build may have made it in the meantime.
    const made = await findToolsTree(options.cacheDir);
    if (made) return made;
    throw error;
  }
  const tree = await findToolsTree(options.cacheDir);
  if (!tree) throw new Error(`the tools tree ${path} vanished`);
  return tree;
}

function needsDispatcher(): boolean {
  return process.arch !== 'arm64' && hasNamespacedBinfmt();
}

async function bootstrapTools(draft: string, mirror: Mirror, options: ToolsTreeOptions): Promise<void> {
  const folder = draft.slice(0, draft.lastIndexOf('/'));
  const apt = [...mirror.aptOptions, 'Acquire::Languages "none";', 'APT::Install-Recommends "false";'];
  const result = await runInSandbox({
    command: [
      'mmdebstrap',
      ...['--mode=root', '--variant=apt', '--format=directory', '--skip=output/dev'],
      `--include=${packages.join(',')}`,
      ...apt.map((line) => `--aptopt=${line.replace(/;\s*$/, '')}`),
      '--dpkgopt=force-unsafe-io',
      ...leftOut.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
      `--customize-hook=find "$1/usr/bin" -name 'qemu-*' ! -name '*aarch64' ! -name qemu-img -delete`,
      `--customize-hook=: >"$1/etc/resolv.conf"; rm -f "$1/etc/hostname"; : >>"$1/etc/hosts"`,
      suite,
      draft,
      `deb ${mirror.main} ${suite} main`,
      `deb ${mirror.main} ${suite}-updates main`,
      `deb ${mirror.security} ${suite}-security main`,
    ],
    binds: [{ path: folder, writable: true }],
    env: { TMPDIR: folder },
    reject: false,
    ...(options.onLine ? { onLine: options.onLine } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  if (result.exitCode === 0) return;
  throw new HearthError('ERR_DOWNLOAD', {
    what: 'The tools tree could not be made: mmdebstrap failed.',
    why: `Mirror: ${mirror.main} (${mirror.source}).`,
    todo: 'Check the network and `debian.mirror` in config.yaml, then run the same command again.',
    state: 'Nothing of it was kept.',
    details: result.stderr.trimEnd().split('\n').slice(-15).join('\n'),
  });
}

/** Compiles the dispatcher with the tree's own compiler, and marks the tree as complete. */
async function addDispatcher(draft: string, options: ToolsTreeOptions): Promise<void> {
  const library = `${draft}/usr/lib/hearth`;
  await mkdir(library, { recursive: true });
  if (needsDispatcher()) {
    await writeFile(`${library}/native-programs.h`, await dispatcherHeader(draft));
    const source = await readFile(dispatcherSource);
    await writeFile(`${library}/dispatcher.c`, source);
    await runInSandbox({
      command: ['tcc', '-nostdlib', '-static', '-o', 'dispatcher', 'dispatcher.c'],
      tools: { path: draft },
      binds: [{ path: draft, writable: true }],
      cwd: library,
      ...(options.signal ? { signal: options.signal } : {}),
    });
  }
  await writeFile(`${library}/complete`, '');
}

/**
 * Collects the native programs in one folder, as links that hold in any chroot: those of Debian's alternatives are
 * absolute. Names that the tools tree lacks, or that are scripts, are left to the image's own files.
 */
async function linkNativePrograms(draft: string): Promise<string[]> {
  const folder = `${draft}/usr/lib/hearth/native`;
  await mkdir(folder, { recursive: true });
  const linked: string[] = [];
  for (const name of nativePrograms) {
    const program =
      (await resolveInside(draft, `/usr/bin/${name}`)) ?? (await resolveInside(draft, `/usr/sbin/${name}`));
    if (program === undefined || !(await isElf(`${draft}${program}`))) continue;
    await symlink(`../../..${program.replace(/^\/usr/, '')}`, `${folder}/${name}`);
    linked.push(name);
  }
  return linked;
}

/** The path of a file below `root` with all links followed inside it. */
async function resolveInside(root: string, path: string): Promise<string | undefined> {
  const info = await lstat(`${root}${path}`).catch(() => undefined);
  if (!info?.isSymbolicLink()) return info?.isFile() ? path : undefined;
  return await resolveInside(root, resolve(dirname(path), await readlink(`${root}${path}`)));
}

async function isElf(path: string): Promise<boolean> {
  return (await readFile(path)).subarray(0, 4).toString('latin1') === '\x7fELF';
}

async function dispatcherHeader(draft: string): Promise<string> {
  const libraries = '/usr/lib/x86_64-linux-gnu';
  const perl = (await readdir(`${draft}${libraries}/perl`)).find((name) => /^5\.\d+$/.test(name));
  const list = (values: readonly string[]) => values.map((value) => `"${value}", `).join('');
  return [
    `#define TOOLS "${mountPoint}"`,
    `#define LOADER "${mountPoint}/usr/lib64/ld-linux-x86-64.so.2"`,
    `#define LIBRARIES "${mountPoint}${libraries}"`,
    `#define QEMU "${mountPoint}/usr/bin/qemu-aarch64"`,
    `#define NATIVE_PROGRAMS ${list(await linkNativePrograms(draft))}`,
    `#define PERL_BASE "${mountPoint}${libraries}/perl-base"`,
    `#define PERL "${mountPoint}${libraries}/perl/${perl}"`,
    `#define IMAGE_PERL "/usr/lib/aarch64-linux-gnu/perl/${perl}"`,
    '',
  ].join('\n');
}
