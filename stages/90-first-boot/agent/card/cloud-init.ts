import { Buffer } from 'node:buffer';
import { LineCounter, parseDocument } from 'yaml';
import { type Collector, collector, type Findings, isPasswordHash, unreadable } from './findings.ts';
import { imagerNotes } from './imager-notes.ts';
import { notReadable } from './texts.ts';
import { utf8Text } from './wpa-supplicant.ts';

type Tree = Readonly<Record<string, unknown>>;

/** Reads user-data of the init formats `cloudinit` and `cloudinit-rpi`. */
export function readUserData(text: string): Findings {
  const tree = parse(text);
  if (tree.problem !== undefined) return unreadable(tree.problem);
  const found = collector();
  readSystem(tree.value, found);
  readUsers(tree.value, found);
  readLeftOver(tree.value, found);
  return found.findings();
}

/** Reads network-config (netplan, version 2) of the same formats: the first Wi-Fi network. */
export function readNetworkConfig(text: string): Findings {
  const tree = parse(text);
  if (tree.problem !== undefined) return unreadable(tree.problem);
  const found = collector();
  const wifis = mapOf(mapOf(tree.value['network'] ?? tree.value)['wifis']);
  const interfaces = Object.values(wifis).map(mapOf);
  const networks = interfaces.flatMap((one) => Object.entries(mapOf(one['access-points'])));
  const country = interfaces.map((one) => textOf(one['regulatory-domain'])).find((one) => one !== '');
  found.set('wifi', 'country', country?.toUpperCase());
  const [name, network] = networks[0] ?? [];
  if (name !== undefined) readAccessPoint(name, mapOf(network), found);
  if (networks.length > 1) found.note(imagerNotes.oneNetwork);
  return found.findings();
}

function readAccessPoint(name: string, network: Tree, found: Collector): void {
  // Spaces belong to a password and to a name.
  const password = network['password'] ?? mapOf(network['auth'])['password'];
  found.set('wifi', 'network', fromOctets(name));
  found.set('wifi', 'password', typeof password === 'string' ? fromOctets(password) : undefined);
  found.set('wifi', 'hidden', isTrue(network['hidden']) ? 'yes' : 'no');
}

function readSystem(tree: Tree, found: Collector): void {
  found.set('device', 'name', textOf(tree['hostname']) || textOf(tree['fqdn']).split('.')[0]);
  found.set('time', 'zone', textOf(tree['timezone']));
  const keyboard = tree['keyboard'];
  found.set('keyboard', 'layout', textOf(mapOf(keyboard)['layout']) || textOf(keyboard));
  found.set('locale', 'language', textOf(tree['locale']));
}

function readUsers(tree: Tree, found: Collector): void {
  const listed = Array.isArray(tree['users']) ? tree['users'].map(mapOf) : [];
  const user =
    [mapOf(tree['user']), ...listed].find((one) => ![undefined, '', 'root'].includes(textOf(one['name']))) ??
    mapOf(tree['user']);
  found.set('administrator', 'name', textOf(user['name']) || textOf(tree['user']));
  if (!isTrue(user['lock_passwd'])) {
    for (const key of ['passwd', 'hashed_passwd', 'plain_text_passwd', 'password'])
      setPassword(user[key], found);
    setPassword(tree['password'], found);
    setPassword(chpasswdOf(mapOf(tree['chpasswd']), textOf(user['name'])), found);
  }
  const keys = [user['ssh_authorized_keys'], user['ssh-authorized-keys'], tree['ssh_authorized_keys']];
  const texts = keys.flatMap((list) => (Array.isArray(list) ? list.map(textOf) : []));
  found.set('administrator', 'sshKeys', texts.filter((key) => key !== '').join('\n'));
  if (isTrue(tree['ssh_pwauth'])) found.set('administrator', 'sshPassword', 'yes');
  if (textOf(user['sudo']).includes('NOPASSWD')) found.note(imagerNotes.sudo);
}

function setPassword(value: unknown, found: Collector): void {
  const text = textOf(value);
  if (isPasswordHash(text)) found.set('administrator', 'passwordHash', text);
  else if (!/^[!*]/.test(text)) found.set('administrator', 'password', text);
}

/** chpasswd: a list of `name:password`, or of maps in newer versions. */
function chpasswdOf(chpasswd: Tree, name: string): string {
  const lines = Array.isArray(chpasswd['list'])
    ? chpasswd['list'].map(textOf)
    : textOf(chpasswd['list']).split('\n');
  const line = lines.find((one) => name !== '' && one.trim().startsWith(`${name}:`));
  if (line !== undefined) return line.trim().slice(name.length + 1);
  const users = Array.isArray(chpasswd['users']) ? chpasswd['users'].map(mapOf) : [];
  return textOf(users.find((one) => textOf(one['name']) === name)?.['password']);
}

/** What Imager always writes, and Hearth does anyway. */
const harmless = new Set(
  [
    'hostname fqdn timezone keyboard locale user users password chpasswd ssh_authorized_keys ssh_pwauth enable_ssh',
    'manage_resolv_conf manage_etc_hosts preserve_hostname packages apt runcmd rpi',
  ]
    .join(' ')
    .split(' '),
);

function readLeftOver(tree: Tree, found: Collector): void {
  if ('rpi' in tree) found.note(imagerNotes.interfaces);
  const commands = Array.isArray(tree['runcmd']) ? tree['runcmd'] : [];
  const lines = commands.map((one) => (Array.isArray(one) ? one.map(textOf).join(' ') : textOf(one)));
  // SSH and the Wi-Fi radio are switched on by Hearth itself.
  const others = lines.filter((line) => !/^systemctl enable (--now )?ssh$|rfkill/.test(line));
  if (others.some((line) => line.includes('rpi-connect'))) found.note(imagerNotes.connect);
  if (others.some((line) => !line.includes('rpi-connect'))) found.note(imagerNotes.commands);
  if (Object.keys(tree).some((key) => !harmless.has(key))) found.note(imagerNotes.otherKeys);
}

type Parsed =
  | { readonly value: Tree; readonly problem?: undefined }
  | { readonly problem: ReturnType<typeof notReadable> };

/** All values as texts, as they are written: a password may look like a number. */
function parse(text: string): Parsed {
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, { schema: 'failsafe', prettyErrors: false, lineCounter: lines });
    const [error] = document.errors;
    if (error !== undefined) return { problem: notReadable(lines.linePos(error.pos[0])) };
    return { value: mapOf(document.toJS()) };
  } catch {
    return { problem: notReadable() };
  }
}

function mapOf(value: unknown): Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? fromOctets(value).trim() : '';
}

function isTrue(value: unknown): boolean {
  return /^(true|yes|on|1)$/i.test(textOf(value));
}

/** Imager writes UTF-8 byte by byte: `\xc3\xbc` is an ü. To YAML these are two characters. */
function fromOctets(text: string): string {
  const codes = [...text].map((sign) => sign.codePointAt(0) ?? 0);
  if (codes.every((code) => code < 0x80) || codes.some((code) => code > 0xff)) return text;
  return utf8Text(Buffer.from(text, 'latin1')) ?? text;
}
