import type { Texts } from './texts.ts';

export const german: Texts = {
  language: 'de',
  overall: {
    running: 'Alles läuft.',
    starting: 'Startet. Das dauert einen Moment.',
    off: 'Bereit.',
    failed: (count) =>
      count === 1 ? 'Ein Dienst braucht Aufmerksamkeit.' : `${count} Dienste brauchen Aufmerksamkeit.`,
    unknown: 'Der Zustand der Dienste ist gerade nicht bekannt.',
  },
  services: 'Dienste',
  noServices: 'In diesem Abbild sind keine Dienste.',
  refresh: 'Aktualisieren',
  states: {
    running: 'Läuft',
    starting: 'Startet',
    off: 'Aus',
    failed: 'Gestört',
    unknown: 'Unbekannt',
  },
  addresses: 'Adressen',
  addressHint: 'Öffnet sich der Name nicht, etwa auf einem älteren Telefon, hilft die Zahl.',
  noAddress: 'Mit keinem Netz verbunden.',
  byName: 'Name',
  media: { cable: 'Kabel', wifi: 'WLAN', other: 'Netz' },
  moreAddresses: 'IPv6-Adressen',
  setupCode: 'Einrichtungscode',
  setupCodeWhere: [
    'auf einem Bildschirm am HDMI-Anschluss',
    'in der Datei SETUP-CODE.txt auf der Speicherkarte, wenn sie in einem Computer steckt',
  ],
  setupCodeHint:
    'Er beweist, dass das Gerät Ihnen gehört, und steht deshalb nie auf dieser Seite. Diese Seite zeigt nur, sie ändert nichts. Den Code finden Sie:',
  image: (name, date) => `Abbild „${name}“ vom ${date}`,
  problems: {
    badRequest: {
      title: 'Nicht verstanden',
      text: 'Der Browser hat etwas gesendet, das dieses Gerät nicht versteht.',
    },
    notFound: { title: 'Nicht hier', text: 'Unter dieser Adresse gibt es keine Seite.' },
    wrongMethod: { title: 'Nicht möglich', text: 'Hier können Seiten nur gelesen werden.' },
    wrongHost: {
      title: 'Falsche Adresse',
      text: 'Auf diesen Namen antwortet das Gerät nicht. Es hört auf seinen Namen mit .local am Ende und auf seine IP-Adresse.',
    },
    internal: {
      title: 'Etwas ging schief',
      text: 'Die Seite konnte nicht gemacht werden. Bitte gleich noch einmal versuchen.',
    },
  },
  toPage: 'Zur Startseite',
};
