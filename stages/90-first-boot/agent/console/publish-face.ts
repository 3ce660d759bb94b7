import { closeSync, constants, existsSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readIfThere } from '../device/look.ts';
import { writeDurably } from '../files/durable-file.ts';
import { addressesInCardText, cardText } from './card-text.ts';
import { type Face, pageUrl } from './face.ts';
import { issueText } from './issue-text.ts';
import { phaseText } from './phase-text.ts';

export interface FacePlaces {
  readonly issueFile: string;
  readonly consoleDevice: string;
  readonly fatFolder: string;
}

export interface Published {
  /** One line a place for the journal. None contains the code. */
  readonly lines: readonly string[];
  /** The login prompts have to be drawn again. */
  readonly isIssueNew: boolean;
}

/**
 * Shows the device's face in all three places, where it has changed. A place that can't be used does not stop the others.
 * `screenLines`: of the screen, if known.
 */
export function publishFace(face: Face, places: FacePlaces, screenLines?: number): Published {
  const before = attemptRead(places.issueFile);
  const text = issueText(face, screenLines);
  const isIssueNew = before !== text;
  // The line is for logs of the console and for boards without a prompt: only at a start, and when the phase changes.
  const isPhaseNew = before === undefined || !before.includes(phaseText(face.phase).en);
  const lines = [
    attempt('login prompt', () => (isIssueNew ? writeIssue(text, places.issueFile) : 'already there')),
    attempt('console', () =>
      isPhaseNew
        ? writeConsole(consoleLine(face, before === undefined), places.consoleDevice)
        : 'already there',
    ),
    attempt('SETUP-CODE.txt', () => writeCard(face, places.fatFolder)),
  ];
  return { lines, isIssueNew };
}

function attempt(place: string, show: () => string): string {
  try {
    return `${place}: ${show()}`;
  } catch (error) {
    return `${place}: not possible, ${error instanceof Error ? error.message : String(error)}`;
  }
}

function attemptRead(path: string): string | undefined {
  try {
    return readIfThere(path);
  } catch {
    return undefined;
  }
}

function writeIssue(text: string, path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  // Root only: agetty reads it as root, and no other account on the device may learn the code.
  writeDurably(path, text, 0o600);
  return 'shown';
}

function consoleLine(face: Face, withCode: boolean): string {
  const code = withCode && face.code !== undefined ? `, setup code ${face.code}` : '';
  return `\r\nHearth: page ${pageUrl(face)}${code}. ${phaseText(face.phase).en}\r\n`;
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

function writeCard(face: Face, folder: string): string {
  // config.txt is always on the FAT partition: without it, this is the empty mount point below.
  if (!existsSync(join(folder, 'config.txt'))) return `not possible, no FAT partition at ${folder}`;
  const path = join(folder, 'SETUP-CODE.txt');
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  const text = cardText({ ...face, addresses: cardAddresses(face, before ?? '') });
  if (before === text) return 'already there';
  writeDurably(path, text, 0o644);
  return 'written';
}

/** IPv4 only, without the hotspot's: IPv6 addresses change by the day. Without one, what the card knows already. */
function cardAddresses(face: Face, before: string): readonly string[] {
  const known = addressesInCardText(before);
  if (face.hotspot !== undefined) return known;
  const now = addressesInCardText(face.addresses.map((address) => `    ${address}`).join('\n'));
  return now.length > 0 ? now : known;
}
