import { basename, join } from 'node:path';
import { build } from 'esbuild';

/** A program of the tests as one file `FOLDER/NAME.mjs`, as the builder makes that of the device. Returns its path. */
export async function bundleProgram(source: string, folder: string): Promise<string> {
  const outfile = join(folder, `${basename(source, '.ts')}.mjs`);
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  });
  return outfile;
}
