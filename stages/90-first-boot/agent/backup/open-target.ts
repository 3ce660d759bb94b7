import type { DeviceLook } from '../device/door.ts';
import { folderTarget } from './folder-target.ts';
import { s3Target } from './s3-target.ts';
import type { BackupPlace } from './settings.ts';
import { smbTarget } from './smb-target.ts';
import type { BackupTarget } from './target.ts';

/** The place of the backups as the settings say it. */
export function openTarget(device: DeviceLook, place: BackupPlace): BackupTarget {
  if (place.kind === 'folder') return folderTarget(device, place.folder);
  return place.kind === 'smb' ? smbTarget(device, place) : s3Target(place);
}
