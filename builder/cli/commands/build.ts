import { relative } from 'node:path';
import { unpinnedNote } from '../../artifacts/place.ts';
import type { Edition } from '../../config/schema.ts';
import { diskFullError } from '../../host/disk-full.ts';
import { checkHost } from '../../host/preflight.ts';
import { build } from '../../run/build.ts';
import { formatDuration } from '../../text/duration.ts';
import { formatSize } from '../../text/size.ts';
import { withInterrupt } from '../interrupt.ts';
import { makePackages, mirrorOf, once, type PackageFlags, publicArchive } from '../packages.ts';
import { loadProject } from '../project.ts';
import { buildListener } from '../render/build-listener.ts';
import { readSettings } from '../settings.ts';
import { prepareTools } from '../tools.ts';
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
  await checkHost({ cacheDir, outDir });
  const images = await withInterrupt(async (signal) => {
    const listener = buildListener(process.stderr);
    const { emit } = listener;
    try {
      const note = unpinnedNote(project.unpinned);
      if (note !== undefined) emit({ type: 'note', text: note });
      const packages = await makePackages({
        ...{ project, settings, flags, emit, signal },
        tools: async () => await tools(),
      });
      const isOffline = flags.offline === true;
      const isAccelerated = flags.acceleration !== false;
      const tools = once(
        async () =>
          await prepareTools({ project, settings, packages, isOffline, isAccelerated, emit, signal }),
      );
      return await build({
        ...{ project, cacheDir, outDir, version: readVersion(), packages, isOffline, emit, signal },
        aptOptions: once(async () => (await mirrorOf(project)).aptOptions),
        environment: process.env,
        tools: await tools(),
        deviceMirror: await publicArchive(await tools()),
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
