import { statSync } from 'node:fs';
import type { DeviceLook } from '../../90-first-boot/agent/device/door.ts';
import type { DoctorCheck } from '../../90-first-boot/agent/setup/define.ts';

const dayMs = 86_400_000;
const longAgoDays = 8;

/** The clock is right. */
export const clockCheck: DoctorCheck = {
  id: 'system.clock',
  title: { en: 'Clock', de: 'Uhr' },
  run: async (device) => {
    if (device.read('/run/systemd/timesync/synchronized') !== undefined)
      return {
        state: 'good',
        meaning: { en: 'The clock sets itself.', de: 'Die Uhr stellt sich von selbst.' },
      };
    return {
      state: 'warning',
      meaning: {
        en: 'The clock has not been set since the start. It may be wrong.',
        de: 'Die Uhr wurde seit dem Start nicht gestellt. Sie geht vielleicht falsch.',
      },
      todo: {
        en: 'See that the device reaches the Internet, and wait a few minutes.',
        de: 'Sorgen Sie dafür, dass das Gerät ins Internet kommt, und warten Sie einige Minuten.',
      },
    };
  },
};

/** Updates install themselves. */
export const upgradesCheck: DoctorCheck = {
  id: 'system.upgrades',
  title: { en: 'Updates', de: 'Aktualisierungen' },
  run: async (device) => {
    const last = Math.max(
      ...['upgrade-stamp', 'unattended-upgrades-stamp'].map((name) =>
        changedAtMs(device, `/var/lib/apt/periodic/${name}`),
      ),
    );
    const days = Math.floor((Date.now() - last) / dayMs);
    if (last > 0 && days <= longAgoDays)
      return {
        state: 'good',
        meaning: {
          en: 'The device looked for updates in the last few days.',
          de: 'Das Gerät hat in den letzten Tagen nach Aktualisierungen gesucht.',
        },
      };
    if (last === 0 && uptimeDays(device) < 2)
      return {
        state: 'good',
        meaning: {
          en: 'The first look for updates is within a day.',
          de: 'Innerhalb eines Tages sucht das Gerät zum ersten Mal nach Aktualisierungen.',
        },
      };
    return {
      state: 'warning',
      meaning: {
        en: 'The device has not looked for updates for more than a week.',
        de: 'Das Gerät hat seit mehr als einer Woche nicht nach Aktualisierungen gesucht.',
      },
      todo: {
        en: 'See that it reaches the Internet and leave it on over night.',
        de: 'Sorgen Sie dafür, dass es ins Internet kommt, und lassen Sie es über Nacht an.',
      },
    };
  },
};

/** No update waits for a restart. */
export const restartCheck: DoctorCheck = {
  id: 'system.restart',
  title: { en: 'Restart', de: 'Neustart' },
  run: async (device) =>
    device.read('/run/reboot-required') === undefined
      ? {
          state: 'good',
          meaning: { en: 'No update waits for a restart.', de: 'Kein Update wartet auf einen Neustart.' },
        }
      : {
          state: 'warning',
          meaning: {
            en: 'An update works only after a restart.',
            de: 'Ein Update wirkt erst nach einem Neustart.',
          },
          todo: {
            en: 'Restart the device when it suits you.',
            de: 'Starten Sie das Gerät neu, wenn es Ihnen passt.',
          },
        },
};

/** Every service of the system works. */
export const unitsCheck: DoctorCheck = {
  id: 'system.services',
  title: { en: 'Services of the system', de: 'Dienste des Systems' },
  run: async (device) => {
    const list = await device.run('systemctl', ['list-units', '--failed', '--plain', '--no-legend'], {
      timeoutMs: 8_000,
    });
    const failed = list.stdout.split('\n').flatMap((line) => /^(\S+\.\w+)\s/.exec(line)?.[1] ?? []);
    if (list.exitCode === 0 && failed.length === 0)
      return { state: 'good', meaning: { en: 'All of them work.', de: 'Alle arbeiten.' } };
    const names = failed.slice(0, 5).join(', ');
    return {
      state: 'warning',
      meaning:
        failed.length === 0
          ? { en: 'Their state is not known.', de: 'Ihr Zustand ist nicht bekannt.' }
          : { en: `Failed: ${names}.`, de: `Fehlgeschlagen: ${names}.` },
      todo: {
        en: 'Restart the device. If it stays like this, the support bundle says more.',
        de: 'Starten Sie das Gerät neu. Bleibt es so, sagt das Support-Paket mehr.',
      },
    };
  },
};

/** When a file was changed last; 0: never, it is not there. */
function changedAtMs(device: DeviceLook, path: string): number {
  try {
    return statSync(device.path(path)).mtimeMs;
  } catch {
    return 0;
  }
}

function uptimeDays(device: DeviceLook): number {
  return Number(/^\d+/.exec(device.read('/proc/uptime') ?? '')?.[0] ?? 0) / 86_400;
}
