import type { DeviceLook, StepTask } from '../../90-first-boot/agent/device/door.ts';

/** Files of the image that steps put into their places. */
export const drafts = '/usr/lib/hearth/plex';
/** There while Plex may start: its unit looks for it. */
export const readyFile = '/var/lib/hearth/plex-ready';
/** What a claim code from the card became. */
export const accountFile = '/var/lib/hearth/plex-account.json';
export const unit = 'plexmediaserver.service';
export const home = '/var/lib/plexmediaserver';
export const preferencesFile = `${home}/Library/Application Support/Plex Media Server/Preferences.xml`;

/** What config.yaml said. */
export interface PlexSettings {
  /** Where claim codes are exchanged, without / at the end. */
  readonly accounts: string;
  /** Folder of the media. */
  readonly media: string;
  /** Folder for films that are being converted. */
  readonly transcode: string;
}

/** The entry of the lock for Plex. */
export type PlexPackage = Extract<ReturnType<StepTask['artifact']>, { readonly kind: 'apt-package' }>;

/** Its package, if the image brings it along. */
export type PackageFile = NonNullable<PlexPackage['file']>;

/** Reads the settings of the image. */
export function plexSettings(device: Pick<DeviceLook, 'read'>): PlexSettings {
  return JSON.parse(device.read('/usr/lib/hearth/plex.json') ?? '{}') as PlexSettings;
}

/** The entry of the lock; undefined if the image has none. */
export function plexPackage(device: Pick<DeviceLook, 'read'>): PlexPackage | undefined {
  const list = JSON.parse(device.read('/usr/lib/hearth/artifacts.json') ?? '{}') as {
    readonly artifacts?: readonly ReturnType<StepTask['artifact']>[];
  };
  return list.artifacts?.find((one): one is PlexPackage => one.kind === 'apt-package' && one.name === 'plex');
}
