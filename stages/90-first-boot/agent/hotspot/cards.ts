import { existsSync, readdirSync } from 'node:fs';
import type { DeviceLook } from '../device/door.ts';

const cardsFolder = '/sys/class/net';

/**
 * The hotspot's name, `Hearth setup 1A2B`: with the end of the network card's address, which everybody in range can
 * hear anyway, so that two devices in one house are told apart.
 */
export function hotspotName(look: DeviceLook): string {
  const [card] = wifiCards(look);
  const address = card === undefined ? '' : (look.read(`${cardsFolder}/${card}/address`) ?? '');
  const end = address.trim().replaceAll(':', '').slice(-4).toUpperCase();
  return end === '' ? 'Hearth setup' : `Hearth setup ${end}`;
}

/** The wireless network cards, the built-in one first: `wlan0`. */
export function wifiCards(look: DeviceLook): readonly string[] {
  return cards(look).filter((name) =>
    ['wireless', 'phy80211'].some((mark) => existsSync(look.path(`${cardsFolder}/${name}/${mark}`))),
  );
}

/** Tells whether a cable is plugged into one of the built-in or added network cards, with a device at its other end. */
export function hasCable(look: DeviceLook): boolean {
  // Only real cards have a device: not bridges and the like.
  return cards(look)
    .filter((name) => !wifiCards(look).includes(name))
    .filter((name) => existsSync(look.path(`${cardsFolder}/${name}/device`)))
    .some((name) => carrierOf(look, name) === '1');
}

function cards(look: DeviceLook): readonly string[] {
  try {
    return readdirSync(look.path(cardsFolder)).sort();
  } catch {
    return [];
  }
}

function carrierOf(look: DeviceLook, card: string): string {
  try {
    return look.read(`${cardsFolder}/${card}/carrier`)?.trim() ?? '';
  } catch {
    // The kernel gives an error for a card that is not up.
    return '';
  }
}
