import { parse, TomlError } from 'smol-toml';
import { type Collector, collector, type Findings, isPasswordHash, unreadable } from './findings.ts';
import { imagerNotes } from './imager-notes.ts';
import { notReadable } from './texts.ts';
import { textOfHex } from './wpa-supplicant.ts';

type Table = Readonly<Record<string, unknown>>;

/** Reads rpi-preseed.toml (init format `rpi-preseed`, Imager 2.0.11 and later). */
export function readPreseed(text: string): Findings {
  let tree: Table;
  try {
    tree = parse(text);
  } catch (error) {
    // The message of the library quotes the lines around: they may hold a password.
    return unreadable(
      error instanceof TomlError ? notReadable({ line: error.line, col: error.column }) : notReadable(),
    );
  }
  const found = collector();
  found.set('device', 'name', textOf(tableOf(tree['system'])['hostname']));
  readUser(tableOf(tree['user']), found);
  readSsh(tableOf(tree['ssh']), found);
  readWlan(tableOf(tree['wlan']), found);
  readLocale(tableOf(tree['locale']), found);
  if (tableOf(tree['connect'])['enabled'] === true) found.note(imagerNotes.connect);
  if ('interfaces' in tree) found.note(imagerNotes.interfaces);
  if ('runcmd' in tree) found.note(imagerNotes.commands);
  if (Object.keys(tree).some((key) => !knownKeys.has(key))) found.note(imagerNotes.otherKeys);
  return found.findings();
}

const knownKeys = new Set('config_version system user ssh wlan locale connect interfaces runcmd'.split(' '));

function readUser(user: Table, found: Collector): void {
  found.set('administrator', 'name', textOf(user['name']));
  const password = textOf(user['password']);
  if (user['password_encrypted'] !== true) found.set('administrator', 'password', password);
  else if (isPasswordHash(password)) found.set('administrator', 'passwordHash', password);
  if (user['passwordless_sudo'] === true) found.note(imagerNotes.sudo);
}

function readSsh(ssh: Table, found: Collector): void {
  const keys = Array.isArray(ssh['authorized_keys']) ? ssh['authorized_keys'].map(textOf) : [];
  found.set('administrator', 'sshKeys', keys.filter((key) => key !== '').join('\n'));
  if (ssh['password_authentication'] === true) found.set('administrator', 'sshPassword', 'yes');
}

function readWlan(wlan: Table, found: Collector): void {
  const hex = textOf(wlan['ssid_hex']);
  const network = hex === '' ? wlan['ssid'] : textOfHex(hex);
  found.set('wifi', 'country', textOf(wlan['country']).toUpperCase());
  if (hex !== '' && network === undefined) found.note(imagerNotes.foreignSsid);
  if (typeof network !== 'string' || network === '') return;
  found.set('wifi', 'network', network);
  if (typeof wlan['password'] === 'string') found.set('wifi', 'password', wlan['password']);
  found.set('wifi', 'hidden', wlan['hidden'] === true ? 'yes' : 'no');
}

function readLocale(locale: Table, found: Collector): void {
  found.set('keyboard', 'layout', textOf(locale['keymap']));
  found.set('time', 'zone', textOf(locale['timezone']));
  const [first] = Array.isArray(locale['locales']) ? locale['locales'] : [];
  found.set('locale', 'language', textOf(locale['default']) || textOf(first));
}

function tableOf(value: unknown): Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Table) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}
