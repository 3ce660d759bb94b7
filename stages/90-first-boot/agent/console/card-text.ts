import { claimUrl, type Face, pageUrl } from './face.ts';
import { phaseText } from './phase-text.ts';
import { fileQrCode } from './qr-code.ts';

/**
 * SETUP-CODE.txt on the card's FAT partition. Byte order mark and line ends let every editor show it. It tells nothing
 * that changes often: each change is a write to the card.
 */
export function cardText(face: Face): string {
  const blocks = face.code === undefined ? withoutCode(face) : withCode(face, face.code);
  return `\uFEFF${blocks.join('\r\n')}\r\n`;
}

/** The addresses that an earlier text named: while the device has none, they are still the best guess. */
export function addressesInCardText(text: string): readonly string[] {
  return [...text.matchAll(/^ {4}(http:\/\/\d+(?:\.\d+){3})\r?$/gm)].flatMap(([, address]) => address ?? []);
}

function withCode(face: Face, code: string): readonly string[] {
  return [
    'HEARTH SETUP CODE',
    '',
    `    ${code}`,
    '',
    phaseText(face.phase).en,
    `Put the card back, switch the device on and open  ${pageUrl(face)}  in a browser`,
    'on the same network. If that address does not open, use the IP address instead:',
    'a screen on the HDMI port shows it, and your router lists it',
    `under the name "${face.hostname}".`,
    ...lastAddresses(face, 'Last seen at:'),
    '',
    'Keep the code to yourself: whoever has it can set up this device.',
    '',
    '--------',
    '',
    'Einrichtungscode von Hearth: siehe oben.',
    '',
    phaseText(face.phase).de,
    `Karte wieder einsetzen, das Gerät einschalten und  ${pageUrl(face)}  in einem Browser`,
    'im selben Netz aufrufen. Wenn sich die Adresse nicht öffnet, hilft die IP-Adresse:',
    'Ein Bildschirm am HDMI-Anschluss zeigt sie, und der Router führt sie',
    `unter dem Namen "${face.hostname}".`,
    '',
    'Bitte niemandem weitergeben: Wer den Code hat, kann das Gerät einrichten.',
    '',
    '--------',
    '',
    'For a phone, when the device is on / Für das Telefon, wenn das Gerät läuft:',
    '',
    ...fileQrCode(claimUrl(face) ?? ''),
  ];
}

function withoutCode(face: Face): readonly string[] {
  return [
    'HEARTH',
    '',
    phaseText(face.phase).en,
    `Page: ${pageUrl(face)}`,
    'The setup code is not needed any more, so it is not shown here.',
    '',
    '--------',
    '',
    phaseText(face.phase).de,
    `Seite: ${pageUrl(face)}`,
    'Der Einrichtungscode wird nicht mehr gebraucht und steht deshalb nicht mehr hier.',
    ...lastAddresses(face, 'Last seen at / Zuletzt gesehen unter:'),
  ];
}

function lastAddresses(face: Face, title: string): readonly string[] {
  return face.addresses.length === 0 ? [] : ['', title, ...face.addresses.map((address) => `    ${address}`)];
}
