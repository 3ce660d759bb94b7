import { build } from 'esbuild';

/**
 * Makes one program of an understudy: `#!/usr/bin/node`, no imports but Node's, the same bytes each time. It may lie under
 * any name on the device. It must be made executable.
 */
export async function understudyProgram(name: 'cloudflared' | 'k3s' | 'mastodon'): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [`${import.meta.dirname}/${name}.mjs`],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    // Without a dot in its name, Node takes a file for this kind.
    format: 'cjs',
    charset: 'utf8',
    logLevel: 'silent',
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`esbuild made nothing of ${name}.mjs`);
  return file.contents;
}
