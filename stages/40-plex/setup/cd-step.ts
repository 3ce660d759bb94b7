import type { StepTask } from '../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../90-first-boot/agent/setup/define.ts';
import { aptGet, finishInterrupted, type Patience, usualPatience } from './apt.ts';
import { packageState } from './dpkg.ts';
import { drafts } from './places.ts';

const configFile = '/etc/hearth/abcde.conf';
const ruleFile = '/etc/udev/rules.d/80-hearth-cd.rules';
/** abcde reads a CD with cdparanoia, writes FLAC, and opens the drive with eject. */
const packages = ['abcde', 'cdparanoia', 'flac', 'eject'];

/**
 * Audio CDs become music files. The programs come from Debian when somebody wants them: with all that abcde needs (a web
 * framework for Perl) they are about 25 MB that most images would carry for nothing.
 */
export function cdStep(patience: Patience = usualPatience): SetupStep {
  return {
    id: 'plex.cds',
    order: 112,
    title: { en: 'Getting ready for audio CDs', de: 'Musik-CDs vorbereiten' },
    uses: ['plex'],
    seconds: 60,
    isOptional: true,
    run: async (task) => {
      const { terms, cds } = task.answers('plex') ?? {};
      if (terms !== 'accepted' || cds !== 'yes') {
        await stop(task);
        return;
      }
      if (!(await areInstalled(task))) {
        await finishInterrupted(task);
        await aptGet(task, ['update'], patience);
        await aptGet(task, ['install', '--no-install-recommends', ...packages], patience);
      }
      for (const [draft, place] of [
        ['abcde.conf', configFile],
        ['cd.rules', ruleFile],
      ] as const)
        task.write(place, task.read(`${drafts}/${draft}`) ?? '', 0o644);
      await task.run('udevadm', ['control', '--reload']);
      await task.must('sync', [], { timeoutMs: 120_000 });
    },
    undo: stop,
  };
}

async function areInstalled(task: StepTask): Promise<boolean> {
  const states = await Promise.all(packages.map(async (name) => await packageState(task, name)));
  return states.every((state) => state?.startsWith('installed '));
}

async function stop(task: StepTask): Promise<void> {
  for (const file of [ruleFile, configFile]) task.remove(file);
  await task.run('udevadm', ['control', '--reload']);
}
