import { type Collector, collector, type Findings, isPasswordHash } from './findings.ts';
import { imagerNotes } from './imager-notes.ts';
import { type ShellCommand, shellCommands } from './shell-words.ts';
import { readWpaSupplicant } from './wpa-supplicant.ts';

/**
 * Reads firstrun.sh (init format `systemd`, Imager 1.7 and later) without running it: the calls of Raspberry Pi OS' own
 * helpers, and what the script does on systems without them.
 */
export function readFirstrun(text: string): Findings {
  const found = collector();
  const commands = shellCommands(text);
  for (const command of commands) readCommand(command, found);
  if (text.includes('rpi-connect')) found.note(imagerNotes.connect);
  return found.findings();
}

const keywords = new Set(['if', 'then', 'else', 'elif', 'fi', 'do', 'done', '!', '{', '}']);

function readCommand(command: ShellCommand, found: Collector): void {
  const first = command.words.findIndex((word) => !keywords.has(word));
  const [program = '', ...rest] = first < 0 ? [] : command.words.slice(first);
  const name = program.slice(program.lastIndexOf('/') + 1);
  if (name === 'imager_custom') readHelper(rest, found);
  else if (name === 'userconf') readUser(rest, found);
  else if (name === 'usermod' && rest[0] === '-l') found.set('administrator', 'name', known(rest[1]));
  else if (name === 'echo') readEcho(rest.join(' '), command.target ?? '', found);
  else if (name === 'cat') readDocument(command, found);
  else if (name === 'install' && command.substituted !== undefined) readKeyFile(command, found);
}

function readHelper([action, ...rest]: readonly string[], found: Collector): void {
  if (action === 'set_hostname') found.set('device', 'name', known(rest[0]));
  else if (action === 'set_keymap') found.set('keyboard', 'layout', known(rest[0]));
  else if (action === 'set_timezone') found.set('time', 'zone', known(rest[0]));
  else if (action === 'set_wlan') readWlan(rest, found);
  else if (action === 'enable_ssh' && rest[0] === '-k') setKeys(rest.slice(1), found);
  else if (action === 'enable_ssh' && rest[0] !== '-d') found.set('administrator', 'sshPassword', 'yes');
}

function readWlan(rest: readonly string[], found: Collector): void {
  // An SSID may begin with a dash: only what stands before the other words is an option.
  let count = 0;
  while (/^-(h|p|-hidden|-plain)$/.test(rest[count] ?? '')) count += 1;
  const options = rest.slice(0, count);
  const [network, password, country] = rest.slice(count);
  found.set('wifi', 'network', network);
  found.set('wifi', 'password', password);
  found.set('wifi', 'country', country?.toUpperCase());
  const isHidden = options.some((option) => option === '-h' || option === '--hidden');
  found.set('wifi', 'hidden', isHidden ? 'yes' : 'no');
}

function readUser([name, hash = '']: readonly string[], found: Collector): void {
  found.set('administrator', 'name', known(name));
  if (isPasswordHash(hash)) found.set('administrator', 'passwordHash', hash);
}

function readEcho(text: string, target: string, found: Collector): void {
  if (target === '/etc/hostname') found.set('device', 'name', known(text));
  else if (target === '/etc/timezone') found.set('time', 'zone', known(text));
  else if (target === '') {
    // echo "$FIRSTUSER:HASH" | chpasswd -e
    const hash = text.slice(text.indexOf(':') + 1);
    if (text.startsWith('$FIRSTUSER:') && isPasswordHash(hash))
      found.set('administrator', 'passwordHash', hash);
  } else if (text.endsWith('NOPASSWD:ALL')) found.note(imagerNotes.sudo);
}

function readDocument({ target = '', document = '' }: ShellCommand, found: Collector): void {
  if (target.endsWith('/authorized_keys')) setKeys(document.split('\n'), found);
  else if (target.endsWith('/wpa_supplicant.conf')) readWpaSupplicant(document, found);
  else if (target === '/etc/default/keyboard')
    found.set('keyboard', 'layout', /^XKBLAYOUT="?([^"\n]*)"?$/m.exec(document)?.[1]);
}

/** install … <(printf "KEY") …/authorized_keys */
function readKeyFile({ words, substituted = '' }: ShellCommand, found: Collector): void {
  if (words.at(-1)?.endsWith('/authorized_keys') !== true) return;
  const [printed] = shellCommands(substituted);
  setKeys((printed?.words.slice(1).join('\n') ?? '').replaceAll('\\n', '\n').split('\n'), found);
}

function setKeys(keys: readonly string[], found: Collector): void {
  const all = keys.map((key) => key.trim()).filter((key) => key !== '');
  found.set('administrator', 'sshKeys', all.join('\n'));
}

/** A value that still has a variable in it is not known. */
function known(value: string | undefined): string | undefined {
  return value?.includes('$') === true ? undefined : value?.trim();
}
