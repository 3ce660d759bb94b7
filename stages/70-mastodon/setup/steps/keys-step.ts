import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs';
import { StepFailure, type StepTask } from '../../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../../90-first-boot/agent/setup/define.ts';
import { takeOverMastodon } from '../backup/mastodon-part.ts';
import { localMediaFolder, mastodonUser } from '../manifests/plan.ts';
import { removeCopy } from '../upgrade/database-copy.ts';
import { areKeys, makeKeys } from './make-keys.ts';
import { filesOfMastodon, keepJson, keysFile, readJson } from './mastodon-files.ts';

/** The keys of this server: those of a backup that is being restored, else new ones. Made once, and never again. */
export const keysStep: SetupStep = {
  id: 'mastodon.keys',
  order: 220,
  title: { en: 'Making the keys of Mastodon', de: 'Schlüssel für Mastodon erzeugen' },
  uses: ['mastodon'],
  seconds: 2,
  isOptional: true,
  run: async (task) => {
    if (task.answers('mastodon') === undefined) return;
    await takeOverMastodon(task);
    const kept = readJson<unknown>(task, keysFile);
    // Keys that are damaged are no reason to make others: the database would be lost with them.
    if (kept !== undefined && !areKeys(kept)) throw new StepFailure(messages.damaged, messages.damagedTodo);
    makeMediaFolder(task);
    if (kept === undefined) keepJson(task, keysFile, makeKeys());
  },
  undo: async (task) => {
    for (const path of filesOfMastodon) task.remove(path);
    task.remove('/srv/hearth/mastodon');
    removeCopy(task);
  },
};

/** Its user is known in the containers only. Others read, because nginx hands the files out. */
function makeMediaFolder(task: StepTask): void {
  const place = task.path(localMediaFolder);
  mkdirSync(place, { recursive: true, mode: 0o755 });
  if (statSync(place).uid !== mastodonUser) chownSync(place, mastodonUser, mastodonUser);
  chmodSync(place, 0o755);
}

const messages = {
  damaged: {
    en: 'The keys of Mastodon are damaged. Without them its database can not be used.',
    de: 'Die Schlüssel von Mastodon sind beschädigt. Ohne sie ist seine Datenbank nicht zu gebrauchen.',
  },
  damagedTodo: {
    en: 'Restore a backup. Without one, a factory reset begins anew.',
    de: 'Spielen Sie eine Sicherung zurück. Ohne Sicherung beginnt ein Zurücksetzen auf Werkseinstellungen von vorn.',
  },
} as const;
