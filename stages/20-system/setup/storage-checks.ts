import type { DoctorCheck } from '../../90-first-boot/agent/setup/define.ts';
import { listFolder } from './wifi-topic.ts';

const scarceBytes = 1024 ** 3;

/** There is room on the card. */
export const diskCheck: DoctorCheck = {
  id: 'system.disk',
  title: { en: 'Room on the card', de: 'Platz auf der Karte' },
  run: async (device) => {
    const { stdout } = await device.run('df', ['-B1', '--output=size,avail', '/'], { timeoutMs: 5_000 });
    const [, size, free] = /^\s*(\d+)\s+(\d+)\s*$/m.exec(stdout) ?? [];
    if (size === undefined || free === undefined)
      return {
        state: 'warning',
        meaning: {
          en: 'The room on the card is not known.',
          de: 'Der Platz auf der Karte ist nicht bekannt.',
        },
        todo: { en: 'Restart the device.', de: 'Starten Sie das Gerät neu.' },
      };
    const gigabytes = (Number(free) / 1e9).toFixed(1);
    const meaning = {
      en: `${gigabytes} GB are free.`,
      de: `${gigabytes.replace('.', ',')} GB sind frei.`,
    };
    const isScarce = Number(free) < scarceBytes || Number(free) < Number(size) * 0.05;
    if (!isScarce) return { state: 'good', meaning };
    const isFull = Number(free) < scarceBytes / 4;
    return {
      state: isFull ? 'bad' : 'warning',
      meaning,
      todo: {
        en: 'Delete what nobody needs any more, or move it to a disk of its own.',
        de: 'Löschen Sie, was niemand mehr braucht, oder verschieben Sie es auf eine eigene Festplatte.',
      },
    };
  },
};

/** The card works without errors. */
export const cardCheck: DoctorCheck = {
  id: 'system.card',
  title: { en: 'Condition of the card', de: 'Zustand der Karte' },
  run: async (device) => {
    const mounts = device.read('/proc/mounts') ?? '';
    const isReadOnly = /^\S+ \/ ext4 ro[, ]/m.test(mounts);
    const errors = listFolder(device, '/sys/fs/ext4')
      .map((name) => Number(device.read(`/sys/fs/ext4/${name}/errors_count`) ?? 0))
      .reduce((sum, count) => sum + count, 0);
    if (isReadOnly || errors > 0)
      return {
        state: 'bad',
        meaning: {
          en: 'The file system has errors. The card may be failing.',
          de: 'Das Dateisystem hat Fehler. Die Karte geht vielleicht kaputt.',
        },
        todo: {
          en: 'Save your files now, then use a new card.',
          de: 'Sichern Sie jetzt Ihre Dateien und nehmen Sie dann eine neue Karte.',
        },
      };
    const wear = listFolder(device, '/sys/block').map((name) =>
      Number(device.read(`/sys/block/${name}/device/pre_eol_info`) ?? 0),
    );
    if (wear.some((level) => level >= 2))
      return {
        state: 'warning',
        meaning: {
          en: 'The memory is worn for the most part.',
          de: 'Der Speicher ist größtenteils abgenutzt.',
        },
        todo: {
          en: 'Save your files and plan for a new one.',
          de: 'Sichern Sie Ihre Dateien und planen Sie einen neuen ein.',
        },
      };
    return { state: 'good', meaning: { en: 'No errors are known.', de: 'Es sind keine Fehler bekannt.' } };
  },
};
