import type { DeviceLook } from '../../90-first-boot/agent/device/door.ts';
import type { DoctorCheck } from '../../90-first-boot/agent/setup/define.ts';
import { listFolder } from './wifi-topic.ts';

/** The device has an address in the home network. */
export const addressCheck: DoctorCheck = {
  id: 'system.address',
  title: { en: 'Home network', de: 'Heimnetz' },
  run: async (device) => {
    const { stdout } = await device.run('ip', ['-o', 'address', 'show', 'scope', 'global'], {
      timeoutMs: 5_000,
    });
    const addresses = [...stdout.matchAll(/^\d+: (e|wl)\S*\s+inet6? ([^/\s]+)/gm)].map((match) => match[2]);
    if (addresses.length === 0)
      return {
        state: 'bad',
        meaning: {
          en: 'The device has no address in your network.',
          de: 'Das Gerät hat keine Adresse in Ihrem Netz.',
        },
        todo: {
          en: 'Check the network cable or the Wi-Fi password, then restart the router.',
          de: 'Prüfen Sie das Netzwerkkabel oder das WLAN-Passwort, und starten Sie dann den Router neu.',
        },
      };
    return {
      state: 'good',
      meaning: { en: `Connected as ${addresses[0]}.`, de: `Verbunden als ${addresses[0]}.` },
    };
  },
};

/** The device reaches the Internet. Asks nobody but the name server, for a name that it uses every day anyway. */
export const internetCheck: DoctorCheck = {
  id: 'system.internet',
  title: { en: 'Internet', de: 'Internet' },
  run: async (device) => {
    const routes = await Promise.all(
      ['-4', '-6'].map((family) =>
        device.run('ip', [family, 'route', 'show', 'default'], { timeoutMs: 5_000 }),
      ),
    );
    if (routes.every((route) => route.stdout.trim() === ''))
      return {
        state: 'warning',
        meaning: {
          en: 'The network has no way to the Internet.',
          de: 'Aus diesem Netz führt kein Weg ins Internet.',
        },
        todo: { en: 'Check the router and its line.', de: 'Prüfen Sie den Router und seinen Anschluss.' },
      };
    const host = updateHost(device);
    const names = await device.run('getent', ['ahosts', host], { timeoutMs: 8_000 });
    if (names.exitCode !== 0)
      return {
        state: 'warning',
        meaning: {
          en: 'There is a network, but names in the Internet can not be looked up.',
          de: 'Ein Netz ist da, aber Namen im Internet lassen sich nicht nachschlagen.',
        },
        todo: {
          en: 'Restart the router. If it has a filter for names or a parental lock, let this device through.',
          de: 'Starten Sie den Router neu. Hat er einen Filter für Namen oder eine Kindersicherung, nehmen Sie dieses Gerät davon aus.',
        },
      };
    return {
      state: 'good',
      meaning: { en: 'Names in the Internet are found.', de: 'Namen im Internet werden gefunden.' },
    };
  },
};

/** The device is announced under its own name. */
export const nameCheck: DoctorCheck = {
  id: 'system.name',
  title: { en: 'Name in the network', de: 'Name im Netz' },
  run: async (device) => {
    const name = device.read('/etc/hostname')?.trim() ?? '';
    const { stdout } = await device.run(
      'busctl',
      ['call', 'org.freedesktop.Avahi', '/', 'org.freedesktop.Avahi.Server', 'GetHostName'],
      { timeoutMs: 5_000 },
    );
    const [, announced] = /^s "(.*)"$/m.exec(stdout) ?? [];
    if (announced === name)
      return {
        state: 'good',
        meaning: { en: `Found as ${name}.local.`, de: `Zu finden als ${name}.local.` },
      };
    if (announced === undefined)
      return {
        state: 'warning',
        meaning: {
          en: 'The device is not announced by its name. Its IP address works.',
          de: 'Das Gerät wird nicht unter seinem Namen angekündigt. Die IP-Adresse funktioniert.',
        },
        todo: { en: 'Restart the device.', de: 'Starten Sie das Gerät neu.' },
      };
    return {
      state: 'warning',
      meaning: {
        en: `Another device is called ${name} too: this one is found as ${announced}.local.`,
        de: `Ein anderes Gerät heißt auch ${name}: Dieses ist als ${announced}.local zu finden.`,
      },
      todo: { en: 'Give one of them another name.', de: 'Geben Sie einem von beiden einen anderen Namen.' },
    };
  },
};

/** The host that packages come from. */
function updateHost(device: DeviceLook): string {
  const folder = '/etc/apt/sources.list.d';
  const texts = [
    device.read('/etc/apt/sources.list'),
    ...listFolder(device, folder).map((name) => device.read(`${folder}/${name}`)),
  ];
  for (const text of texts) {
    const [, host] = /^(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s+https?:\/\/([A-Za-z0-9.-]+)/m.exec(text ?? '') ?? [];
    if (host !== undefined) return host;
  }
  return 'deb.debian.org';
}
