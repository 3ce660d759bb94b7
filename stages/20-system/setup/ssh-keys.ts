import type { LocalText } from '../../90-first-boot/agent/text/local-text.ts';

/** How many length-prefixed parts the inside of a key of this type has, its name included. */
const partsOfType: Readonly<Record<string, number>> = {
  'ssh-ed25519': 2,
  'ssh-rsa': 3,
  'ecdsa-sha2-nistp256': 3,
  'ecdsa-sha2-nistp384': 3,
  'ecdsa-sha2-nistp521': 3,
  'sk-ssh-ed25519@openssh.com': 3,
  'sk-ecdsa-sha2-nistp256@openssh.com': 4,
};
const smallestRsaBits = 2048;

/** The keys of a text with one public key a line; empty lines and comments are left out. */
export function sshKeyLines(text: string): readonly string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** What is wrong with the first bad key of the text, or undefined. */
export function sshKeysProblem(text: string): LocalText | undefined {
  if (/-----BEGIN|PuTTY-User-Key-File/.test(text)) return messages.privateKey;
  const lines = sshKeyLines(text);
  if (lines.length === 0) return messages.none;
  for (const [index, line] of lines.entries()) {
    const problem = keyProblem(line);
    if (problem !== undefined) return lines.length === 1 ? problem : inLine(problem, index + 1);
  }
  return undefined;
}

function keyProblem(line: string): Exclude<LocalText, string> | undefined {
  const [type = '', blob = ''] = line.split(/[ \t]+/);
  const parts = partsOfType[type];
  if (type === 'ssh-dss') return messages.outdated;
  if (parts === undefined) return messages.type;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(blob) || blob.length % 4 !== 0) return messages.damaged;
  const inside = splitParts(Buffer.from(blob, 'base64'));
  if (inside === undefined || inside.length !== parts) return messages.damaged;
  if (inside[0]?.toString('latin1') !== type) return messages.damaged;
  if (type === 'ssh-ed25519' && inside[1]?.length !== 32) return messages.damaged;
  return type === 'ssh-rsa' && bitsOf(inside[2]) < smallestRsaBits ? messages.short : undefined;
}

/** The parts, each with its length in four bytes before it; undefined if something is missing or left over. */
function splitParts(bytes: Buffer): readonly Buffer[] | undefined {
  const parts: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) return undefined;
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) return undefined;
    parts.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return parts;
}

function bitsOf(number: Buffer | undefined): number {
  const hex = number?.toString('hex').replace(/^(00)+/, '') ?? '';
  return hex === '' ? 0 : BigInt(`0x${hex}`).toString(2).length;
}

function inLine(problem: Exclude<LocalText, string>, line: number): LocalText {
  return { en: `Key ${line}: ${problem.en}`, de: `Schlüssel ${line}: ${problem['de'] ?? problem.en}` };
}

const messages = {
  privateKey: {
    en: 'This is the private half of a key. Keep it to yourself and give the public half: the file whose name ends in .pub.',
    de: 'Das ist die private Hälfte eines Schlüssels. Behalten Sie sie für sich und geben Sie die öffentliche an: die Datei mit der Endung .pub.',
  },
  none: { en: 'There is no key in it.', de: 'Darin steht kein Schlüssel.' },
  type: {
    en: 'An SSH key begins with its type, such as ssh-ed25519 or ssh-rsa.',
    de: 'Ein SSH-Schlüssel beginnt mit seiner Art, etwa ssh-ed25519 oder ssh-rsa.',
  },
  outdated: {
    en: 'Keys of the type ssh-dss are not safe any more. Please make a new one: ssh-keygen -t ed25519',
    de: 'Schlüssel der Art ssh-dss sind nicht mehr sicher. Bitte erzeugen Sie einen neuen: ssh-keygen -t ed25519',
  },
  damaged: {
    en: 'This key is not complete. Please copy the whole line.',
    de: 'Dieser Schlüssel ist nicht vollständig. Bitte kopieren Sie die ganze Zeile.',
  },
  short: {
    en: 'RSA keys need at least 2048 bits. Please make a new key: ssh-keygen -t ed25519',
    de: 'RSA-Schlüssel brauchen mindestens 2048 Bit. Bitte erzeugen Sie einen neuen: ssh-keygen -t ed25519',
  },
} as const;
