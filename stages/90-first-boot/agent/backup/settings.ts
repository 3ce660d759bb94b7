import { dirname } from 'node:path';
import { readIfThere } from '../device/look.ts';
import type { DevicePaths } from '../device/paths.ts';
import { writeDurably } from '../files/durable-file.ts';
import { makeFolders } from '../files/durable-folder.ts';

/** Where backups lie. */
export type BackupPlace =
  | { readonly kind: 'folder'; readonly folder: string }
  | {
      readonly kind: 'smb';
      readonly server: string;
      readonly share: string;
      /** Folders in the share, with / between them; empty: the share itself. */
      readonly folder: string;
      readonly user: string;
      readonly password: string;
    }
  | {
      readonly kind: 's3';
      readonly endpoint: string;
      readonly region: string;
      readonly bucket: string;
      readonly accessKey: string;
      readonly secretKey: string;
    };

/** What the nightly backup does; /var/lib/hearth/backup/settings.json, only for root, written by the step backup.config. */
export interface BackupSettings {
  readonly place: BackupPlace;
  /** How many backups of this device stay. */
  readonly keep: number;
  /** Public age key for which backups are encrypted. Without: they are not. */
  readonly recipient?: string;
}

/** The settings; undefined if no backup is set up. Throws if the file is damaged. */
export function readBackupSettings(paths: DevicePaths): BackupSettings | undefined {
  const text = readIfThere(paths.backupSettings);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as BackupSettings;
  } catch {
    // The parser's own message would quote the file, and with it a password.
    throw new Error(`${paths.backupSettings} is damaged`);
  }
}

/** Keeps the settings; they are on the disk when this returns. */
export function writeBackupSettings(paths: DevicePaths, settings: BackupSettings): void {
  makeFolders(dirname(paths.backupSettings), 0o700);
  writeDurably(paths.backupSettings, `${JSON.stringify(settings, null, 2)}\n`, 0o600);
}
