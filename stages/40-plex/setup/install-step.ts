import { StepFailure, type StepTask } from '../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../90-first-boot/agent/setup/define.ts';
import { aptGet, finishInterrupted, onlySource, type Patience, usualPatience } from './apt.ts';
import { watchDownload } from './download-progress.ts';
import { installedVersion, isAtLeast, packageState } from './dpkg.ts';
import { installFromImage } from './install-from-image.ts';
import { installTexts } from './install-texts.ts';
import { home, type PlexPackage, plexPackage, readyFile } from './places.ts';
import { addRepository, removeOtherSources, removeRepository, sourceFile } from './repository.ts';

/** Twice this is less than what a reset gives a step. */
const purgeMs = 50_000;

/** Installs Plex: the package that a private image brings along, else from Plex's own repository. */
export function installStep(patience: Patience = usualPatience): SetupStep {
  return {
    id: 'plex.install',
    order: 110,
    title: { en: 'Installing Plex', de: 'Plex installieren' },
    uses: ['plex'],
    seconds: 180,
    isOptional: true,
    run: async (task) => {
      if (task.answers('plex')?.['terms'] !== 'accepted') return;
      const plex = plexPackage(task);
      if (plex === undefined) throw new StepFailure(...installTexts.notInImage);
      task.progress(0.02, { en: 'Looking for Plex', de: 'Plex wird gesucht' });
      if (plex.file === undefined) await installFromRepository(task, plex, patience);
      else await installFromImage(task, plex, plex.file, patience);
      removeOtherSources(task, plex);
      await task.must('sync', [], { timeoutMs: 120_000 });
    },
    undo: async (task) => {
      task.remove(readyFile);
      // No service runs yet: what the package's own scripts want of systemd is refused, and not needed.
      for (const force of [[], ['--force-remove-reinstreq', '--force-depends']]) {
        if ((await packageState(task, 'plexmediaserver')) === undefined) break;
        await task.run('dpkg', ['--purge', ...force, 'plexmediaserver'], { timeoutMs: purgeMs });
      }
      removeRepository(task);
      task.remove(home);
      await task.must('sync', [], { timeoutMs: 120_000 });
    },
  };
}

async function installFromRepository(task: StepTask, plex: PlexPackage, patience: Patience): Promise<void> {
  await addRepository(task, plex);
  await finishInterrupted(task);
  await aptGet(task, [...onlySource(sourceFile), 'update'], patience);
  const version = await wantedVersion(task, plex);
  if ((await installedVersion(task, plex.package)) !== version) await install(task, plex, version, patience);
}

async function install(
  task: StepTask,
  plex: PlexPackage,
  version: string,
  patience: Patience,
): Promise<void> {
  const wanted = `${plex.package}=${version}`;
  const stop = await watchDownload(task, wanted);
  try {
    await aptGet(task, ['install', '--download-only', '--no-install-recommends', wanted], patience);
  } finally {
    stop();
  }
  task.progress(0.75, { en: 'Installing Plex', de: 'Plex wird installiert' });
  await aptGet(task, ['install', '--no-install-recommends', wanted], patience);
  if ((await installedVersion(task, plex.package)) !== version)
    throw new StepFailure(...installTexts.refused);
}

/** The newest version that the repository has for this device, if it is new enough. */
async function wantedVersion(task: StepTask, plex: PlexPackage): Promise<string> {
  const policy = await task.must('apt-cache', [...onlySource(sourceFile), 'policy', plex.package]);
  const [, version = '(none)'] = /^\s*Candidate: (\S+)$/m.exec(policy.stdout) ?? [];
  if (!/^[0-9][0-9A-Za-z.+~:-]*$/.test(version)) throw new StepFailure(...installTexts.noPackage);
  task.log(`the repository has ${version}, needed is ${plex.minimumVersion} or newer`);
  if (!(await isAtLeast(task, version, plex.minimumVersion))) throw new StepFailure(...installTexts.tooOld);
  return version;
}
