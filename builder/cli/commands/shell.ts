import { HearthError } from '../../errors/hearth-error.ts';
import { exists } from '../../host/exists.ts';
import { findMirror } from '../../host/mirror.ts';
import { startInSandbox } from '../../host/sandbox.ts';
import { ensureToolsTree, type ToolsTree } from '../../host/tools-tree.ts';
import { removeTree } from '../../host/workspace.ts';
import { type Layer, layerStore } from '../../plan/layer-store.ts';
import { applyLayers } from '../../run/live-tree.ts';
import { layersUpTo } from '../../run/plan-build.ts';
import { failedTreeFolder, makeWorkFolder } from '../../run/work-folder.ts';
import { withSignal } from '../interrupt.ts';
import { makePackages } from '../packages.ts';
import { loadProject } from '../project.ts';
import { readSettings, type Settings } from '../settings.ts';

/**
 * `hearth shell STAGE [-- COMMAND…]`: a root shell in the stage's tree, as it was when the stage failed, else as it
 * is after the stage. What you change there is thrown away.
 */
export async function shellCommand(stageName: string, command: readonly string[]): Promise<number> {
  const settings = readSettings();
  const { cacheDir } = settings;
  const tools = await ensureToolsTree({ cacheDir, mirror: async () => await findMirror({}) });
  const failed = failedTreeFolder(cacheDir, stageName);
  if (await exists(failed)) {
    process.stderr.write(`The tree of ${stageName} as it was when it failed. \`exit\` leaves it.\n`);
    return await openShell(tools, failed, command);
  }
  const layers = await findLayers(settings, tools, stageName);
  const workDir = await makeWorkFolder(cacheDir);
  const tree = `${workDir}/rootfs`;
  try {
    const store = layerStore(cacheDir);
    await withSignal(async (signal) => {
      await applyLayers({ store, tools, workDir, signal }, { layers, tree, listing: `${workDir}/listing` });
    });
    process.stderr.write(`A copy of the tree after ${stageName}. \`exit\` leaves it and throws it away.\n`);
    return await openShell(tools, tree, command);
  } finally {
    await removeTree(workDir);
  }
}

/** The layers of the stage's last build. */
async function findLayers(
  settings: Settings,
  tools: ToolsTree,
  stageName: string,
): Promise<readonly Layer[]> {
  const project = await loadProject(settings);
  // Whatever the archive has by now: the tree that was built is what one wants to see.
  const packages = await makePackages({
    project,
    settings,
    flags: { offline: true },
    tools: async () => tools,
  });
  const layers = await layersUpTo({ project, store: layerStore(settings.cacheDir), packages }, stageName);
  if (layers) return layers;
  const isKnown = project.stages.some(({ name }) => name === stageName);
  throw new HearthError('ERR_USAGE', {
    what: isKnown ? `${stageName} is not built yet, or it changed since.` : `There is no stage ${stageName}.`,
    todo: isKnown ? 'Build it first: scripts/build' : 'Run `scripts/hearth plan`: it lists the stages.',
  });
}

async function openShell(tools: ToolsTree, tree: string, command: readonly string[]): Promise<number> {
  const inside = command.length > 0 ? command : ['/bin/bash', '-l'];
  const child = await startInSandbox({
    command: ['chroot', tree, ...inside],
    tools,
    tree,
    binds: [{ path: tree, writable: true }],
    input: 'inherit',
    output: 'inherit',
    env: { TERM: process.env['TERM'] ?? 'dumb', PS1: '(tree) \\w # ' },
  });
  return (await child.exited).exitCode;
}
