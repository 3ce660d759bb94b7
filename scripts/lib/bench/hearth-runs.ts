import { appendFile, cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readSettings } from '../../../builder/cli/settings.ts';
import { findMirror } from '../../../builder/host/mirror.ts';
import { startProcess } from '../../../builder/host/process.ts';
import { ensureToolsTree, type ToolsTree } from '../../../builder/host/tools-tree.ts';
import { removeTree } from '../../../builder/host/workspace.ts';

const repository = resolve(import.meta.dirname, '../../..');

/** One cold build. */
export interface ColdRun {
  /** From the command's start to the end of the last compared stage. */
  readonly seconds: number;
  /** Of the whole command, image included. */
  readonly totalSeconds: number;
  /** Seconds of each stage and of the image, in their order. */
  readonly parts: readonly { readonly name: string; readonly seconds: number }[];
}

/** Builds of a copy of this project, with caches of their own. */
export class HearthRuns {
  readonly tools: ToolsTree;
  readonly #folder: string;
  readonly #cacheDir: string;
  #changes = 0;

  private constructor(folder: string, cacheDir: string, tools: ToolsTree) {
    this.#folder = folder;
    this.#cacheDir = cacheDir;
    this.tools = tools;
  }

  /** Fills the caches with a first build, which is not measured. */
  static async prepare(folder: string, say: (text: string) => void): Promise<HearthRuns> {
    const { cacheDir } = readSettings();
    const tools = await ensureToolsTree({ cacheDir, mirror: async () => await findMirror({}) });
    await mkdir(`${folder}/project`, { recursive: true });
    for (const name of ['stages', 'overlays', 'config.yaml']) {
      await cp(`${repository}/${name}`, `${folder}/project/${name}`, { recursive: true });
    }
    for (const name of ['builder', 'node_modules', 'package.json']) {
      await symlink(`${repository}/${name}`, `${folder}/project/${name}`);
    }
    const runs = new HearthRuns(folder, cacheDir, tools);
    say('first build, not measured: fills the caches ...');
    await mkdir(`${cacheDir}/debs`, { recursive: true });
    await mkdir(`${cacheDir}/archive`, { recursive: true });
    await runs.#newCache('archive');
    await runs.#build(() => {});
    return runs;
  }

  get image(): string {
    return `${this.#folder}/dist/hearth.img`;
  }

  get lockFile(): string {
    return `${this.#folder}/dist/hearth.debian.lock.yaml`;
  }

  get cacheDir(): string {
    return this.#cacheDir;
  }

  /** From nothing but the tools, the fetched packages and the archive's lists; the decisions of apt are made anew. */
  async cold(until: string): Promise<ColdRun> {
    await this.#newCache('decisions');
    const startedAt = performance.now();
    const elapsed = () => (performance.now() - startedAt) / 1000;
    const parts: { name: string; seconds: number }[] = [];
    let seconds = 0;
    let last = 0;
    await this.#build((line) => {
      const name = /^\[([^\]]+)\] (?:built in|made) ?/.exec(line)?.[1];
      if (name === undefined) return;
      parts.push({ name: name.replace(/ .*/, ''), seconds: elapsed() - last });
      last = elapsed();
      if (name === until) seconds = elapsed();
    });
    return { seconds, totalSeconds: elapsed(), parts };
  }

  /** Seconds of a build that has nothing to do. */
  async unchanged(): Promise<number> {
    return await this.#timed();
  }

  /** Seconds from a changed template of the last stage to the new image. */
  async oneFile(): Promise<number> {
    const template = `${this.#folder}/project/stages/90-first-boot/templates/etc/avahi/services/hearth.service.hbs`;
    this.#changes += 1;
    await appendFile(template, `<!-- ${this.#changes} -->\n`);
    return await this.#timed();
  }

  async #timed(): Promise<number> {
    const startedAt = performance.now();
    await this.#build(() => {});
    return (performance.now() - startedAt) / 1000;
  }

  /** An empty cache, but for what all builds share. */
  async #newCache(kind: 'archive' | 'decisions'): Promise<void> {
    const cache = `${this.#folder}/cache`;
    await removeTree(cache);
    await removeTree(`${this.#folder}/dist`);
    await mkdir(cache, { recursive: true });
    for (const name of ['tools', 'debs']) await symlink(`${this.#cacheDir}/${name}`, `${cache}/${name}`);
    if (kind === 'archive') {
      await symlink(`${this.#cacheDir}/archive`, `${cache}/archive`);
      return;
    }
    await cp(`${this.#cacheDir}/archive`, `${cache}/archive`, { recursive: true, preserveTimestamps: true });
    for (const key of await readdir(`${cache}/archive`)) {
      for (const state of await readdir(`${cache}/archive/${key}`)) {
        await removeTree(`${cache}/archive/${key}/${state}/resolved`);
      }
    }
  }

  async #build(onLine: (line: string) => void): Promise<void> {
    const lines: string[] = [];
    const child = startProcess([`${repository}/scripts/hearth`, 'build'], {
      env: {
        ...(process.env as Record<string, string>),
        CI: '1',
        HEARTH_PROJECT_DIR: `${this.#folder}/project`,
        HEARTH_CACHE_DIR: `${this.#folder}/cache`,
        HEARTH_OUT_DIR: `${this.#folder}/dist`,
      },
      onLine: (line) => {
        lines.push(line);
        onLine(line);
      },
    });
    const { exitCode } = await child.exited;
    if (exitCode === 0) return;
    await writeFile(`${this.#folder}/failed.log`, lines.join('\n'));
    throw new Error(`the build failed with exit code ${exitCode}:\n${lines.slice(-20).join('\n')}`);
  }
}
