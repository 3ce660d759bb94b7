import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { z } from 'zod';
import type { Beginning, DraftShelf, TakenDraft } from '../host/download-shelf.ts';
import { isLeftover, temporaryName, writeFileAtomically } from '../host/workspace.ts';
import { artifactFolder } from './store.ts';

/*
 * What came in of an artifact lies in `CACHE/artifacts/partial/HEX/`: the bytes in `data`, and in `beginning.json` how many
 * of them were synced, their digest and where they came from.
 *
 * Two fetches at once must not write to the same file, and there is no lock that a killed process could leave behind: whoever
 * wants the folder renames it to a name of its own, which only one can do. The others begin with nothing. A folder whose owner
 * was killed is taken over the same way.
 */

const beginningSchema = z.object({
  address: z.string(),
  validator: z.string().optional(),
  sizeBytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** Keeps the beginning of an artifact's file from one run to the next, also over a killed run and a power cut. */
export function partialShelf(cacheDir: string, sha256: string): DraftShelf {
  const folder = `${artifactFolder(cacheDir)}/partial`;
  return {
    async take() {
      await mkdir(folder, { recursive: true });
      const own = temporaryName(`${folder}/${sha256}`);
      const beginning = await takeLongest(folder, sha256, own);
      return takenDraft(own, `${folder}/${sha256}`, beginning);
    },
  };
}

/** Removes what is left of fetches of files that are whole by now: another fetch was quicker. */
export async function removePartials(cacheDir: string, sha256s: readonly string[]): Promise<void> {
  const folder = `${artifactFolder(cacheDir)}/partial`;
  for (const sha256 of sha256s) {
    for (const path of await freeFolders(folder, sha256)) await rm(path, { recursive: true, force: true });
  }
}

function takenDraft(own: string, shared: string, beginning: Beginning | undefined): TakenDraft {
  const remove = async () => await rm(own, { recursive: true, force: true });
  return {
    path: `${own}/data`,
    beginning,
    async note(now) {
      await writeFileAtomically(`${own}/beginning.json`, `${JSON.stringify(now)}\n`);
    },
    async putBack() {
      // Another fetch of the same file may have put back its own: one is enough.
      await rename(own, shared).catch(remove);
    },
    remove,
  };
}

/** Renames the longest beginning to `own`, or makes an empty folder there; the shorter ones that nobody uses are removed. */
async function takeLongest(folder: string, sha256: string, own: string): Promise<Beginning | undefined> {
  const found = await Promise.all(
    (await freeFolders(folder, sha256)).map(async (path) => ({
      path,
      sizeBytes: (await readBeginning(path))?.sizeBytes ?? 0,
    })),
  );
  let isTaken = false;
  for (const { path } of found.toSorted((a, b) => b.sizeBytes - a.sizeBytes)) {
    if (isTaken) await rm(path, { recursive: true, force: true });
    // Fails if another one was quicker.
    else isTaken = await isRenamed(path, own);
  }
  if (isTaken) return await readBeginning(own);
  await mkdir(own);
  return undefined;
}

async function isRenamed(from: string, to: string): Promise<boolean> {
  return await rename(from, to).then(
    () => true,
    () => false,
  );
}

async function freeFolders(folder: string, sha256: string): Promise<string[]> {
  const free: string[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const isFree =
      name === sha256 || (name.startsWith(`${sha256}.draft-`) && (await isLeftover(folder, name)));
    if (isFree) free.push(`${folder}/${name}`);
  }
  return free;
}

/** undefined if there is none, or only half of one. */
async function readBeginning(path: string): Promise<Beginning | undefined> {
  const text = await readFile(`${path}/beginning.json`, 'utf8').catch(() => '');
  const result = beginningSchema.safeParse(parseJson(text));
  return result.success ? { ...result.data, validator: result.data.validator } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
