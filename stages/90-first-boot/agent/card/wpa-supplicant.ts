import { Buffer } from 'node:buffer';
import type { Collector } from './findings.ts';

/** Reads the wpa_supplicant.conf that firstrun.sh writes on systems without Raspberry Pi OS' helper. */
export function readWpaSupplicant(text: string, found: Collector): void {
  const value = (key: string) => new RegExp(`^[ \\t]*${key}=(.*)$`, 'm').exec(text)?.[1]?.trim();
  const network = ssidOf(value('ssid') ?? '');
  if (network === undefined) return;
  found.set('wifi', 'network', network);
  found.set('wifi', 'password', unquoted(value('psk') ?? ''));
  found.set('wifi', 'country', value('country')?.toUpperCase());
  found.set('wifi', 'hidden', value('scan_ssid') === '1' ? 'yes' : 'no');
}

/** The text of hex digits if it is UTF-8: other names of a network can't be kept as a text. */
export function textOfHex(hex: string): string | undefined {
  if (!/^([0-9a-f]{2})+$/i.test(hex)) return undefined;
  return utf8Text(Buffer.from(hex, 'hex'));
}

/** The text of bytes, if they are UTF-8. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function ssidOf(value: string): string | undefined {
  if (value === '') return undefined;
  return value.startsWith('"') ? unquoted(value) : textOfHex(value.replace(/^hex:/, ''));
}

function unquoted(value: string): string {
  if (!/^".*"$/.test(value)) return value;
  return value.slice(1, -1).replaceAll(/\\(["\\])/g, '$1');
}
