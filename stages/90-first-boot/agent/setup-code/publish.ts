import { closeSync, constants, existsSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeDurably } from '../files/durable-file.ts';
import { cardText, consoleLine, issueText } from './announcement.ts';

export interface CodePlaces {
  readonly issueFile: string;
  readonly consoleDevice: string;
  readonly fatFolder: string;
}

/**
 * Shows a stored setup code in all three places. A place that can not be used does not stop the others.
 * Returns one line a place for the journal; no line contains the code.
 */
export function publishSetupCode(code: string, hostname: string, places: CodePlaces): readonly string[] {
  return [
    attempt('login prompt', () => writeIssue(code, places.issueFile)),
    attempt('console', () => writeConsole(consoleLine(code, hostname), places.consoleDevice)),
    attempt('SETUP-CODE.txt', () => writeCard(cardText(code, hostname), places.fatFolder)),
  ];
}

function attempt(place: string, show: () => string): string {
  try {
    return `${place}: ${show()}`;
  } catch (error) {
    return `${place}: not possible, ${error instanceof Error ? error.message : String(error)}`;
  }
}

function writeIssue(code: string, path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  // Root only: agetty reads it as root, and no other account on the device may learn the code.
  writeDurably(path, issueText(code), 0o600);
  return 'shown';
}

function writeConsole(line: string, device: string): string {
  const handle = openSync(device, constants.O_WRONLY | constants.O_NOCTTY);
  try {
    writeSync(handle, line);
  } finally {
    closeSync(handle);
  }
  return 'shown';
}

function writeCard(text: string, folder: string): string {
  // config.txt is always on the FAT partition: without it, this is the empty mount point below.
  if (!existsSync(join(folder, 'config.txt'))) return `not possible, no FAT partition at ${folder}`;
  const path = join(folder, 'SETUP-CODE.txt');
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return 'already there';
  writeDurably(path, text, 0o644);
  return 'written';
}
