import { lstat, readFile, readlink } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { build } from 'esbuild';
import Handlebars from 'handlebars';
import { type Pack, pack } from 'tar-stream';
import { HearthError } from '../errors/hearth-error.ts';
import type { StageBundle } from '../stage/define.ts';
import { isFolder, listFiles } from '../stage/inputs.ts';
import type { Stage } from '../stage/stage.ts';

export interface LayerOptions {
  readonly projectDir: string;
  readonly stage: Stage;
  /** What templates may name. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly epochSeconds: number;
}

/** A file to lay over the root file system; `path` begins without a slash. */
export interface LayerFile {
  readonly path: string;
  readonly mode: number;
  readonly content: Buffer;
  /** Target of a symbolic link, instead of content. */
  readonly link?: string;
}

/**
 * The stage's overlays, templates and bundles as one tar for the root file system; undefined if it has none.
 * Owner root, modes 0644 and 0755 by the run bit. A later source replaces a file of an earlier one.
 */
export async function makeLayer(options: LayerOptions): Promise<Pack | undefined> {
  const files = await layerFiles(options);
  if (files.length === 0) return undefined;
  const tar = pack();
  const mtime = new Date(options.epochSeconds * 1000);
  for (const file of files) {
    const header = { name: file.path, mode: file.mode, mtime, uid: 0, gid: 0, uname: '', gname: '' };
    if (file.link === undefined) tar.entry({ ...header, type: 'file' }, file.content);
    else tar.entry({ ...header, type: 'symlink', linkname: file.link });
  }
  tar.finalize();
  return tar;
}

/** The files of {@link makeLayer}, sorted by path. */
export async function layerFiles(options: LayerOptions): Promise<LayerFile[]> {
  const { projectDir, stage, data } = options;
  const files = new Map<string, LayerFile>();
  for (const overlay of stage.definition?.overlays ?? []) {
    for (const file of await readOverlay(`${projectDir}/overlays/${overlay}`)) files.set(file.path, file);
  }
  const templates = `${stage.path}/templates`;
  if (await isFolder(templates)) {
    for (const file of await renderTemplates(templates, projectDir, data)) files.set(file.path, file);
  }
  for (const bundle of stage.definition?.bundles ?? []) {
    const path = bundle.target.replace(/^\//, '');
    files.set(path, { path, mode: bundle.mode ?? 0o644, content: await bundleScript(stage, bundle) });
  }
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function readOverlay(folder: string): Promise<LayerFile[]> {
  const files = (await listFiles(folder)).filter((path) => relative(folder, path) !== 'README.md');
  return await Promise.all(
    files.map(async (path) => {
      const info = await lstat(path);
      const name = relative(folder, path);
      if (info.isSymbolicLink()) {
        return { path: name, mode: 0o777, content: Buffer.alloc(0), link: await readlink(path) };
      }
      return { path: name, mode: info.mode & 0o100 ? 0o755 : 0o644, content: await readFile(path) };
    }),
  );
}

async function renderTemplates(
  folder: string,
  projectDir: string,
  data: LayerOptions['data'],
): Promise<LayerFile[]> {
  return await Promise.all(
    (await listFiles(folder)).map(async (path) => {
      const label = relative(projectDir, path);
      if (!path.endsWith('.hbs')) {
        throw templateError(label, 'its name does not end in .hbs', 'Move it into an overlay, or rename it.');
      }
      const info = await lstat(path);
      const content = renderTemplate(await readFile(path, 'utf8'), label, data);
      return {
        path: relative(folder, path).replace(/\.hbs$/, ''),
        mode: info.mode & 0o100 ? 0o755 : 0o644,
        content: Buffer.from(content),
      };
    }),
  );
}

/** Renders one template. A name that is not in `data` is an error that names the template's file and line. */
export function renderTemplate(text: string, label: string, data: LayerOptions['data']): string {
  try {
    return Handlebars.compile(text, { strict: true, noEscape: true })(data);
  } catch (error) {
    throw templateError(
      label,
      (error as Error).message,
      'A template sees only the keys that stage.ts `reads` and the stage’s own.',
    );
  }
}

function templateError(label: string, why: string, todo: string): HearthError {
  return new HearthError('ERR_STAGE_INVALID', { what: `The template ${label} can not be used.`, why, todo });
}

/** One ES module without dependencies for the device's Node.js 20. Throws ERR_STAGE_INVALID with esbuild's words. */
export async function bundleScript(stage: Stage, bundle: StageBundle): Promise<Buffer> {
  const entry = resolve(stage.path, bundle.entry);
  const source =
    bundle.collects === undefined
      ? { entryPoints: [entry] }
      : { stdin: { contents: collectingEntry(stage, entry, bundle.collects), resolveDir: stage.path } };
  const result = await build({
    ...source,
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    // With a single letter beyond Latin-1 in it, V8 keeps the whole text in two bytes for each letter.
    charset: 'ascii',
    legalComments: 'none',
    logLevel: 'silent',
    // Comments would name the checkout's own paths; names stay as they are, for the stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    // Libraries of the older module format ask for Node's own by require().
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    absWorkingDir: resolve(entry, '..'),
    // The places of old modules are part of the bundle: node_modules may be a link to somewhere else.
    preserveSymlinks: true,
  }).catch((error: Error) => {
    throw new HearthError('ERR_STAGE_INVALID', {
      what: `${bundle.entry} can not be bundled.`,
      why: error.message,
      cause: error,
    });
  });
  return Buffer.from(result.outputFiles[0]?.contents ?? []);
}

/** A module that hands the collected parts to the entry. */
function collectingEntry(stage: Stage, entry: string, file: string): string {
  const parts = (stage.collected ?? []).filter((part) => part.file === file);
  const quoted = (text: string) => JSON.stringify(text);
  return [
    `import { main } from ${quoted(entry)};`,
    ...parts.map((part, index) => `import { setup as part${index} } from ${quoted(part.path)};`),
    `main([${parts.map((part, index) => `{ stage: ${quoted(part.stage)}, ...part${index} }`).join(', ')}]);`,
    '',
  ].join('\n');
}
