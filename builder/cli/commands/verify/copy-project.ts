import { copyFile, readdir, symlink } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import { HearthError } from '../../../errors/hearth-error.ts';
import { asUser, giveTree, type OtherUser } from '../../../host/other-user.ts';
import { runProcess } from '../../../host/process.ts';
import type { ToolsTree } from '../../../host/tools-tree.ts';
import { fixed } from './circumstances.ts';
import type { VerifyFolders } from './folders.ts';

/** Where a build's own code and project are. */
export interface Checkout {
  /** The folder that holds builder/ and node_modules/. */
  readonly code: string;
  readonly projectDir: string;
  readonly configPath: string;
}

/** The part of the settings that matters here. */
export interface ProjectPlaces {
  readonly projectDir: string;
  readonly configPath: string;
  readonly cacheDir: string;
  readonly outDir: string;
}

const codeDir = resolve(import.meta.dirname, '../../../..');
/** Not part of a fresh checkout. */
const leftOut: readonly string[] = ['.git', 'node_modules', 'dist', 'test-results', '.hearth'];

/** What build A uses: everything in its place. */
export function ownCheckout(settings: ProjectPlaces): Checkout {
  return { code: codeDir, projectDir: settings.projectDir, configPath: settings.configPath };
}

/**
 * Copies code, project and config for build B, as a fresh checkout under its umask would have them: new times, no
 * rights for others. All of it belongs to B's user.
 */
export async function copyCheckout(
  settings: ProjectPlaces,
  folders: VerifyFolders,
  user: OtherUser | undefined,
): Promise<Checkout> {
  const code = `${folders.b.checkouts}/checkout`;
  const isOneFolder = settings.projectDir === codeDir;
  const projectDir = isOneFolder ? code : `${folders.b.checkouts}/project`;
  await copyEntries(codeDir, code, settings);
  if (!isOneFolder) await copyEntries(settings.projectDir, projectDir, settings);
  const inside = relative(settings.projectDir, settings.configPath);
  const configPath = inside.startsWith('..')
    ? `${folders.b.home}/${basename(settings.configPath)}`
    : `${projectDir}/${inside}`;
  if (inside.startsWith('..')) await copyFile(settings.configPath, configPath);
  await shareNodeModules(code, user);
  await giveFolder(folders.b.home, user);
  return { code, projectDir, configPath };
}

/** Folders of fetched files that both builds may use. */
const fetched: readonly string[] = ['debs', 'archive'];

/** Lets build A use the tools tree and the fetched files of the real cache, and add to these. */
export async function shareWithA(tools: ToolsTree, cacheDir: string, folders: VerifyFolders): Promise<void> {
  await symlink(dirname(tools.path), `${folders.a.cache}/tools`);
  for (const name of fetched) {
    await run(['mkdir', '-p', `${cacheDir}/${name}`]);
    await symlink(`${cacheDir}/${name}`, `${folders.a.cache}/${name}`);
  }
}

/**
 * Gives build B what A has used. Fetched files are copied: B's cache may lie on another file system, where no hard link
 * leads to. Another user gets his own copy of the tools tree, because its files must be his.
 */
export async function copyForB(
  tools: ToolsTree,
  folders: VerifyFolders,
  user: OtherUser | undefined,
): Promise<void> {
  const shared = user ? `${folders.b.home}/tools` : dirname(tools.path);
  await symlink(shared, `${folders.b.cache}/tools`);
  if (user) {
    await run(['mkdir', '-p', shared]);
    await giveFolder(shared, user);
    await run(['cp', '-a', '--reflink=auto', tools.path, `${shared}/${tools.key}`]);
    await giveTree(tools.path, `${shared}/${tools.key}`, user);
  }
  for (const name of fetched) {
    await run(['cp', '-a', '--reflink=auto', `${folders.a.cache}/${name}/.`, `${folders.b.cache}/${name}`]);
    await giveFolder(`${folders.b.cache}/${name}`, user);
  }
}

/** Gives a folder and all that is in it to B's user. */
export async function giveFolder(folder: string, user: OtherUser | undefined): Promise<void> {
  if (user) await run(['chown', '-R', '-h', `${user.uid}:${user.gid}`, folder]);
}

async function copyEntries(source: string, target: string, settings: ProjectPlaces): Promise<void> {
  const names = (await readdir(source)).filter((name) => {
    const path = `${source}/${name}`;
    // A cache or output folder may be anywhere, also in the checkout.
    const isOurs = [settings.cacheDir, settings.outDir].some((own) => `${own}/`.startsWith(`${path}/`));
    return !leftOut.includes(name) && !isOurs;
  });
  const script = `umask ${fixed.b.umask}; target=$1; shift; mkdir -p "$target"; exec cp -R -- "$@" "$target"`;
  await run(['sh', '-c', script, 'sh', target, ...names.map((name) => `${source}/${name}`)]);
}

/** They are no part of the project: a link is enough where B's user can follow it. */
async function shareNodeModules(code: string, user: OtherUser | undefined): Promise<void> {
  const own = `${codeDir}/node_modules`;
  const reachable = await runProcess([...asUser(user), 'test', '-r', `${own}/tsx/package.json`]);
  if (reachable.exitCode === 0) await symlink(own, `${code}/node_modules`);
  else await run(['cp', '-a', '--reflink=auto', own, `${code}/node_modules`]);
}

async function run(command: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await runProcess(command);
  if (exitCode === 0) return;
  throw new HearthError('ERR_COMMAND_FAILED', {
    what: `${command[0]} failed while the folders of build B were made.`,
    why: stderr.trim().split('\n').slice(-3).join('\n'),
    state: 'Nothing was compared; the folders are removed.',
  });
}
