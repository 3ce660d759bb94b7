import type { JoinWish } from '../door/protocol.ts';

/** Name of the owner's wireless network in NetworkManager. */
export const wifiProfile = 'hearth-wifi';
/** The step of the setup writes the same file: with the same text it has nothing to do. */
export const wifiProfileFile = `/etc/NetworkManager/system-connections/${wifiProfile}.nmconnection`;

const tryMark = 'autoconnect=false';

/** The network as a keyfile of NetworkManager, to stay. `isHidden`: it does not tell its name by itself. */
export function keptProfile(wish: JoinWish, isHidden: boolean): string {
  // The router may come back late from a power cut.
  return keyfile({ wish, isHidden, connection: ['autoconnect-retries=0'], ipv4: [] });
}

/** The same for a try: not used at a start, asks for the password once, and does not wait long for an address. */
export function tryProfile(wish: JoinWish, isHidden: boolean): string {
  const connection = [tryMark, 'auth-retries=1'];
  return keyfile({ wish, isHidden, connection, ipv4: [`dhcp-timeout=${tryDhcpSeconds}`] });
}

/** Tells whether a profile is one of a try, left behind by a power cut. */
export function isTryProfile(text: string): boolean {
  return text.includes(`\n${tryMark}\n`);
}

interface Parts {
  readonly wish: JoinWish;
  readonly isHidden: boolean;
  readonly connection: readonly string[];
  readonly ipv4: readonly string[];
}

function keyfile({ wish, isHidden, connection, ipv4 }: Parts): string {
  const { network, password } = wish;
  return [
    '[connection]',
    `id=${wifiProfile}`,
    'type=wifi',
    ...connection,
    '',
    '[wifi]',
    'mode=infrastructure',
    // As bytes: a name may have any of them, also those that mean something in this file.
    `ssid=${[...Buffer.from(network)].map((byte) => `${byte};`).join('')}`,
    ...(isHidden ? ['hidden=true'] : []),
    ...(password === '' ? [] : ['', '[wifi-security]', 'key-mgmt=wpa-psk', `psk=${escaped(password)}`]),
    '',
    '[ipv4]',
    'method=auto',
    ...ipv4,
    '',
    '[ipv6]',
    'method=auto',
    '',
  ].join('\n');
}

const tryDhcpSeconds = 8;

/** A value of a keyfile: blanks at its ends would be lost, a backslash begins an escape, and a line end ends the value. */
function escaped(value: string): string {
  const escapes: Readonly<Record<string, string>> = {
    '\\': '\\\\',
    ' ': '\\s',
    '\t': '\\t',
    '\n': '\\n',
    '\r': '\\r',
  };
  return value.replaceAll(/[\\ \t\n\r]/g, (sign) => escapes[sign] ?? sign);
}
