import { StepFailure } from '../../90-first-boot/agent/device/door.ts';

export type WifiReason = 'wrongPassword' | 'notFound' | 'noAddress' | 'other';

/** NetworkManager's numbers for why a device is where it is (NMDeviceStateReason). */
const reasonOfNumber: Readonly<Record<number, WifiReason>> = {
  5: 'noAddress',
  6: 'noAddress',
  7: 'wrongPassword',
  8: 'wrongPassword',
  9: 'wrongPassword',
  15: 'noAddress',
  16: 'noAddress',
  17: 'noAddress',
  53: 'notFound',
};

/** Its words for the same, where nmcli does not give the number. */
const reasonOfWords: readonly (readonly [RegExp, WifiReason])[] = [
  [/secrets were required|no secrets|802\.1X supplicant disconnected|supplicant config/i, 'wrongPassword'],
  [/network could not be found|no network with SSID|no suitable device/i, 'notFound'],
  [/IP configuration|DHCP/i, 'noAddress'],
];

/** Why a network could not be joined, from what nmcli said and from the state of the network card. */
export function wifiReason(message: string, deviceReason: string): WifiReason {
  const spoken = reasonOfWords.find(([shape]) => shape.test(message))?.[1];
  const [, number] = /(?:^|\()(\d+)\b/.exec(deviceReason.trim()) ?? [];
  return spoken ?? reasonOfNumber[Number(number)] ?? 'other';
}

/** What the owner is told. */
export function wifiFailure(reason: WifiReason): StepFailure {
  return new StepFailure(failures[reason].why, failures[reason].todo);
}

const failures = {
  wrongPassword: {
    why: {
      en: 'The Wi-Fi network did not let the device in. The password is probably not right.',
      de: 'Das WLAN hat das Gerät nicht eingelassen. Wahrscheinlich stimmt das Passwort nicht.',
    },
    todo: {
      en: 'Please type the password of the network once more. It often stands on the back of the router.',
      de: 'Bitte geben Sie das Passwort des Netzes noch einmal ein. Es steht oft auf der Rückseite des Routers.',
    },
  },
  notFound: {
    why: {
      en: 'The Wi-Fi network was not found here.',
      de: 'Das WLAN war hier nicht zu finden.',
    },
    todo: {
      en: 'Please check the name of the network and the country, and whether the router is on. The device may also be too far away.',
      de: 'Bitte prüfen Sie den Namen des Netzes und das Land, und ob der Router eingeschaltet ist. Vielleicht steht das Gerät auch zu weit weg.',
    },
  },
  noAddress: {
    why: {
      en: 'The Wi-Fi network let the device in, but gave it no address.',
      de: 'Das WLAN hat das Gerät eingelassen, ihm aber keine Adresse gegeben.',
    },
    todo: {
      en: 'Please restart the router. If it only admits known devices, add this one there.',
      de: 'Bitte starten Sie den Router neu. Lässt er nur bekannte Geräte zu, tragen Sie dieses dort ein.',
    },
  },
  other: {
    why: {
      en: 'The device could not join the Wi-Fi network.',
      de: 'Das Gerät konnte dem WLAN nicht beitreten.',
    },
    todo: {
      en: 'Please try again. The log has what the network card said.',
      de: 'Bitte versuchen Sie es noch einmal. Im Protokoll steht, was die Netzwerkkarte gemeldet hat.',
    },
  },
} as const;
