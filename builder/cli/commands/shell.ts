import { access, mkdir } from 'node:fs/promises';
import { HearthError } from '../../errors/hearth-error.ts';
import { findMirror } from '../../host/mirror.ts';
import { startInSandbox } from '../../host/sandbox.ts';
import { ensureToolsTree } from '../../host/tools-tree.ts';
import { removeTree } from '../../host/workspace.ts';
import { resultFolder, stageStore } from '../../plan/state-store.ts';
import { planBuild } from '../../run/plan-build.ts';
import { unpackTree } from '../../run/tree-archive.ts';
import { failedTreeFolder, makeWorkFolder } from '../../run/work-folder.ts';
import { loadProject } from '../project.ts';
import { readSettings } from '../settings.ts';

/**
 * `hearth shell STAGE [-- COMMAND…]`: a root shell in the stage's tree, as it was when the stage failed, else as it
 * is after the stage. What you change there is thrown away.
 */
export async function shellCommand(stageName: string, command: readonly string[]): Promise<number> {
  const settings = readSettings();
  const tools = await ensureToolsTree({
    cacheDir: settings.cacheDir,
    mirror: async () => await findMirror({}),
  });
  const failed = failedTreeFolder(settings.cacheDir, stageName);
  if (await exists(failed)) {
    process.stderr.write(`The tree of ${stageName} as it was when it failed. \`exit\` leaves it.\n`);
    return await openShell(tools, failed, command);
  }
  const archive = await findArchive(settings.cacheDir, stageName);
  const workDir = await makeWorkFolder(settings.cacheDir);
  const tree = `${workDir}/rootfs`;
  try {
    await mkdir(tree);
    await unpackTree(tools, archive, tree);
    process.stderr.write(`A copy of the tree after ${stageName}. \`exit\` leaves it and throws it away.\n`);
    return await openShell(tools, tree, command);
  } finally {
    await removeTree(workDir);
  }
}

async function findArchive(cacheDir: string, stageName: string): Promise<string> {
  const settings = readSettings();
  const project = await loadProject(settings);
  const store = stageStore(cacheDir, project.projectDir);
  const action = (await planBuild(project, store)).find((candidate) => candidate.stage === stageName);
  if (action?.kind === 'reuse') return `${resultFolder(store, action.fingerprint)}/rootfs.tar.zst`;
  throw new HearthError('ERR_USAGE', {
    what: action ? `${stageName} is not built yet, or it changed since.` : `There is no stage ${stageName}.`,
    todo: action ? 'Build it first: scripts/build' : 'Run `scripts/hearth plan`: it lists the stages.',
  });
}

async function openShell(
  tools: Parameters<typeof unpackTree>[0],
  tree: string,
  command: readonly string[],
): Promise<number> {
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

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
