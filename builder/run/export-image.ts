import { readFile, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { seedsFor } from '../config/seeds.ts';
import { HearthError } from '../errors/hearth-error.ts';
import { runInSandbox } from '../host/sandbox.ts';
import { assembleImage } from '../image/assemble.ts';
import type { EmbeddedManifest, ImageManifest } from '../image/manifest.ts';
import { digestOf } from '../plan/fingerprint.ts';
import type { Action } from '../plan/planner.ts';
import type { Project } from '../plan/project.ts';
import { resultFolder } from '../plan/state-store.ts';
import type { Stage } from '../stage/stage.ts';
import type { BuildContext } from './context.ts';
import { openArchive } from './tree-archive.ts';

export interface BuiltImage {
  readonly path: string;
  readonly manifest: ImageManifest;
  /** False if the image was there already. */
  readonly isNew: boolean;
}

/** Raise it when the same stage result begins to give another image. */
const imageFormat = '2';

/** Makes the image of one exported stage, unless the one in the output folder is it. */
export async function exportImage(
  context: BuildContext,
  project: Project,
  options: { stage: Stage; actions: readonly Action[]; outDir: string },
): Promise<BuiltImage> {
  const { stage, actions, outDir } = options;
  const startedAt = Date.now();
  const upTo = actions.slice(0, actions.findIndex((action) => action.stage === stage.name) + 1);
  const stages = upTo
    .filter((action) => action.kind !== 'skip')
    .map((action) => ({ name: action.stage, fingerprint: action.fingerprint }));
  const result = stages.at(-1)?.fingerprint ?? '';
  const fileName = `${project.config.image.name}${await imageSuffix(context, stage)}`;
  const about = {
    format: 1 as const,
    name: project.config.image.name,
    version: context.version,
    date: project.config.image.date,
    edition: project.config.edition,
    stages,
  };
  const embedded: EmbeddedManifest = { ...about, fingerprint: digestOf({ about, imageFormat }) };
  const path = `${outDir}/${fileName}.img`;
  const finish = (note: string) =>
    context.emit({
      type: 'taskFinished',
      task: `image ${fileName}.img`,
      durationMs: Date.now() - startedAt,
      note,
    });
  context.emit({ type: 'taskStarted', task: `image ${fileName}.img` });
  const existing = await readManifest(outDir, fileName);
  if (existing?.fingerprint === embedded.fingerprint && (await sizeOf(path)) === existing.sizeBytes) {
    finish('nothing changed');
    return { path, manifest: existing, isNew: false };
  }
  const archive = await openArchive(context.tools, `${resultFolder(context.store, result)}/rootfs.tar.zst`);
  const seeds = seedsFor(project.config.image.name);
  const manifest = await assembleImage({
    tools: context.tools,
    source: archive.stdout ?? Readable.from([]),
    scratchDir: `${context.workDir}/image`,
    outDir,
    fileName,
    embedded,
    epochSeconds: context.epochSeconds,
    seeds: {
      diskId: seeds.diskId,
      volumeId: seeds.fatVolumeId,
      rootUuid: seeds.ext4Uuid,
      hashSeed: seeds.ext4HashSeed,
    },
    onPhase: (step) => context.emit({ type: 'stepStarted', stage: `image ${fileName}.img`, step }),
    isSourceSound: async () => (await archive.exited).exitCode === 0,
  });
  finish('made');
  return { path, manifest, isNew: true };
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
