import { StepFailure, type StepTask, sha256Of } from '../../90-first-boot/agent/device/door.ts';
import { aptGet, finishInterrupted, type Patience } from './apt.ts';
import { installedVersion, isAtLeast } from './dpkg.ts';
import { installTexts } from './install-texts.ts';
import type { PackageFile, PlexPackage } from './places.ts';
import { addRepository } from './repository.ts';

/**
 * Installs the package that the image brings along, which needs no network. A newer Plex stays. The repository is for the
 * versions to come: that it can't be had now is no failure, the doctor tells of it.
 */
export async function installFromImage(
  task: StepTask,
  plex: PlexPackage,
  file: PackageFile,
  patience: Patience,
): Promise<void> {
  await addRepository(task, plex).catch((error: unknown) => {
    if (!(error instanceof StepFailure)) throw error;
    task.log(`no new versions of Plex for now: ${error.message}`);
  });
  await finishInterrupted(task);
  const isThere = async () => {
    const version = await installedVersion(task, plex.package);
    return version !== undefined && (await isAtLeast(task, version, file.version));
  };
  if (await isThere()) return;
  await refuseDamaged(task, file);
  task.progress(0.3, { en: 'Plex is being installed', de: 'Plex wird installiert' });
  await aptGet(task, ['install', '--no-install-recommends', task.path(file.path)], patience);
  if (!(await isThere())) throw new StepFailure(...installTexts.damaged);
}

async function refuseDamaged(task: StepTask, { path, sha256 }: PackageFile): Promise<void> {
  const found = await sha256Of(task.path(path), task.signal).catch((error: unknown) => {
    task.signal.throwIfAborted();
    return (error as Error).message;
  });
  if (found === sha256) return;
  task.log(`${path}: ${found} instead of ${sha256}`);
  throw new StepFailure(...installTexts.damaged);
}
