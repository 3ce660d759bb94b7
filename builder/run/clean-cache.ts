import { readdir, stat } from 'node:fs/promises';
import { removeTree } from '../host/workspace.ts';
import { layersInUse } from '../plan/history.ts';
import { findIdleLayers, layerFolder, layerStore } from '../plan/layer-store.ts';

const dayMs = 24 * 3600 * 1000;
/** What no recent build needs is kept so long: somebody may go back to it, or another build may be using it. */
const idleMs = 3 * dayMs;

/** Removes layers and views that none of the last builds of any project needs, once they lay idle for three days. */
export async function cleanCache(cacheDir: string): Promise<void> {
  const store = layerStore(cacheDir);
  const idle = await findIdleLayers(store, await layersInUse(cacheDir), idleMs);
  for (const key of idle) await removeTree(layerFolder(store, key));
  const views = `${cacheDir}/views`;
  for (const name of await readdir(views).catch(() => [])) {
    const info = await stat(`${views}/${name}`).catch(() => undefined);
    // A view is touched whenever it is looked at.
    if (info && Date.now() - info.mtimeMs > 10 * idleMs) await removeTree(`${views}/${name}`);
  }
}
