import { readdir, stat } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import type { StageDefinition } from './define.ts';
import type { InputFile } from './stage.ts';

/** Files that change nothing in the tree: texts for people, markers that the planner reads itself, and what another stage collects. */
const withoutEffect = /^(README(\.md)?|SKIP|SKIP_IMAGES|EXPORT_IMAGE|setup\.ts|setup\/.*)$/;

/**
 * Every file that a stage's result depends on: its folder, the overlays it names, and further inputs of stage.ts.
 * `missing` are named things that do not exist.
 */
export async function listInputs(
  projectDir: string,
  stagePath: string,
  definition: StageDefinition | undefined,
): Promise<{ inputs: InputFile[]; missing: string[] }> {
  const inputs = new Map<string, InputFile>();
  const missing: string[] = [];
  for (const path of await listFiles(stagePath)) {
    const label = relative(stagePath, path);
    if (!withoutEffect.test(label)) inputs.set(label, { label, path });
  }
  for (const path of furtherPaths(projectDir, stagePath, definition)) {
    const info = await stat(path).catch(() => undefined);
    if (!info) missing.push(relative(projectDir, path));
    else if (!path.startsWith(`${stagePath}/`)) {
      const files = info.isDirectory() ? await listFiles(path) : [path];
      for (const file of files) {
        const label = relative(projectDir, file);
        inputs.set(label, { label, path: file });
      }
    }
  }
  return { inputs: [...inputs.values()], missing };
}

/** What stage.ts names. A bundle's imports lie beside its entry, so its folder follows the entry. */
function furtherPaths(
  projectDir: string,
  stagePath: string,
  definition: StageDefinition | undefined,
): string[] {
  const entries = (definition?.bundles ?? []).map((bundle) => resolve(stagePath, bundle.entry));
  return [
    ...(definition?.overlays ?? []).map((name) => `${projectDir}/overlays/${name}`),
    ...(definition?.inputs ?? []).map((path) => resolve(stagePath, path)),
    ...entries,
    ...entries.map((entry) => dirname(entry)).filter((folder) => !`${folder}/`.startsWith(`${stagePath}/`)),
  ];
}

/** All files and symbolic links below a folder, sorted by path; folders themselves are not listed. */
export async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  // Looked for below the folder only: the project itself may lie in somebody's node_modules.
  const isInstalled = (path: string) => `${path.slice(folder.length)}/`.includes('/node_modules/');
  return entries
    .filter((entry) => !entry.isDirectory() && !isInstalled(entry.parentPath))
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .sort();
}

/** True if the path is a folder. */
export async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}
