export interface WifiProfile {
  readonly network: string;
  /** Empty: an open network. */
  readonly password: string;
  readonly isHidden: boolean;
}

export const profileName = 'hearth-wifi';
export const profileFile = `/etc/NetworkManager/system-connections/${profileName}.nmconnection`;

/** The network as a keyfile of NetworkManager. It has the password: mode 0600. */
export function wifiProfileText({ network, password, isHidden }: WifiProfile): string {
  const security =
    password === '' ? [] : ['', '[wifi-security]', 'key-mgmt=wpa-psk', `psk=${keyfileText(password)}`];
  return [
    '[connection]',
    `id=${profileName}`,
    'type=wifi',
    // The router may come back late from a power cut.
    'autoconnect-retries=0',
    '',
    '[wifi]',
    'mode=infrastructure',
    // As bytes: a text such as "1;2" would be read as a list of numbers.
    `ssid=${[...Buffer.from(network)].map((byte) => `${byte};`).join('')}`,
    ...(isHidden ? ['hidden=true'] : []),
    ...security,
    '',
    '[ipv4]',
    'method=auto',
    '',
    '[ipv6]',
    'method=auto',
    '',
  ].join('\n');
}

/** A text as a keyfile's value: blanks at its ends and backslashes would be lost. */
function keyfileText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll(' ', '\\s').replaceAll('\t', '\\t');
}
