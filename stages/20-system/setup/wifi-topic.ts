import { existsSync, readdirSync } from 'node:fs';
import type { DeviceLook } from '../../90-first-boot/agent/device/door.ts';
import type { Choice, Topic } from '../../90-first-boot/agent/setup/define.ts';
import type { LocalText } from '../../90-first-boot/agent/text/local-text.ts';

export const countryFile = '/etc/modprobe.d/wifi-country.conf';

/** The wireless network, and the country whose radio rules hold. */
export const wifiTopic: Topic = {
  id: 'wifi',
  order: 40,
  title: { en: 'Shall the device use Wi-Fi?', de: 'Soll das Gerät WLAN benutzen?' },
  short: { en: 'Wi-Fi', de: 'WLAN' },
  text: {
    en: 'With a network cable you can skip this. The cable stays in use when both are there.',
    de: 'Mit einem Netzwerkkabel können Sie das überspringen. Wenn beides da ist, gilt weiter das Kabel.',
  },
  isOptional: true,
  isAvailable: async (device) => wifiInterfaces(device).length > 0,
  fields: [
    {
      kind: 'choice',
      name: 'country',
      label: { en: 'Country where the device is', de: 'Land, in dem das Gerät steht' },
      help: {
        en: 'It decides which radio channels are allowed.',
        de: 'Davon hängt ab, welche Funkkanäle erlaubt sind.',
      },
      choices: countryChoices,
      prefill: async (device) => currentCountry(device),
    },
    {
      kind: 'text',
      name: 'network',
      label: { en: 'Name of the network', de: 'Name des Netzes' },
      help: {
        en: 'Exactly as your router shows it, with capital and small letters.',
        de: 'Genau wie der Router ihn zeigt, mit Groß- und Kleinbuchstaben.',
      },
      maxLength: 32,
      autocomplete: 'off',
      validate: (value) => (Buffer.byteLength(value) > 32 ? messages.network : undefined),
      suggestions: networksInRange,
    },
    {
      kind: 'secret',
      belongsTo: 'network',
      name: 'password',
      label: { en: 'Password of the network', de: 'Passwort des Netzes' },
      help: {
        en: 'Leave it empty for an open network.',
        de: 'Bei einem offenen Netz leer lassen.',
      },
      isOptional: true,
      isNew: false,
      maxLength: 64,
      autocomplete: 'off',
      validate: wifiPasswordProblem,
    },
    {
      kind: 'choice',
      name: 'hidden',
      label: { en: 'Hidden network', de: 'Verstecktes Netz' },
      source: 'file',
      isOptional: true,
      choices: [
        { value: 'no', label: { en: 'No', de: 'Nein' } },
        { value: 'yes', label: { en: 'Yes', de: 'Ja' } },
      ],
    },
  ],
};

/** The wireless network cards: `wlan0`. */
export function wifiInterfaces(device: DeviceLook): readonly string[] {
  const folder = '/sys/class/net';
  return listFolder(device, folder).filter((name) =>
    ['wireless', 'phy80211'].some((mark) => existsSync(device.path(`${folder}/${name}/${mark}`))),
  );
}

/** The names in a folder of the device; none if it is not there. */
export function listFolder(device: DeviceLook, folder: string): readonly string[] {
  try {
    return readdirSync(device.path(folder)).sort();
  } catch {
    return [];
  }
}

/** What is wrong with a WPA password, or undefined: 8 to 63 bytes, or the ready-made key of 64 hex digits. */
export function wifiPasswordProblem(password: string): LocalText | undefined {
  if (/^[0-9a-f]{64}$/i.test(password)) return undefined;
  const size = Buffer.byteLength(password);
  return size >= 8 && size <= 63 ? undefined : messages.password;
}

async function countryChoices(device: DeviceLook): Promise<readonly Choice[]> {
  const german = new Intl.DisplayNames(['de'], { type: 'region', fallback: 'none' });
  return (device.read('/usr/share/zoneinfo/iso3166.tab') ?? '').split('\n').flatMap((line) => {
    const [, value, en] = /^([A-Z]{2})\t(.+)$/.exec(line) ?? [];
    return value === undefined || en === undefined
      ? []
      : [{ value, label: { en, de: german.of(value) ?? en } }];
  });
}

function currentCountry(device: DeviceLook): string | undefined {
  const [, country] = /ieee80211_regdom=([A-Z]{2})/.exec(device.read(countryFile) ?? '') ?? [];
  return country;
}

async function networksInRange(device: DeviceLook): Promise<readonly string[]> {
  const list = await device.run('nmcli', ['-t', '-f', 'SSID', 'device', 'wifi', 'list'], {
    timeoutMs: 8_000,
  });
  if (list.exitCode !== 0) return [];
  const names = list.stdout.split('\n').map((line) => line.replaceAll(/\\(.)/g, '$1'));
  // A hidden network has no name, and one with several stations is listed once for each.
  return [...new Set(names.filter((name) => name !== ''))].slice(0, 40);
}

const messages = {
  network: {
    en: 'The name of a Wi-Fi network has at most 32 bytes; umlauts count twice.',
    de: 'Der Name eines WLANs hat höchstens 32 Bytes; Umlaute zählen doppelt.',
  },
  password: {
    en: 'A Wi-Fi password has 8 to 63 characters.',
    de: 'Ein WLAN-Passwort hat 8 bis 63 Zeichen.',
  },
} as const;
