import { dirname } from 'node:path';
import { readIfThere } from '../device/look.ts';
import type { DevicePaths } from '../device/paths.ts';
import { writeDurably } from '../files/durable-file.ts';
import { makeFolders } from '../files/durable-folder.ts';
import type { LocalText } from '../text/local-text.ts';

/** How the last backups went. */
export interface BackupState {
  readonly lastGood?: { readonly name: string; readonly at: string; readonly sizeBytes: number };
  /** There if the last one failed. */
  readonly failure?: { readonly at: string; readonly why: LocalText; readonly todo?: LocalText };
}

/** What is noted; nothing if there is nothing, or it is damaged. */
export function readBackupState(paths: Pick<DevicePaths, 'backupState'>): BackupState {
  try {
    return JSON.parse(readIfThere(paths.backupState) ?? '{}') as BackupState;
  } catch {
    return {};
  }
}

/** Notes how the last one went. */
export function writeBackupState(paths: Pick<DevicePaths, 'backupState'>, state: BackupState): void {
  makeFolders(dirname(paths.backupState), 0o700);
  writeDurably(paths.backupState, `${JSON.stringify(state)}\n`, 0o600);
}
