import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CommandResult, TestProject } from '../helpers/project.ts';
import {
  OwnCache,
  type SmallBuild,
  smallBuild,
  smallSteps,
  stepsRun,
  withBase,
} from '../helpers/small-build.ts';

const run = promisify(execFile);
const mebibyte = 1024 ** 2;

let undisturbed: SmallBuild;

beforeAll(async () => {
  undisturbed = await smallBuild();
});

/** A disk in memory that only the programs of its own mount namespace see, and that can shrink. */
class SmallDisk {
  readonly path: string;
  readonly #holder: ReturnType<typeof spawn>;

  private constructor(path: string, holder: ReturnType<typeof spawn>) {
    this.path = path;
    this.#holder = holder;
  }

  /** It ends with us, as the holder's standard input does. */
  static async with(content: string): Promise<SmallDisk> {
    const path = await mkdtemp(`${tmpdir()}/hearth-disk-`);
    const script =
      'mount -t tmpfs -o mode=0755,size=7g tmpfs "$1" && cp -a "$2/." "$1" && echo ready && exec cat';
    const holder = spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', path, content], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => resolve());
      holder.once('exit', () => reject(new Error('no disk in memory')));
    });
    return new SmallDisk(path, holder);
  }

  /** Starts a program that sees the disk. */
  entered(folder: string): string[] {
    return ['nsenter', `--mount=/proc/${this.#holder.pid}/ns/mnt`, `--wd=${folder}`];
  }

  /** Leaves so much room; undefined: as much as at the start. */
  async leave(freeBytes: number | undefined): Promise<void> {
    const used = Number((await this.#run('df', '--block-size=1', '--output=used', this.path)).split('\n')[1]);
    const size = freeBytes === undefined ? '7g' : String(used + freeBytes);
    await this.#run('mount', '-o', `remount,size=${size}`, this.path);
  }

  /** Drafts and work folders. */
  async unfinished(): Promise<string[]> {
    const found = await this.#run(
      'find',
      this.path,
      '-name',
      '*.draft-*',
      '-o',
      '-path',
      `${this.path}/work/*`,
    );
    return found.split('\n').filter((line) => line !== '');
  }

  async #run(...command: readonly string[]): Promise<string> {
    const [program = '', ...args] = [...this.entered('/'), ...command];
    return (await run(program, args)).stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#holder.once('exit', resolve));
    this.#holder.kill('SIGKILL');
    await ended;
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Builds, and lets the disk shrink once the host was found to be good enough. */
async function buildOnShrinking(
  project: TestProject,
  disk: SmallDisk,
  freeBytes: number,
): Promise<CommandResult> {
  let shrinking: Promise<void> | undefined;
  const running = project.start(['build', '--offline'], (line) => {
    if (line.startsWith('[tools tree] ready')) shrinking = disk.leave(freeBytes);
  });
  const result = await running.exited;
  await shrinking;
  return result;
}

function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const moments = [
  // The tree has about 200 MiB, the step needs 800 MiB.
  { name: 'while a step runs', freeBytes: 500 * mebibyte, step: 3 },
  { name: 'while the tree is unpacked', freeBytes: 60 * mebibyte, step: 2 },
] as const;

// A disk of this size needs root.
describe.skipIf(!canMount())('a disk that gets full', () => {
  it.each(moments)('$name: says so, and the next build goes on there', async ({ freeBytes, step }) => {
    await using cache = await OwnCache.of(undisturbed, withBase);
    await using disk = await SmallDisk.with(cache.path);
    await using project = await TestProject.inCache('small-project', disk.path);
    project.startedBy = disk.entered(project.path);

    const failed = await buildOnShrinking(project, disk, freeBytes);
    const unfinished = await disk.unfinished();
    await disk.leave(undefined);
    const again = await project.hearth('build', '--offline');

    expect(failed.exitCode, failed.stderr).toBe(3);
    expect(failed.stderr).toContain('ERR_DISK_FULL');
    expect(failed.stderr).toContain(`The disk of ${disk.path}`);
    expect(failed.stderr).toContain('HEARTH_CACHE_DIR');
    expect(stepsRun(failed).at(-1)).toBe(smallSteps[step]);
    expect(unfinished).toEqual([]);
    expect(again.exitCode, again.stderr).toBe(0);
    expect(stepsRun(again)).toEqual(smallSteps.slice(step));
    expect(await project.imageSha256('small')).toBe(undisturbed.sha256);
    expect(await disk.unfinished()).toEqual([]);
  });
});
