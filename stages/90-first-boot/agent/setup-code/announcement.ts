/** The text above the login prompt, for agetty: it fills in \n (host name) and \4 (IPv4 address), and keeps them fresh. */
export function issueText(code: string): string {
  return [
    '',
    '  Hearth is running. Open its page in a browser on the same network:',
    '',
    '    Page         http://\\n.local',
    '    IP address   \\4',
    `    Setup code   ${code}`,
    '',
    '',
  ].join('\n');
}

/** One line for the console, where no login prompt may be (a serial log, a board without one). */
export function consoleLine(code: string, hostname: string): string {
  return `\r\nHearth: page http://${hostname}.local, setup code ${code}\r\n`;
}

/** SETUP-CODE.txt on the card's FAT partition. Byte order mark and line ends let every editor show it. */
export function cardText(code: string, hostname: string): string {
  const address = `http://${hostname}.local`;
  return [
    '\uFEFFHEARTH SETUP CODE',
    '',
    `    ${code}`,
    '',
    `Put the card back, switch the device on and open  ${address}  in a browser`,
    'on the same network. If that address does not open, use the IP address instead, such as',
    'http://192.168.1.20: a screen on the HDMI port shows it, and your router lists it',
    `under the name "${hostname}".`,
    '',
    'Keep the code to yourself: whoever has it can set up this device.',
    '',
    '--------',
    '',
    'Einrichtungscode von Hearth: siehe oben.',
    '',
    `Karte wieder einsetzen, das Gerät einschalten und  ${address}  in einem Browser`,
    'im selben Netz aufrufen. Wenn sich die Adresse nicht öffnet, hilft die IP-Adresse, etwa',
    'http://192.168.1.20: ein Bildschirm am HDMI-Anschluss zeigt sie, und der Router führt sie',
    `unter dem Namen "${hostname}".`,
    '',
    'Bitte niemandem weitergeben: Wer den Code hat, kann das Gerät einrichten.',
    '',
  ].join('\r\n');
}
