import { readFile, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { type DeviceList, deviceList } from '../artifacts/device-list.ts';
import { seedsFor } from '../config/seeds.ts';
import { type DebianLock, formatLock, type LockedStep, lockDigest } from '../debian/lock.ts';
import { hostArchitecture, toolsPackages } from '../debian/locked-tools.ts';
import { snapshotAddresses } from '../debian/snapshot.ts';
import { HearthError } from '../errors/hearth-error.ts';
import { runInSandbox } from '../host/sandbox.ts';
import { writeFileAtomically } from '../host/workspace.ts';
import { assembleImage, imageAdditions } from '../image/assemble.ts';
import type { EmbeddedManifest, ImageManifest } from '../image/manifest.ts';
import { countTree } from '../image/tree-statistics.ts';
import { emptyTree, type Layer } from '../plan/layer-store.ts';
import type { Action } from '../plan/planner.ts';
import type { Project } from '../plan/project.ts';
import type { Stage } from '../stage/stage.ts';
import { digestOf } from '../text/digest.ts';
import { type BuildContext, imageArchitecture } from './context.ts';
import type { LiveTree } from './live-tree.ts';

export interface BuiltImage {
  readonly path: string;
  readonly manifest: ImageManifest;
  /** False if the image was there already. */
  readonly isNew: boolean;
}

/** Raise it when the same stage result begins to give another image. */
const imageFormat = '4';

export interface ExportOptions {
  readonly project: Project;
  readonly stage: Stage;
  /** The stages up to this one. */
  readonly actions: readonly Action[];
  readonly outDir: string;
  readonly tree: LiveTree;
  readonly layers: readonly Layer[];
  /** What the image's packages are. */
  readonly locked: readonly LockedStep[];
  /** When the archive was asked, ISO 8601. */
  readonly asked: string;
  readonly leftMs: number | undefined;
}

/** Makes the image of one exported stage and the lock of its packages, unless the image in the output folder is it. */
export async function exportImage(context: BuildContext, options: ExportOptions): Promise<BuiltImage> {
  const { project, stage, outDir, tree, layers } = options;
  const startedAt = Date.now();
  const { config } = project;
  const fileName = `${config.image.name}${await imageSuffix(context, stage)}`;
  const artifacts = deviceList(project.artifacts, config.artifacts.mirrors);
  const embedded = describeImage(context, options, artifacts);
  const treeId = layers.at(-1)?.tree ?? emptyTree;
  const path = `${outDir}/${fileName}.img`;
  const task = `image ${fileName}.img`;
  const finish = (note: string) =>
    context.emit({ type: 'taskFinished', task, durationMs: Date.now() - startedAt, note });
  context.emit({ type: 'taskStarted', task });
  const existing = await readManifest(outDir, fileName);
  const isSame = existing?.fingerprint === embedded.fingerprint && existing.tree === treeId;
  const lockFile = `${outDir}/${fileName}.debian.lock.yaml`;
  if (isSame && (await sizeOf(path)) === existing.sizeBytes) {
    if ((await sizeOf(lockFile)) === undefined) await writeLock(context, options, lockFile);
    finish('nothing changed');
    return { path, manifest: existing, isNew: false };
  }
  const step = (name: string) => {
    const { leftMs } = options;
    const left = leftMs === undefined ? undefined : Math.max(0, leftMs - (Date.now() - startedAt));
    context.emit({ type: 'stepStarted', stage: task, step: name, leftMs: left });
  };
  await tree.bring(layers);
  const statistics = countTree(await tree.list(), imageAdditions(embedded, artifacts));
  const archive = await tree.openTar();
  const seeds = seedsFor(config.image.name);
  const manifest = await assembleImage({
    tools: context.tools,
    source: archive.stdout ?? Readable.from([]),
    statistics,
    scratchDir: `${context.workDir}/image`,
    outDir,
    fileName,
    embedded,
    artifacts,
    tree: treeId,
    epochSeconds: context.epochSeconds,
    seeds: {
      diskId: seeds.diskId,
      volumeId: seeds.fatVolumeId,
      rootUuid: seeds.ext4Uuid,
      hashSeed: seeds.ext4HashSeed,
    },
    onPhase: step,
    isSourceSound: async () => (await archive.exited).exitCode === 0,
  });
  await writeLock(context, options, lockFile);
  finish('made');
  return { path, manifest, isNew: true };
}

async function writeLock(context: BuildContext, options: ExportOptions, path: string): Promise<void> {
  const { image, debian } = options.project.config;
  const lock: DebianLock = {
    ...{ image: image.name, architecture: imageArchitecture, suite: debian.suite, asked: options.asked },
    snapshots: await snapshotAddresses(context.tools),
    tools: (await toolsPackages(context.tools)) ?? { architecture: hostArchitecture, packages: [] },
    steps: options.locked,
  };
  await writeFileAtomically(path, formatLock(lock));
}

/** What the image says of itself: nothing in it depends on the machine, the user or the time of the build. */
function describeImage(
  context: BuildContext,
  { project, actions, locked }: ExportOptions,
  artifacts: DeviceList | undefined,
): EmbeddedManifest {
  const { image, edition } = project.config;
  const stages = actions
    .filter((action) => action.kind !== 'skip')
    .map((action) => ({ name: action.stage, fingerprint: action.fingerprint }));
  const about = {
    format: 1 as const,
    name: image.name,
    version: context.version,
    date: image.date,
    edition,
    packagesDigest: lockDigest(locked),
    stages,
  };
  return {
    ...about,
    fingerprint: digestOf({ about, imageFormat, ...(artifacts === undefined ? {} : { artifacts }) }),
  };
}

/** EXPORT_IMAGE is a piece of shell that may set IMG_SUFFIX, as in pi-gen. */
async function imageSuffix(context: BuildContext, stage: Stage): Promise<string> {
  if (stage.exportImage === undefined) return '';
  const text = await readFile(stage.exportImage, 'utf8');
  if (text.trim() === '') return '';
  const { stdout } = await runInSandbox({
    command: ['bash', '-c', '. "$1" >&2; printf "%s" "$IMG_SUFFIX"', 'export', stage.exportImage],
    tools: context.tools,
    binds: [{ path: stage.path }],
    env: { USE_QEMU: '0', IMG_SUFFIX: '' },
  });
  if (/^[A-Za-z0-9._-]*$/.test(stdout)) return stdout;
  throw new HearthError('ERR_STAGE_INVALID', {
    what: `IMG_SUFFIX of stages/${stage.name}/EXPORT_IMAGE is not part of a file name: ${stdout}`,
    todo: 'Use letters, digits, dots and dashes, for example IMG_SUFFIX=-lite.',
  });
}

async function readManifest(outDir: string, fileName: string): Promise<ImageManifest | undefined> {
  try {
    return JSON.parse(await readFile(`${outDir}/${fileName}.manifest.json`, 'utf8')) as ImageManifest;
  } catch {
    return undefined;
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  return await stat(path).then(
    (info) => info.size,
    () => undefined,
  );
}
