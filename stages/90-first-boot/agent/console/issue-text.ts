import { claimUrl, type Face, pageUrl } from './face.ts';
import { phaseText, progressText, shownLanguages } from './phase-text.ts';
import { consoleQrCode, consoleQrLines } from './qr-code.ts';

/** Lines of text and prompt below the QR code. */
const otherLines = 12;

/**
 * The text above the login prompt, for agetty. `screenLines`: how many lines the screen has, if that is known; a QR code
 * that would not fit is left out.
 */
export function issueText(face: Face, screenLines?: number): string {
  const qr = qrContent(face);
  const fits = qr !== undefined && consoleQrLines(qr) + otherLines <= (screenLines ?? Infinity);
  const lines = [
    ...(fits ? consoleQrCode(qr) : []),
    '',
    ...stateLines(face),
    '',
    ...placeLines(face),
    '',
    '',
  ];
  return lines.map((line) => (line === '' || line.startsWith('\x1b') ? line : plain(line))).join('\n');
}

/** The wireless network to join first, while there is no other; else the page with the code. */
function qrContent(face: Face): string | undefined {
  return face.hotspot !== undefined && face.code !== undefined
    ? `WIFI:T:nopass;S:${face.hotspot};;`
    : claimUrl(face);
}

function stateLines(face: Face): readonly string[] {
  const state = phaseText(face.phase);
  const progress = progressText(face.phase);
  return shownLanguages.flatMap((language) => [
    `  ${language === 'en' ? 'Hearth: ' : '        '}${state[language]}`,
    ...(progress === undefined ? [] : [`          ${progress[language]}`]),
  ]);
}

function placeLines(face: Face): readonly string[] {
  const addresses = face.addresses.map((address) => row('', address));
  return [
    ...(face.hotspot === undefined ? [] : [row('Wi-Fi / WLAN', face.hotspot)]),
    row('Page / Seite', pageUrl(face)),
    ...(addresses.length > 0 ? addresses : [row('', '(no network / kein Netz)')]),
    ...(face.code === undefined ? [] : [row('Setup code / Einrichtungscode', face.code)]),
  ];
}

function row(label: string, value: string): string {
  return `    ${label.padEnd(31)}${value}`;
}

/** agetty replaces what follows a backslash, and a control character could move the cursor. */
function plain(line: string): string {
  return line.replaceAll(/\p{Cc}/gu, ' ').replaceAll('\\', '\\\\');
}
