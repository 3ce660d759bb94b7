import { isFolderOfGroup } from '../../90-first-boot/agent/device/door.ts';
import type { CheckResult, DoctorCheck } from '../../90-first-boot/agent/setup/define.ts';
import { configFile, shareIn } from './smb-config.ts';

/** The service runs, with a configuration that it understands. */
export const serviceCheck: DoctorCheck = {
  id: 'samba.service',
  title: { en: 'Shared folder: service', de: 'Gemeinsamer Ordner: Dienst' },
  run: async (device) => {
    const valid = await device.run('testparm', ['-s', configFile], { timeoutMs: 10_000 });
    if (valid.exitCode !== 0)
      return bad(
        {
          en: 'The configuration of Samba has an error.',
          de: 'Die Konfiguration von Samba enthält einen Fehler.',
        },
        {
          en: `Correct ${configFile}; "testparm -s" names the line.`,
          de: `Berichtigen Sie ${configFile}; „testparm -s“ nennt die Zeile.`,
        },
      );
    const { stdout } = await device.run('systemctl', ['is-active', 'smbd.service'], { timeoutMs: 5_000 });
    if (stdout.trim() === 'active')
      return { state: 'good', meaning: { en: 'The service runs.', de: 'Der Dienst läuft.' } };
    return bad(
      { en: 'The service does not run.', de: 'Der Dienst läuft nicht.' },
      { en: 'Restart the device.', de: 'Starten Sie das Gerät neu.' },
    );
  },
};

/** Somebody may use the share. */
export const userCheck: DoctorCheck = {
  id: 'samba.user',
  title: { en: 'Shared folder: user', de: 'Gemeinsamer Ordner: Benutzer' },
  run: async (device) => {
    const list = await device.run('pdbedit', ['-L'], { timeoutMs: 10_000 });
    if (list.exitCode === 0 && list.stdout.trim() !== '')
      return { state: 'good', meaning: { en: 'There is a user.', de: 'Es gibt einen Benutzer.' } };
    return {
      state: 'warning',
      meaning: {
        en: 'Nobody can open the shared folder yet.',
        de: 'Noch kann niemand den gemeinsamen Ordner öffnen.',
      },
      todo: {
        en: 'Set it up on the status page, if you want to use it.',
        de: 'Richten Sie ihn auf der Statusseite ein, wenn Sie ihn nutzen möchten.',
      },
    };
  },
};

/** The folder is there, and its users may write into it. */
export const folderCheck: DoctorCheck = {
  id: 'samba.folder',
  title: { en: 'Shared folder: files', de: 'Gemeinsamer Ordner: Dateien' },
  run: async (device) => {
    const path = shareIn(device.read(configFile) ?? '')?.path;
    if (path !== undefined && isFolderOfGroup(device, path, 'media'))
      return {
        state: 'good',
        meaning: { en: 'Its users may write into it.', de: 'Die Benutzer dürfen darin schreiben.' },
      };
    return bad(
      {
        en: 'The folder is missing, or its users may not write into it.',
        de: 'Der Ordner fehlt, oder seine Benutzer dürfen nicht darin schreiben.',
      },
      {
        en: `Put it right in a terminal: sudo install -d -m 2775 -g media ${path ?? '/srv/media'}`,
        de: `Beheben Sie das in einem Terminal: sudo install -d -m 2775 -g media ${path ?? '/srv/media'}`,
      },
    );
  },
};

function bad(meaning: CheckResult['meaning'], todo: CheckResult['meaning']): CheckResult {
  return { state: 'bad', meaning, todo };
}
