import type { LocalText } from '../text/local-text.ts';

/** What Imager can ask for and Hearth does not do. */
export const imagerNotes = {
  connect: {
    en: 'Raspberry Pi Connect is not part of Hearth: that setting was left out.',
    de: 'Raspberry Pi Connect gehört nicht zu Hearth: Diese Einstellung wurde ausgelassen.',
  },
  sudo: {
    en: 'The administrator confirms important commands with the password, so "sudo without a password" was left out.',
    de: 'Wichtige Befehle werden mit dem Passwort bestätigt. „sudo ohne Passwort“ wurde daher ausgelassen.',
  },
  interfaces: {
    en: 'The settings for USB gadget mode, I2C, SPI, 1-Wire and the serial port were left out.',
    de: 'Die Einstellungen für USB-Gadget-Modus, I2C, SPI, 1-Wire und die serielle Schnittstelle wurden ausgelassen.',
  },
  commands: {
    en: 'Commands in the file were not run.',
    de: 'Befehle in der Datei wurden nicht ausgeführt.',
  },
  otherKeys: {
    en: 'The file has more settings that Hearth does not know. They were left out.',
    de: 'Die Datei enthält weitere Einstellungen, die Hearth nicht kennt. Sie wurden ausgelassen.',
  },
  oneNetwork: {
    en: 'The file has more than one Wi-Fi network. The first one was taken.',
    de: 'Die Datei nennt mehrere WLAN-Netze. Das erste wurde übernommen.',
  },
  foreignSsid: {
    en: 'The name of the Wi-Fi network is not a text (UTF-8). Please choose the network on the page of the device.',
    de: 'Der Name des WLAN-Netzes ist kein Text (UTF-8). Bitte das Netz auf der Seite des Geräts auswählen.',
  },
  nothing: {
    en: 'There is nothing in this file that Hearth knows. It was not run, and left as it is.',
    de: 'In dieser Datei steht nichts, was Hearth kennt. Sie wurde nicht ausgeführt und bleibt, wie sie ist.',
  },
} as const satisfies Readonly<Record<string, LocalText>>;
