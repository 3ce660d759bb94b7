import { type DeviceLook, isFolderOfGroup } from '../../90-first-boot/agent/device/door.ts';
import type { CheckResult, DoctorCheck } from '../../90-first-boot/agent/setup/define.ts';
import { checkTexts } from './check-texts.ts';
import { installedVersion, isAtLeast } from './dpkg.ts';
import { askPlex, plexPort } from './identity.ts';
import { plexPackage, plexSettings, readyFile } from './places.ts';
import { sourceFile } from './repository.ts';

/** Plex answers, and belongs to the owner. */
export function serviceCheck(port: number = plexPort): DoctorCheck {
  return {
    id: 'plex.service',
    title: { en: 'Plex: service', de: 'Plex: Dienst' },
    run: async (device) => (isSetUp(device) ? checkTexts[await askPlex(port)] : checkTexts.notSetUp),
  };
}

/** What is installed has none of the holes that the image knew of, and is kept up to date. */
export const versionCheck: DoctorCheck = {
  id: 'plex.version',
  title: { en: 'Plex: version', de: 'Plex: Version' },
  run: async (device) => {
    const minimum = plexPackage(device)?.minimumVersion;
    if (!isSetUp(device) || minimum === undefined) return checkTexts.notSetUp;
    const version = await installedVersion(device, 'plexmediaserver');
    if (version === undefined || !(await isAtLeast(device, version, minimum))) return checkTexts.tooOld;
    return device.read(sourceFile) === undefined ? checkTexts.noUpdates : checkTexts.newEnough;
  },
};

/** Plex and the shares can both use the folder. */
export const folderCheck: DoctorCheck = {
  id: 'plex.folder',
  title: { en: 'Plex: films and music', de: 'Plex: Filme und Musik' },
  run: async (device) => {
    if (!isSetUp(device)) return checkTexts.notSetUp;
    const { media } = plexSettings(device);
    return isFolderOfGroup(device, media, 'media') ? checkTexts.folder : badFolder(media);
  },
};

function isSetUp(device: DeviceLook): boolean {
  return device.read(readyFile) !== undefined;
}

function badFolder(media: string): CheckResult {
  return {
    state: 'bad',
    meaning: {
      en: 'The folder for films and music is missing, or Plex may not use it.',
      de: 'Der Ordner für Filme und Musik fehlt, oder Plex darf ihn nicht benutzen.',
    },
    todo: {
      en: `Put it right in a terminal: sudo install -d -m 2775 -g media ${media}`,
      de: `Beheben Sie das in einem Terminal: sudo install -d -m 2775 -g media ${media}`,
    },
  };
}
