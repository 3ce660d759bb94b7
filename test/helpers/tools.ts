import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { findMirror } from '../../builder/host/mirror.ts';
import { ensureToolsTree, type ToolsTree } from '../../builder/host/tools-tree.ts';

/** The tools tree of the real cache; made on a machine that does not have it yet. */
export async function toolsForTests(): Promise<ToolsTree> {
  const cacheDir = resolve(process.env['HEARTH_CACHE_DIR'] ?? `${homedir()}/.cache/hearth`);
  return await ensureToolsTree({ cacheDir, mirror: async () => await findMirror({}) });
}
