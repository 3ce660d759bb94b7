import type { JoinFailure, ScannedNetwork } from './network.ts';

/** The fields of one line that `nmcli --terse` prints: parted by colons, which a backslash makes part of a field. */
export function terseFields(line: string): readonly string[] {
  const fields = [''];
  for (const [, escaped, sign = ''] of line.matchAll(/\\(.)|(.)/gsu)) {
    if (sign === ':') fields.push('');
    else fields[fields.length - 1] += escaped ?? sign;
  }
  return fields;
}

/** All lines of a terse answer. */
export function terseRows(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(terseFields);
}

/**
 * The networks of `nmcli -t -f SSID-HEX,SIGNAL,SECURITY,MODE device wifi list`: each name once, strongest first. Names
 * that nobody can type, and networks that want more than a password, are left out.
 */
export function scannedNetworks(text: string): readonly ScannedNetwork[] {
  const found = new Map<string, ScannedNetwork>();
  for (const [hex = '', signal = '', security = '', mode = ''] of terseRows(text)) {
    const name = nameOf(hex);
    const strength = Number(signal);
    if (name === undefined || mode !== 'Infra' || !isJoinable(security)) continue;
    if (strength > (found.get(name)?.strength ?? -1))
      found.set(name, { name, isSecured: !['', '--'].includes(security), strength });
  }
  return [...found.values()].sort((a, b) => b.strength - a.strength).slice(0, maxNetworks);
}

/**
 * Why `nmcli connection up` did not work. It tells NetworkManager's reason in words, some versions with its number before
 * it: `Error: Connection activation failed: (7) Secrets were required, but not provided`.
 */
export function failureIn(message: string): JoinFailure {
  return reasons.find(({ words }) => words.test(message))?.failure ?? 'other';
}

const maxNetworks = 40;

/** NMDeviceStateReason 7, 8, 11; 53; 5, 6, 15 to 17. A wrong password ends in the first three: the access point hangs up. */
const reasons: readonly { readonly words: RegExp; readonly failure: JoinFailure }[] = [
  {
    words: /Secrets were required|supplicant disconnected|supplicant took too long|\((7|8|11)\)/,
    failure: 'wrongPassword',
  },
  { words: /network could not be found|\(53\)/, failure: 'notFound' },
  {
    words: /IP configuration (could not be reserved|is no longer valid)|DHCP client|\((5|6|15|16|17)\)/,
    failure: 'noAddress',
  },
];

function nameOf(hex: string): string | undefined {
  if (!/^([0-9A-F]{2})+$/i.test(hex)) return undefined;
  const name = Buffer.from(hex, 'hex').toString('utf8');
  return /[\p{Cc}\uFFFD]/u.test(name) ? undefined : name;
}

/** `WPA2 802.1X` wants a certificate or a user; `WPA1 WPA2` has a password. WEP keys are no passwords. */
function isJoinable(security: string): boolean {
  return !/802\.1X|WEP/.test(security);
}
