import { writeFileSync } from 'node:fs';
import type { StepTask } from '../../90-first-boot/agent/device/door.ts';
import { changeFile, forgetOriginal, putBack } from './originals.ts';
import { countryFile, listFolder } from './wifi-topic.ts';

/** Sets the country whose radio rules hold, now and for every later start. */
export async function setCountry(task: StepTask, country: string): Promise<void> {
  const text = `# The country whose radio rules hold. Written by the setup.\noptions cfg80211 ieee80211_regdom=${country}\n`;
  changeFile(task, countryFile, text);
  const result = await task.run('iw', ['reg', 'set', country]);
  if (result.exitCode !== 0) task.log('the radio rules of the country hold from the next start on');
}

/** Lets the radio send, and keeps it so: a blocked one stays blocked over a restart. */
export async function unblockRadio(task: StepTask): Promise<void> {
  const saved = '/var/lib/systemd/rfkill';
  for (const name of listFolder(task, saved))
    if (name.endsWith(':wlan') && task.read(`${saved}/${name}`)?.trim() !== '0')
      task.write(`${saved}/${name}`, '0\n', 0o644);
  const switches = '/sys/class/rfkill';
  for (const name of listFolder(task, switches)) unblock(task, `${switches}/${name}`);
  // Not running yet: its own state is "on" in the image.
  await task.run('nmcli', ['radio', 'wifi', 'on']);
}

/** Puts the image's country back. */
export function resetCountry(task: StepTask): void {
  if (putBack(task, countryFile)) forgetOriginal(task, countryFile);
}

function unblock(task: StepTask, folder: string): void {
  if (task.read(`${folder}/type`)?.trim() !== 'wlan' || task.read(`${folder}/soft`)?.trim() === '0') return;
  try {
    // A place of the kernel, no file: it is written to, not replaced.
    writeFileSync(task.path(`${folder}/soft`), '0');
  } catch (error) {
    task.log(`the radio could not be unblocked: ${(error as Error).message}`);
  }
}
