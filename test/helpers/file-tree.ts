import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A file's text, or more than that. */
export type TreeEntry =
  | string
  | { readonly text: string; readonly mode: number }
  | { readonly linkTo: string };

/** A script with its run bit. */
export function executable(text: string): TreeEntry {
  return { text, mode: 0o755 };
}

export function linkTo(target: string): TreeEntry {
  return { linkTo: target };
}

/** A temporary folder with these files, by path; a path that ends in `/` is an empty folder. It ends with the test. */
export async function fileTree(entries: Readonly<Record<string, TreeEntry>> = {}): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'hearth-unit-'));
  onTestFinished(async () => {
    await rm(root, { recursive: true, force: true });
  });
  await addFiles(root, entries);
  return root;
}

/** Writes more files below a folder; those that are there are replaced. */
export async function addFiles(root: string, entries: Readonly<Record<string, TreeEntry>>): Promise<void> {
  for (const [path, entry] of Object.entries(entries)) {
    const target = join(root, path);
    await mkdir(path.endsWith('/') ? target : dirname(target), { recursive: true });
    if (path.endsWith('/')) continue;
    if (typeof entry === 'string') await writeFile(target, entry);
    else if ('linkTo' in entry) await symlink(entry.linkTo, target);
    else {
      await writeFile(target, entry.text);
      await chmod(target, entry.mode);
    }
  }
}
