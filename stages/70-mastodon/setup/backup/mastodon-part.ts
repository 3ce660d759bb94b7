import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { promises as timers } from 'node:timers';
import { StepFailure } from '../../../90-first-boot/agent/device/door.ts';
import type { BackupPart, BackupTask } from '../../../90-first-boot/agent/setup/define.ts';
import { feedsFile, settingsFile } from '../steps/mastodon-files.ts';
import { removeCopy } from '../upgrade/database-copy.ts';
import { upgradeFile } from '../upgrade/journal.ts';

/** Without these keys the tables of the database can not be read: they belong to each backup. */
const stateFolder = '/var/lib/hearth/mastodon';
const keysFile = 'keys.json';
const files = [keysFile, 'release.json', 'owner.json', 'domains.json'] as const;
const mediaFolder = '/srv/hearth/mastodon/system';
const restored = '/var/lib/hearth/restore/mastodon';

/** Keys, version and owner of Mastodon, and the pictures that lie on the device. */
export const mastodonPart: BackupPart = {
  id: 'mastodon',
  title: { en: 'Mastodon: keys and media', de: 'Mastodon: Schlüssel und Medien' },
  order: 60,
  isPresent: (device) => device.read(`${stateFolder}/${keysFile}`) !== undefined,
  save: async (task, folder) => {
    for (const name of files) {
      const text = task.read(`${stateFolder}/${name}`);
      if (text !== undefined) task.write(`${folder}/${name}`, text, 0o600);
    }
  },
  trees: () => [{ name: 'media', path: mediaFolder }],
  verify: async (task, folder) => {
    const text = task.read(`${folder}/${keysFile}`);
    if (text === undefined || !hasKeys(text)) throw noKeys();
  },
  pause: pauseMastodon,
  restore: bringBack,
  // An older database may lack tables of the version that runs, and what the setup has told Mastodon since.
  steps: ['mastodon.database', 'mastodon.start', 'mastodon.owner'],
};

/**
 * On a fresh device: takes over what a restore brought, and clears it away. Does nothing if there is nothing. True if it
 * took something over. Safe to run again after a power cut anywhere.
 */
export async function takeOverMastodon(task: BackupTask): Promise<boolean> {
  if (!existsSync(task.path(restored))) return false;
  await bringBack(task, restored);
  task.remove(restored);
  return true;
}

async function bringBack(task: BackupTask, folder: string): Promise<void> {
  const keys = task.read(`${folder}/${keysFile}`);
  if (keys !== undefined && !hasKeys(keys)) throw noKeys();
  // The timelines live in Valkey, which begins anew. First: a later run may not find what tells of an owner any more.
  if (task.read(`${folder}/owner.json`) !== undefined) task.write(feedsFile, '', 0o600);
  // The database has the settings of then.
  task.remove(settingsFile);
  // It was an upgrade of a database that is gone: going on with it, or back to its copy, would spoil this one.
  task.remove(upgradeFile);
  removeCopy(task);
  for (const name of files) {
    const text = task.read(`${folder}/${name}`);
    if (text !== undefined) task.write(`${stateFolder}/${name}`, text, 0o600);
  }
  await moveMedia(task, `${folder}/media`);
}

/**
 * The old folder goes only when the new one lies whole beside it. `.new` may be half of it, `.whole` never is. What was
 * moved there once is not in `from` any more.
 */
async function moveMedia(task: BackupTask, from: string): Promise<void> {
  const half = `${mediaFolder}.new`;
  const whole = `${mediaFolder}.whole`;
  const isThere = (path: string) => existsSync(task.path(path));
  const move = async (path: string, to: string) =>
    await task.must('mv', ['--no-target-directory', task.path(path), task.path(to)]);
  if (!isThere(whole) && isThere(from)) {
    await task.must('install', ['-d', '-m', '0755', task.path(dirname(mediaFolder))]);
    if (isSameDisk(task, from)) await move(from, whole);
    else {
      task.remove(half);
      await task.must('cp', ['--archive', task.path(from), task.path(half)], { timeoutMs: 6 * 3_600_000 });
      await task.must('sync', ['--file-system', task.path(half)], { timeoutMs: 600_000 });
      await move(half, whole);
    }
  }
  if (!isThere(whole)) return;
  task.remove(mediaFolder);
  await move(whole, mediaFolder);
  task.remove(from);
}

function isSameDisk(task: BackupTask, from: string): boolean {
  return statSync(task.path(from)).dev === statSync(task.path(dirname(mediaFolder))).dev;
}

function hasKeys(text: string): boolean {
  try {
    const { secretKeyBase, encryption, vapid } = JSON.parse(text) as Record<string, unknown>;
    return typeof secretKeyBase === 'string' && typeof encryption === 'object' && typeof vapid === 'object';
  } catch {
    return false;
  }
}

function noKeys(): StepFailure {
  return new StepFailure(
    {
      en: 'The keys of Mastodon are not in the backup. Without them the accounts can not be used.',
      de: 'In der Sicherung fehlen die Schlüssel von Mastodon. Ohne sie lassen sich die Konten nicht verwenden.',
    },
    { en: 'Use another backup.', de: 'Verwenden Sie eine andere Sicherung.' },
  );
}

const kubectl = '/usr/local/bin/k3s';
const pauseMs = 2_000;
const tries = 90;

interface Deployments {
  readonly items?: readonly {
    readonly metadata: { readonly name: string };
    readonly status?: { readonly replicas?: number };
  }[];
}

/** Ends all programs of Mastodon: none may write while the database is replaced. A cluster that does not run has none. */
async function pauseMastodon(task: BackupTask): Promise<void> {
  for (let left = tries; ; left--) {
    const deployments = await deploymentsOf(task);
    if (left === tries)
      for (const { metadata } of deployments)
        await task.must(kubectl, [
          'kubectl',
          'scale',
          `deployment/${metadata.name}`,
          '--replicas=0',
          '-n',
          'mastodon',
        ]);
    else if (deployments.every(({ status }) => (status?.replicas ?? 0) === 0)) return;
    if (left === 0) throw stillRuns();
    if (deployments.length === 0) return;
    await timers.setTimeout(pauseMs, undefined, { signal: task.signal });
  }
}

async function deploymentsOf(task: BackupTask): Promise<NonNullable<Deployments['items']>> {
  const args = ['kubectl', 'get', 'deployment', '-n', 'mastodon', '--ignore-not-found', '-o', 'json'];
  const { exitCode, stdout } = await task.run(kubectl, args, { timeoutMs: 30_000 });
  if (exitCode !== 0 || stdout.trim() === '') return [];
  return (JSON.parse(stdout) as Deployments).items ?? [];
}

function stillRuns(): StepFailure {
  return new StepFailure(
    { en: 'Mastodon could not be stopped.', de: 'Mastodon ließ sich nicht anhalten.' },
    {
      en: 'Restart the device, then try again. Nothing was changed.',
      de: 'Starten Sie das Gerät neu und versuchen Sie es dann noch einmal. Es wurde nichts geändert.',
    },
  );
}
