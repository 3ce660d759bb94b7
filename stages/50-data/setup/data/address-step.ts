import type { StepTask } from '../../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../../90-first-boot/agent/setup/define.ts';
import {
  dataFolder,
  postgresFolder,
  recordFile,
  settingsFolder,
  switchFile,
  units,
  valkeyFolder,
} from './places.ts';

/** The services, in the order in which they start. */
const services = [units.postgres, units.valkey, units.pool] as const;

/** Switches the data services on or off. Off, their data stays. */
export const addressStep: SetupStep = {
  id: 'data.address',
  order: 148,
  title: { en: 'Switching the data services', de: 'Datendienste schalten' },
  // A device has a name always: so this also runs when Mastodon is skipped.
  uses: ['mastodon', 'device'],
  seconds: 3,
  isOptional: true,
  run: async (task) => {
    if (task.answers('mastodon') === undefined) await switchOff(task);
    else await switchOn(task);
  },
  undo: async (task) => {
    for (const path of [switchFile, settingsFolder, recordFile, postgresFolder, valkeyFolder])
      task.remove(path);
    await task.must('sync');
  },
};

async function switchOn(task: StepTask): Promise<void> {
  if (task.read(switchFile) === undefined) task.write(switchFile, 'Written by the setup.\n', 0o644);
  await task.must('install', ['-d', '-m', '755', '-o', 'root', '-g', 'root', dataFolder]);
  await task.must('systemctl', ['daemon-reload']);
  await task.must('systemctl', ['start', units.address, units.guard]);
  // What was set up before and then switched off; a new device has no settings yet, and they do not start.
  await task.run('systemctl', ['--no-block', 'start', ...services]);
}

async function switchOff(task: StepTask): Promise<void> {
  if (task.read(switchFile) === undefined) return;
  task.remove(switchFile);
  await task.must('systemctl', ['stop', units.guard, ...[...services].reverse(), units.address], {
    timeoutMs: 600_000,
  });
}
