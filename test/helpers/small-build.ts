import { execFile } from 'node:child_process';
import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { type DebianLock, readLock } from '../../builder/debian/lock.ts';
import type { PackageFile } from '../../builder/debian/package-file.ts';
import { removeTree } from '../../builder/host/workspace.ts';
import { historyFile, readHistory } from '../../builder/plan/history.ts';
import type { Layer } from '../../builder/plan/layer-store.ts';
import { type CommandResult, TestProject } from './project.ts';

const run = promisify(execFile);

/** Steps of the fixture small-project in their order, as a build names them. */
export const smallSteps = [
  '[00-base] prerun.sh',
  '[00-base] 00-sources/00-run.sh',
  '[10-things] 00-programs/00-packages-nr',
  '[10-things] 00-programs/01-run.sh',
  '[10-things] 00-programs/02-run-chroot.sh',
  '[20-end] 00-last/00-run.sh',
  '[image small.img] ext4 rootfs',
] as const;

/** A finished build of the fixture that nothing disturbed. */
export interface SmallBuild {
  readonly cacheDir: string;
  readonly sha256: string;
  readonly lock: DebianLock;
  readonly lockText: string;
  /** Keys of its layers. */
  readonly layers: readonly string[];
}

/** Builds the fixture in a folder of the real cache: the first test file on a fresh machine pays for it. */
export async function smallBuild(): Promise<SmallBuild> {
  await using project = await TestProject.create('small-project', 'test-small');
  const { cacheDir } = project;
  const history = historyFile(cacheDir, project.path);
  try {
    const built = await buildSmall(project);
    if (await hasPackages(cacheDir, built.lock)) return { ...built, ...(await remembered(history)) };
    // Somebody cleaned the packages but not the layers that were made of them.
    await removeTree(`${cacheDir}/layers`);
    return { ...(await buildSmall(project)), ...(await remembered(history)) };
  } finally {
    // The folder of the project does not come again.
    await rm(history, { force: true });
  }
}

/** What a copy of the cache has: layers of steps that the function takes, views and the archive's lists. */
export interface KeptParts {
  readonly layer: (step: string) => boolean;
  readonly views?: boolean;
  readonly archive?: boolean;
}

/** Nothing but packages and lists. */
export const cold: KeptParts = { layer: () => false, views: false };
/** The smallest system is there. */
export const withBase: KeptParts = { layer: (step) => step.startsWith('[00-base]') };
export const warm: KeptParts = { layer: () => true };

/** A cache of a test's own, made of hard links in a moment, with all packages of the build that it was made from. */
export class OwnCache {
  readonly path: string;
  readonly #build: SmallBuild;

  private constructor(path: string, build: SmallBuild) {
    this.path = path;
    this.#build = build;
  }

  static async of(build: SmallBuild, kept: KeptParts): Promise<OwnCache> {
    const { cacheDir } = build;
    const path = await mkdtemp(`${dirname(cacheDir)}/test-own-`);
    await mkdir(`${path}/layers`);
    await mkdir(`${path}/debs`);
    await symlink(`${dirname(cacheDir)}/tools`, `${path}/tools`);
    for (const key of build.layers) {
      const folder = `${cacheDir}/layers/${key}`;
      if (kept.layer(await stepOfLayer(folder))) await copyLinked(folder, `${path}/layers`);
    }
    if (kept.views !== false) await copyLinked(`${cacheDir}/views`, path);
    if (kept.archive !== false) await copyLinked(`${cacheDir}/archive`, path);
    for (const { sha256 } of build.lock.steps.flatMap(({ packages }) => packages)) {
      await link(`${cacheDir}/debs/${sha256}.deb`, `${path}/debs/${sha256}.deb`);
    }
    return new OwnCache(path, build);
  }

  /** A package that the build installs. */
  package(name: string): PackageFile & { readonly file: string } {
    const found = this.#build.lock.steps.flatMap(({ packages }) => packages).find((one) => one.name === name);
    if (!found) throw new Error(`small-project installs no ${name}`);
    return { ...found, file: `${this.path}/debs/${found.sha256}.deb` };
  }

  /** The folder of a step's layer. */
  async layer(step: (typeof smallSteps)[number]): Promise<string> {
    for (const key of await readdir(`${this.path}/layers`)) {
      const folder = `${this.path}/layers/${key}`;
      if ((await stepOfLayer(folder)) === step) return folder;
    }
    throw new Error(`no layer of ${step}`);
  }

  /** Drafts and work folders: what no build may leave behind. */
  async unfinished(): Promise<string[]> {
    const { stdout } = await run('find', [
      ...[this.path, '-maxdepth', '3', '-not', '-path', `${this.path}/tools*`],
      ...['(', '-name', '*.draft-*', '-o', '-path', `${this.path}/work/*`, '-o', '-name', 'partial', ')'],
    ]);
    return stdout.split('\n').filter((line) => line !== '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeTree(this.path);
  }
}

/** Replaces a file's bytes; other links of the same file keep theirs. */
export async function damage(file: string, how: 'garbled' | 'truncated'): Promise<void> {
  const bytes = await readFile(file);
  const middle = Math.floor(bytes.length / 2);
  if (how === 'garbled') bytes.writeUInt8(bytes.readUInt8(middle) ^ 0xff, middle);
  await rm(file);
  await writeFile(file, how === 'garbled' ? bytes : bytes.subarray(0, middle));
}

/** The steps that a build ran, in their order. */
export function stepsRun({ stderr }: Pick<CommandResult, 'stderr'>): string[] {
  return stderr.split('\n').flatMap((line) => stepOf(line) ?? []);
}

/** The step that a line of a build announces. */
export function stepOf(line: string): string | undefined {
  return smallSteps.find((step) => line === step || line.startsWith(`${step} (about `));
}

async function buildSmall(project: TestProject): Promise<Omit<SmallBuild, 'layers'>> {
  const { exitCode, stderr } = await project.hearth('build');
  if (exitCode !== 0) throw new Error(`the build of small-project failed:\n${stderr}`);
  const lockFile = 'dist/small.debian.lock.yaml';
  return {
    cacheDir: project.cacheDir,
    sha256: await project.imageSha256('small'),
    lock: await readLock(`${project.path}/${lockFile}`),
    lockText: await project.read(lockFile),
  };
}

async function remembered(file: string): Promise<Pick<SmallBuild, 'layers'>> {
  const { layers } = await readHistory(file);
  return { layers: layers[0] ?? [] };
}

async function hasPackages(cacheDir: string, lock: DebianLock): Promise<boolean> {
  const names = new Set(await readdir(`${cacheDir}/debs`));
  return lock.steps.every(({ packages }) => packages.every(({ sha256 }) => names.has(`${sha256}.deb`)));
}

/** `[00-base] prerun.sh` */
async function stepOfLayer(folder: string): Promise<string> {
  const { stage, step } = JSON.parse(await readFile(`${folder}/layer.json`, 'utf8')) as Layer;
  return `[${stage}] ${step}`;
}

async function copyLinked(folder: string, target: string): Promise<void> {
  await run('cp', ['--archive', '--link', folder, `${target}/`]);
}
