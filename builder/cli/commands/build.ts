import { relative } from 'node:path';
import type { Edition } from '../../config/schema.ts';
import { HearthError } from '../../errors/hearth-error.ts';
import { diskFullError } from '../../host/disk-full.ts';
import { checkHost } from '../../host/preflight.ts';
import {
  accelerationOffReason,
  ensureToolsTree,
  findToolsTree,
  type ToolsTree,
  withClock,
  withoutAcceleration,
} from '../../host/tools-tree.ts';
import type { Project } from '../../plan/project.ts';
import { build } from '../../run/build.ts';
import type { Emit } from '../../run/events.ts';
import { formatDuration } from '../../text/duration.ts';
import { formatSize } from '../../text/size.ts';
import { withInterrupt } from '../interrupt.ts';
import { makePackages, mirrorOf, type PackageFlags, publicArchive } from '../packages.ts';
import { loadProject } from '../project.ts';
import { buildListener } from '../render/build-listener.ts';
import { readSettings, type Settings } from '../settings.ts';
import { readVersion } from '../version.ts';

export interface ProjectFlags {
  readonly config?: string;
  readonly out?: string;
  readonly edition?: Edition;
}

export interface BuildFlags extends ProjectFlags, PackageFlags {
  /** false: every program of the image's architecture is emulated. */
  readonly acceleration?: boolean;
}

/** `hearth build`: the last line of stdout is the path of the image. */
export async function buildCommand(flags: BuildFlags): Promise<void> {
  const startedAt = Date.now();
  const settings = readSettings(flags);
  const { cacheDir, outDir } = settings;
  const project = await loadProject(settings, flags.edition === undefined ? {} : { edition: flags.edition });
  if (project.config.edition === 'full') throw fullEditionMissing();
  await checkHost({ cacheDir, outDir });
  const images = await withInterrupt(async (signal) => {
    const listener = buildListener(process.stderr);
    const { emit } = listener;
    try {
      const tools = await prepareTools(project, settings, flags, { emit, signal });
      const packages = await makePackages({
        ...{ project, settings, flags, emit, signal },
        tools: async () => tools,
      });
      return await build({
        ...{ project, cacheDir, outDir, version: readVersion(), packages, tools, emit, signal },
        deviceMirror: await publicArchive(tools),
        isOffline: flags.offline === true,
      });
    } catch (error) {
      throw (await diskFullError(error, cacheDir)) ?? error;
    } finally {
      listener.close();
    }
  });
  for (const { path, manifest, isNew } of images) {
    const about = `${formatSize(manifest.sizeBytes)}, ${manifest.packages.length} packages, sha256 ${manifest.sha256.slice(0, 16)}…`;
    process.stderr.write(
      `\n${isNew ? 'Built' : 'Unchanged'} in ${formatDuration(Date.now() - startedAt)}: ${about}\n` +
        `Try it   scripts/hearth boot ${relative(process.cwd(), path)}\n\n`,
    );
    process.stdout.write(`${path}\n`);
  }
}

async function prepareTools(
  project: Project,
  { cacheDir, clock }: Settings,
  flags: BuildFlags,
  { emit, signal }: { emit: Emit; signal: AbortSignal },
): Promise<ToolsTree> {
  if (flags.offline && !(await findToolsTree(cacheDir))) throw noToolsOffline(cacheDir);
  const startedAt = Date.now();
  emit({ type: 'taskStarted', task: 'tools tree' });
  const made = await ensureToolsTree({
    cacheDir,
    mirror: async () => await mirrorOf(project),
    onLine: (line) => emit({ type: 'output', line }),
    signal,
  });
  emit({ type: 'taskFinished', task: 'tools tree', durationMs: Date.now() - startedAt });
  const tools = clock === undefined ? made : withClock(made, clock);
  const offReason = accelerationOffReason();
  if (offReason !== undefined) emit({ type: 'note', text: offReason });
  if (flags.acceleration !== false || offReason !== undefined) return tools;
  emit({ type: 'note', text: 'every arm64 program is emulated, as you asked' });
  return withoutAcceleration(tools);
}

function noToolsOffline(cacheDir: string): HearthError {
  return new HearthError('ERR_DOWNLOAD', {
    what: 'The tools tree is not in the cache, and the build is offline.',
    why: `It holds the programs that make an image; ${cacheDir}/tools has none for this version of Hearth.`,
    todo: 'Run the build once without --offline.',
    state: 'Nothing was fetched.',
  });
}

function fullEditionMissing(): HearthError {
  return new HearthError('ERR_CONFIG_INVALID', {
    what: 'The edition "full" can not be built yet.',
    why: 'This version of Hearth bakes Debian packages only.',
    todo: 'Use --edition slim, or `edition: slim` in config.yaml.',
    state: 'Nothing was built.',
  });
}
