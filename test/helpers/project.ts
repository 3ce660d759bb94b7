import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';

const repository = resolve(import.meta.dirname, '../..');
const sharedCache = resolve(process.env['HEARTH_CACHE_DIR'] ?? `${homedir()}/.cache/hearth`);

export interface CommandResult {
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A project in a temporary folder, copied from a fixture. Tools and packages come from the real cache. */
export class TestProject {
  readonly path: string;
  readonly cacheDir: string;
  /** The program that starts hearth and its arguments, such as `unshare --net`. */
  startedBy: readonly string[] = [];

  private constructor(path: string, cacheDir: string) {
    this.path = path;
    this.cacheDir = cacheDir;
  }

  /** `cacheName`: results are kept in the real cache's folder of this name. */
  static async create(fixture: string, cacheName = 'test'): Promise<TestProject> {
    // Results of fixture stages are kept apart from real ones, and from run to run.
    const cacheDir = `${sharedCache}/${cacheName}`;
    await mkdir(cacheDir, { recursive: true });
    for (const shared of ['tools', 'debs']) {
      await mkdir(`${sharedCache}/${shared}`, { recursive: true });
      await symlink(`${sharedCache}/${shared}`, `${cacheDir}/${shared}`).catch(() => {});
    }
    return await TestProject.inCache(fixture, cacheDir);
  }

  /** The same in a cache that is there already. */
  static async inCache(fixture: string, cacheDir: string): Promise<TestProject> {
    const path = await mkdtemp(`${tmpdir()}/hearth-project-`);
    await cp(`${repository}/test/fixtures/${fixture}`, path, { recursive: true });
    return new TestProject(path, cacheDir);
  }

  async write(file: string, text: string, mode = 0o644): Promise<void> {
    await mkdir(dirname(`${this.path}/${file}`), { recursive: true });
    await writeFile(`${this.path}/${file}`, text);
    await chmod(`${this.path}/${file}`, mode);
  }

  async read(file: string): Promise<string> {
    return await readFile(`${this.path}/${file}`, 'utf8');
  }

  async remove(file: string): Promise<void> {
    await rm(`${this.path}/${file}`, { recursive: true, force: true });
  }

  /** Starts `hearth ARGS` on this project; `onLine` sees each line of stderr as it comes. */
  start(args: readonly string[], onLine: (line: string) => void = () => {}) {
    const loader = `${repository}/node_modules/tsx/dist/loader.mjs`;
    const command = ['node', '--import', loader, `${repository}/builder/main.ts`, ...args];
    const [program = '', ...rest] = [...this.startedBy, ...command];
    const child = spawn(program, rest, {
      cwd: this.path,
      env: { ...process.env, HEARTH_PROJECT_DIR: this.path, HEARTH_CACHE_DIR: this.cacheDir, CI: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    let unfinished = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      const lines = (unfinished + chunk.toString()).split('\n');
      unfinished = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    });
    const exited = new Promise<CommandResult>((resolveExit) => {
      child.on('close', (code, signal) => resolveExit({ exitCode: code ?? -1, signal, stdout, stderr }));
    });
    return { pid: child.pid ?? -1, kill: (signal: NodeJS.Signals) => child.kill(signal), exited };
  }

  /** Runs `hearth ARGS` on this project to its end. */
  async hearth(...args: readonly string[]): Promise<CommandResult> {
    return await this.start(args).exited;
  }

  /** SHA-256 of `dist/NAME.img`, read from the file itself. */
  async imageSha256(name: string): Promise<string> {
    const hash = createHash('sha256');
    await pipeline(createReadStream(`${this.path}/dist/${name}.img`), hash);
    return hash.digest('hex');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Mount points and processes that name a folder of the cache: what a build may not leave behind. */
export async function leftovers(cacheDir: string): Promise<string[]> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .filter((line) => line.includes(cacheDir) || line.includes('.hearth-build'));
  const processes = await new Promise<string>((resolveList) => {
    const child = spawn('ps', ['-eo', 'pid=,args=']);
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.on('close', () => resolveList(text));
  });
  const running = processes.split('\n').filter((line) => line.includes(`${cacheDir}/work`));
  return [...mounts, ...running];
}
