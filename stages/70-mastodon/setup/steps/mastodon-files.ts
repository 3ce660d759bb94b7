import { type DeviceTask, StepFailure } from '../../../90-first-boot/agent/device/door.ts';
import type { DataServices, MastodonKeys, MastodonPlan, MastodonRelease } from '../manifests/plan.ts';
import { type AnswersTo, memoryOf, planOf, profileChoice } from '../plan.ts';

const folder = '/var/lib/hearth/mastodon';

/** Made once. Whoever loses it can not read what the database has encrypted. */
export const keysFile = `${folder}/keys.json`;
/** What runs. */
export const releaseFile = `${folder}/release.json`;
/** Where the archives of the container images lie. */
export const imagesFile = `${folder}/images.json`;
/** The account that the setup has made. */
export const ownerFile = `${folder}/owner.json`;
/** One line, until the owner has noted it. */
export const passwordFile = `${folder}/owner-password`;
/** The settings that the setup has told Mastodon. */
export const settingsFile = `${folder}/settings.json`;
/** The domains that the database was made for. */
export const domainsFile = `${folder}/domains.json`;
/** There while the timelines have to be built anew: a backup does not have them. */
export const feedsFile = `${folder}/feeds-wanted`;
/** There while the cluster may have something of Mastodon. */
export const appliedFile = `${folder}/applied`;

/** Of a factory reset, but for the keys, which go last: nothing of them is needed any more then. */
export const filesOfMastodon: readonly string[] = [
  appliedFile,
  passwordFile,
  ownerFile,
  settingsFile,
  domainsFile,
  imagesFile,
  releaseFile,
  folder,
];

const dataFile = '/var/lib/hearth/data.json';

/** An account on this server. */
export interface Owner {
  readonly name: string;
  readonly email: string;
}

/** The release, and where its images can be fetched again if the cluster loses them. */
export interface KeptRelease extends MastodonRelease {
  /** Names with digests: only after an upgrade. */
  readonly sources?: { readonly web: string; readonly streaming: string };
}

export interface ImageArchives {
  readonly web: { readonly reference: string; readonly path: string };
  readonly streaming: { readonly reference: string; readonly path: string };
}

type Reader = Pick<DeviceTask, 'read'>;

/** A file of JSON; undefined if it is not there. Throws StepFailure if it is damaged. */
export function readJson<T>({ read }: Reader, path: string): T | undefined {
  const text = read(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new StepFailure(damaged(path), messages.restore);
  }
}

/** Writes a file of JSON that only root reads, unless it says just that already. */
export function keepJson(task: Pick<DeviceTask, 'read' | 'write'>, path: string, value: unknown): void {
  const text = `${JSON.stringify(value)}\n`;
  if (task.read(path) !== text) task.write(path, text, 0o600);
}

/** All that the manifests are made from. Throws StepFailure if a step of before has not done its work. */
export function readPlan(task: Reader & { readonly answers: AnswersTo }): MastodonPlan {
  const services = readJson<DataServices>(task, dataFile);
  if (services === undefined) throw new StepFailure(messages.noData, messages.noDataTodo);
  const keys = readJson<MastodonKeys>(task, keysFile);
  const release = readJson<MastodonRelease>(task, releaseFile);
  if (keys === undefined || release === undefined) throw new StepFailure(messages.noKeys, messages.again);
  const { version, web, streaming } = release;
  const profile = profileChoice(task);
  return planOf({
    answers: task.answers,
    services,
    keys,
    release: { version, web, streaming },
    memoryMebibytes: memoryOf(task),
    ...(profile === undefined ? {} : { profile }),
  });
}

/** True if this device directs a cluster of its own, as Mastodon needs it. */
export function isServer(answers: AnswersTo): boolean {
  return answers('cluster')?.['role'] === 'server';
}

/** Throws StepFailure on a device without a cluster of its own. */
export function refuseWithoutServer(answers: AnswersTo): void {
  if (!isServer(answers)) throw new StepFailure(messages.noCluster, messages.noClusterTodo);
}

function damaged(path: string) {
  return {
    en: `The file ${path} is damaged.`,
    de: `Die Datei ${path} ist beschädigt.`,
  };
}

const messages = {
  restore: {
    en: 'Restore a backup. Without one, a factory reset begins anew.',
    de: 'Spielen Sie eine Sicherung zurück. Ohne Sicherung beginnt ein Zurücksetzen auf Werkseinstellungen von vorn.',
  },
  noData: {
    en: 'The database for Mastodon is not set up yet.',
    de: 'Die Datenbank für Mastodon ist noch nicht eingerichtet.',
  },
  noDataTodo: {
    en: 'Let the failed steps before this one be tried again.',
    de: 'Lassen Sie die fehlgeschlagenen Schritte davor noch einmal versuchen.',
  },
  noKeys: {
    en: 'The keys of Mastodon are not there yet.',
    de: 'Die Schlüssel von Mastodon sind noch nicht da.',
  },
  again: {
    en: 'Let the failed steps before this one be tried again.',
    de: 'Lassen Sie die fehlgeschlagenen Schritte davor noch einmal versuchen.',
  },
  noCluster: {
    en: 'Mastodon needs the apps (k3s), run by this device itself.',
    de: 'Mastodon braucht die Apps (k3s), von diesem Gerät selbst betrieben.',
  },
  noClusterTodo: {
    en: 'Change the answers about apps, or skip Mastodon.',
    de: 'Ändern Sie die Antworten zu Apps, oder überspringen Sie Mastodon.',
  },
} as const;
