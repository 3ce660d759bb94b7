import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import Handlebars from 'handlebars';
import type { StageDefinition } from '../../builder/stage/define.ts';

const run = promisify(execFile);
export const projectDir = join(import.meta.dirname, '../..');

/** config.yaml's shared keys with their defaults, as templates see them. */
export const sharedDefaults = {
  hostname: 'hearth',
  image: { name: 'hearth', date: '2026-11-23' },
  edition: 'slim',
  debian: { suite: 'trixie' },
  locale: 'en_GB.UTF-8',
  timezone: 'Europe/London',
  keyboard: { layout: 'gb', variant: '' },
  wifi: { country: 'GB' },
  ssh: { authorizedKeys: [] },
};

/** The definition in stages/NAME/stage.ts. */
export async function loadStage(name: string): Promise<StageDefinition> {
  const module = (await import(`${projectDir}/stages/${name}/stage.ts`)) as {
    readonly stage: StageDefinition;
  };
  return module.stage;
}

/** Renders each template of a stage as the builder does. Path in the image → text. */
export async function renderTemplates(
  name: string,
  data: object = sharedDefaults,
): Promise<ReadonlyMap<string, string>> {
  const folder = `${projectDir}/stages/${name}/templates`;
  const files = await readdir(folder, { recursive: true });
  const rendered = new Map<string, string>();
  for (const file of files.filter((path) => path.endsWith('.hbs'))) {
    const template = Handlebars.compile(await readFile(`${folder}/${file}`, 'utf8'), {
      strict: true,
      noEscape: true,
    });
    rendered.set(`/${file.slice(0, -'.hbs'.length)}`, template(data));
  }
  return rendered;
}

/** A small tree that stands for the root file system, and programs that write down how they were called. */
export class StageTree {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes the tree: path → text. A path that ends in / is an empty folder. */
  static async create(files: Readonly<Record<string, string>>): Promise<StageTree> {
    const tree = new StageTree(await mkdtemp(`${tmpdir()}/hearth-stage-`));
    for (const [path, text] of Object.entries(files)) await tree.write(path, text);
    await mkdir(`${tree.path}.programs`);
    return tree;
  }

  async write(path: string, text: string): Promise<void> {
    const file = join(this.path, path);
    await mkdir(path.endsWith('/') ? file : dirname(file), { recursive: true });
    if (!path.endsWith('/')) await writeFile(file, text);
  }

  async copyOverlay(name: string): Promise<void> {
    await cp(`${projectDir}/overlays/${name}`, this.path, { recursive: true });
  }

  async read(path: string): Promise<string> {
    return await readFile(join(this.path, path), 'utf8');
  }

  /** Puts a stand-in before a host program: it only records its arguments, unless a script is given. */
  async stub(program: string, script = ''): Promise<void> {
    const text = `#!/bin/bash\necho "${program} $*" >> '${this.path}.calls'\n${script}\n`;
    await writeFile(`${this.path}.programs/${program}`, text, { mode: 0o755 });
  }

  /** Runs a step on the tree; on_chroot and bootstrap only record their arguments. Returns what was called. */
  async run(step: string, variables: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
    const path = `${projectDir}/stages/${step}`;
    const functions = `for name in on_chroot bootstrap log; do eval "$name() { echo \\"$name \\$*\\" >> '${this.path}.calls'; }"; export -f "$name"; done`;
    await run('bash', ['-ec', `${functions}\nexec "$0"`, path], {
      cwd: dirname(path),
      env: {
        PATH: `${this.path}.programs:${process.env['PATH']}`,
        ROOTFS_DIR: this.path,
        SOURCE_DATE_EPOCH: '1795392000',
        ...variables,
      },
    });
    return await this.calls();
  }

  async calls(): Promise<readonly string[]> {
    const text = await readFile(`${this.path}.calls`, 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const path of [this.path, `${this.path}.programs`, `${this.path}.calls`]) {
      await rm(path, { recursive: true, force: true });
    }
  }
}
