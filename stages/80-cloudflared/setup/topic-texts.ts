import type { Choice } from '../../90-first-boot/agent/setup/define.ts';

const ways: readonly Choice[] = [
  {
    value: 'token',
    label: { en: 'With the token of a tunnel', de: 'Mit dem Token eines Tunnels' },
    help: {
      en: 'You create the tunnel on the pages of Cloudflare and enter there where it leads.',
      de: 'Sie legen den Tunnel auf den Seiten von Cloudflare an und tragen dort ein, wohin er führt.',
    },
  },
  {
    value: 'api',
    label: { en: 'With an API token', de: 'Mit einem API-Token' },
    help: {
      en: 'The device sets up tunnel, route and name at Cloudflare by itself.',
      de: 'Das Gerät richtet Tunnel, Weg und Namen bei Cloudflare selbst ein.',
    },
  },
  {
    value: 'file',
    label: { en: 'With an own config.yml', de: 'Mit einer eigenen config.yml' },
    help: {
      en: 'For those who know cloudflared and made a locally managed tunnel.',
      de: 'Für alle, die cloudflared kennen und einen lokal verwalteten Tunnel angelegt haben.',
    },
  },
];

/** What the fields of the topic say. */
export const fields = {
  how: {
    label: { en: 'How is the tunnel set up?', de: 'Wie wird der Tunnel eingerichtet?' },
    choices: ways,
  },
  token: {
    label: { en: 'Token of the tunnel', de: 'Token des Tunnels' },
    help: {
      en: 'At Cloudflare: Networking, Tunnels, Create a tunnel. Paste the whole line with "cloudflared service install" or only the token, which begins with eyJ.',
      de: 'Bei Cloudflare: Networking, Tunnels, Create a tunnel. Fügen Sie die ganze Zeile mit „cloudflared service install“ ein oder nur das Token, das mit eyJ beginnt.',
    },
  },
  apiToken: {
    label: { en: 'API token', de: 'API-Token' },
    help: {
      en: 'At Cloudflare: My Profile, API Tokens, Create Custom Token, with the rights Account: Cloudflare Tunnel: Edit; Zone: DNS: Edit; Zone: Zone: Read.',
      de: 'Bei Cloudflare: My Profile, API Tokens, Create Custom Token, mit den Rechten Account: Cloudflare Tunnel: Edit; Zone: DNS: Edit; Zone: Zone: Read.',
    },
  },
  hostname: {
    label: { en: 'Name in the Internet', de: 'Name im Internet' },
    help: {
      en: 'For example social.example.com. With the token of a tunnel, also enter it at Cloudflare, as a published application of the tunnel: Subdomain and Domain together are this name, Path stays empty, Type is HTTP, URL is localhost:80.',
      de: 'Zum Beispiel social.example.com. Beim Token eines Tunnels tragen Sie ihn auch bei Cloudflare ein, als „Published application“ des Tunnels: Subdomain und Domain ergeben zusammen diesen Namen, Path bleibt leer, Type ist HTTP, URL ist localhost:80.',
    },
  },
  service: {
    label: { en: 'Where the tunnel leads', de: 'Wohin der Tunnel führt' },
    help: {
      en: 'Leave it empty: to this device, http://localhost:80. An address with https:// needs three more entries at Cloudflare: under TLS, Origin Server Name with the name above and No TLS Verify on; under HTTP Settings, HTTP Host Header with the name above.',
      de: 'Leer lassen: zu diesem Gerät, http://localhost:80. Eine Adresse mit https:// braucht bei Cloudflare drei Einträge mehr: unter TLS „Origin Server Name“ mit dem Namen von oben und „No TLS Verify“ an; unter HTTP Settings „HTTP Host Header“ mit dem Namen von oben.',
    },
  },
  existingTunnel: {
    label: { en: 'Token of an existing tunnel', de: 'Token eines vorhandenen Tunnels' },
    help: {
      en: 'Leave it empty: the device makes a tunnel of its own.',
      de: 'Leer lassen: Das Gerät legt einen eigenen Tunnel an.',
    },
  },
  config: {
    label: { en: 'Text of the config.yml', de: 'Text der config.yml' },
    help: {
      en: 'Only its rules count. Where the key is and how cloudflared runs, the device decides.',
      de: 'Es zählen nur die Regeln. Wo der Schlüssel liegt und wie cloudflared läuft, bestimmt das Gerät.',
    },
  },
  credentials: {
    label: { en: 'Credentials of the tunnel', de: 'Zugangsdaten des Tunnels' },
    help: {
      en: 'The content of the JSON file that "cloudflared tunnel create" wrote, or the token of the tunnel.',
      de: 'Der Inhalt der JSON-Datei, die „cloudflared tunnel create“ geschrieben hat, oder das Token des Tunnels.',
    },
  },
} as const;

/** What is wrong with an answer. */
export const messages = {
  notOnlyName: {
    en: 'Only the name, without http:// and without anything behind it.',
    de: 'Nur der Name, ohne http:// und ohne etwas dahinter.',
  },
  umlauts: {
    en: 'Please write umlauts and other special letters as Cloudflare shows them, beginning with xn--.',
    de: 'Bitte schreiben Sie Umlaute und andere besondere Buchstaben so, wie Cloudflare sie zeigt, beginnend mit xn--.',
  },
  upperCase: { en: 'Please use small letters only.', de: 'Bitte nur Kleinbuchstaben verwenden.' },
  noDomain: {
    en: 'The domain is missing: such as social.example.com.',
    de: 'Die Domain fehlt: etwa social.example.com.',
  },
  badName: {
    en: 'A name has letters a to z, digits and hyphens, in parts with a dot between them.',
    de: 'Ein Name hat Buchstaben a bis z, Ziffern und Bindestriche, in Teilen mit einem Punkt dazwischen.',
  },
  onlyAtHome: {
    en: 'This name works only at home. Please give a name of your domain at Cloudflare.',
    de: 'Dieser Name gilt nur zu Hause. Bitte geben Sie einen Namen Ihrer Domain bei Cloudflare an.',
  },
  address: {
    en: 'This is an address in numbers. Please give a name of your domain at Cloudflare.',
    de: 'Das ist eine Adresse aus Zahlen. Bitte geben Sie einen Namen Ihrer Domain bei Cloudflare an.',
  },
  service: {
    en: 'An address such as http://localhost:80 or https://192.168.1.20:443, without a path.',
    de: 'Eine Adresse wie http://localhost:80 oder https://192.168.1.20:443, ohne Pfad.',
  },
  otherTunnel: {
    en: 'These credentials are for another tunnel than the one that the config.yml names.',
    de: 'Diese Zugangsdaten gehören zu einem anderen Tunnel als dem, den die config.yml nennt.',
  },
} as const;
