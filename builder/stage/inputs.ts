import { readdir, stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import type { StageDefinition } from './define.ts';
import type { InputFile } from './stage.ts';

/** Files that change nothing in the tree: texts for people, and markers that the planner reads itself. */
const withoutEffect = new Set(['README.md', 'README', 'SKIP', 'SKIP_IMAGES', 'EXPORT_IMAGE', 'setup.ts']);

/**
 * Every file that a stage's result depends on: its folder, the overlays it names, and further inputs of stage.ts.
 * `missing` are named things that do not exist.
 */
export async function listInputs(
  projectDir: string,
  stagePath: string,
  definition: StageDefinition | undefined,
): Promise<{ inputs: InputFile[]; missing: string[] }> {
  const inputs: InputFile[] = [];
  const missing: string[] = [];
  for (const path of await listFiles(stagePath)) {
    const label = relative(stagePath, path);
    if (!withoutEffect.has(label)) inputs.push({ label, path });
  }
  const further = [
    ...(definition?.overlays ?? []).map((name) => `${projectDir}/overlays/${name}`),
    ...(definition?.inputs ?? []).map((path) => resolve(stagePath, path)),
    ...(definition?.bundles ?? []).map((bundle) => resolve(stagePath, bundle.entry)),
  ];
  for (const path of further) {
    const info = await stat(path).catch(() => undefined);
    if (!info) missing.push(relative(projectDir, path));
    else if (!path.startsWith(`${stagePath}/`)) {
      const files = info.isDirectory() ? await listFiles(path) : [path];
      inputs.push(...files.map((file) => ({ label: relative(projectDir, file), path: file })));
    }
  }
  return { inputs, missing };
}

/** All files and symbolic links below a folder, sorted by path; folders themselves are not listed. */
export async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && !entry.parentPath.includes('/node_modules'))
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
