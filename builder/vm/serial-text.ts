import { stripVTControlCharacters } from 'node:util';

/** Texts on the console after which the guest will never get up. */
const fatalTexts: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /Kernel panic - not syncing/, why: 'The kernel panicked.' },
  { pattern: /You are in emergency mode/, why: 'systemd went into emergency mode.' },
  { pattern: /You are in rescue mode/, why: 'systemd went into rescue mode.' },
  {
    pattern: /^(Give root password for maintenance|Press Enter for maintenance)/,
    why: 'systemd went into emergency mode.',
  },
  {
    pattern: /Cannot open access to console, the root account is locked/,
    why: 'systemd went into emergency mode.',
  },
  { pattern: /ALERT!.*does not exist/, why: 'The initramfs did not find the root partition.' },
  { pattern: /^\(initramfs\)/, why: 'The initramfs gave up and opened its shell.' },
  { pattern: /Warning: unable to open an initial console/i, why: 'The kernel found no console.' },
  {
    pattern: /Failed to (start|mount) .*[Ss]witch(ing)? [Rr]oot/,
    why: 'systemd could not change to the root file system.',
  },
];

/** Why a line of the console means that the boot has failed; undefined for any other line. */
export function fatalReason(line: string): string | undefined {
  return fatalTexts.find(({ pattern }) => pattern.test(line))?.why;
}

/** A line of the console without colours, cursor movements and carriage returns. */
export function plainLine(raw: string): string {
  return stripVTControlCharacters(raw)
    .replaceAll('\t', ' ')
    .replace(/\p{Cc}/gu, '')
    .trimEnd();
}

/** Cuts a stream of text into lines. `rest` gives what has come of the line that is not finished. */
export class LineCutter {
  #rest = '';

  get rest(): string {
    return this.#rest;
  }

  push(text: string): readonly string[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }
}
