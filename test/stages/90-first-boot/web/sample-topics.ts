import type { TopicView } from '../../../../stages/90-first-boot/agent/door/protocol.ts';
import type { Topic } from '../../../../stages/90-first-boot/agent/setup/define.ts';

/** Questions of every kind that a page can have, in the words of a small server. */
export const sampleTopics: readonly TopicView[] = [
  {
    id: 'locale',
    title: { en: 'Which language shall the device speak?', de: 'Welche Sprache soll das Gerät sprechen?' },
    short: { en: 'Language', de: 'Sprache' },
    text: {
      en: 'This is the language of these pages and of the messages of the device.',
      de: 'In dieser Sprache erscheinen diese Seiten und die Meldungen des Geräts.',
    },
    isOptional: false,
    state: 'open',
    fields: [
      {
        name: 'language',
        kind: 'choice',
        label: { en: 'Language', de: 'Sprache' },
        isOptional: false,
        choices: [
          { value: 'en', label: 'English' },
          { value: 'de', label: 'Deutsch' },
        ],
        value: 'en',
      },
    ],
  },
  {
    id: 'device',
    title: { en: 'What shall the device be called?', de: 'Wie soll das Gerät heißen?' },
    short: { en: 'Name of the device', de: 'Name des Geräts' },
    text: {
      en: 'Other devices in your network find it by this name, followed by .local.',
      de: 'Unter diesem Namen mit der Endung .local finden andere Geräte in Ihrem Netz es.',
    },
    isOptional: false,
    state: 'open',
    fields: [
      {
        name: 'name',
        kind: 'text',
        label: { en: 'Name', de: 'Name' },
        help: {
          en: 'Small letters a to z, digits and hyphens, at most 63 characters.',
          de: 'Kleinbuchstaben a bis z, Ziffern und Bindestriche, höchstens 63 Zeichen.',
        },
        isOptional: false,
        autocomplete: 'off',
        maxLength: 63,
        value: 'hearth',
      },
    ],
  },
  {
    id: 'administrator',
    title: { en: 'Who is the administrator?', de: 'Wer verwaltet das Gerät?' },
    short: { en: 'Administrator', de: 'Administrator' },
    text: {
      en: 'With this name and password you log in later. Give a password, an SSH key, or both.',
      de: 'Mit diesem Namen und Passwort melden Sie sich später an. Geben Sie ein Passwort, einen SSH-Schlüssel oder beides an.',
    },
    isOptional: false,
    state: 'open',
    fields: [
      {
        name: 'name',
        kind: 'text',
        label: { en: 'User name', de: 'Benutzername' },
        isOptional: false,
        autocomplete: 'username',
        maxLength: 32,
      },
      {
        name: 'password',
        kind: 'secret',
        label: { en: 'Password', de: 'Passwort' },
        help: {
          en: 'At least 10 characters. Some words that only you put together are good and easy to keep in mind.',
          de: 'Mindestens 10 Zeichen. Einige Wörter, die nur Sie so zusammenstellen, sind gut und leicht zu merken.',
        },
        isOptional: true,
        isNew: true,
        autocomplete: 'new-password',
        maxLength: 128,
        isSet: false,
      },
      {
        name: 'sshKeys',
        kind: 'text',
        label: { en: 'Public SSH keys', de: 'Öffentliche SSH-Schlüssel' },
        help: {
          en: 'For those who know SSH: one key a line, such as the text of id_ed25519.pub.',
          de: 'Für alle, die SSH kennen: ein Schlüssel je Zeile, etwa der Inhalt von id_ed25519.pub.',
        },
        isOptional: true,
        autocomplete: 'off',
        maxLength: 16_000,
        lines: 4,
      },
    ],
  },
  {
    id: 'time',
    title: { en: 'Which time zone is the device in?', de: 'In welcher Zeitzone steht das Gerät?' },
    short: { en: 'Time zone', de: 'Zeitzone' },
    text: {
      en: 'The clock sets itself from the Internet. Summer time is taken care of.',
      de: 'Die Uhr stellt sich über das Internet von selbst, auch auf Sommerzeit.',
    },
    isOptional: false,
    state: 'open',
    fields: [
      {
        name: 'zone',
        kind: 'choice',
        label: { en: 'Time zone', de: 'Zeitzone' },
        isOptional: false,
        choices: [
          'America/New_York',
          'Asia/Tokyo',
          'Etc/UTC',
          'Europe/Berlin',
          'Europe/London',
          'Europe/Vienna',
          'Europe/Zurich',
          'UTC',
        ].map((zone) => ({ value: zone, label: zone.replaceAll('_', ' ') })),
        value: 'Etc/UTC',
      },
    ],
  },
  {
    id: 'wifi',
    title: { en: 'Shall the device use Wi-Fi?', de: 'Soll das Gerät WLAN benutzen?' },
    short: { en: 'Wi-Fi', de: 'WLAN' },
    text: {
      en: 'With a network cable you can skip this. The cable stays in use when both are there.',
      de: 'Mit einem Netzwerkkabel können Sie das überspringen. Wenn beides da ist, gilt weiter das Kabel.',
    },
    isOptional: true,
    state: 'open',
    fields: [
      {
        name: 'security',
        kind: 'choice',
        label: { en: 'Kind of network', de: 'Art des Netzes' },
        isOptional: false,
        choices: [
          {
            value: 'password',
            label: { en: 'With a password', de: 'Mit Passwort' },
            help: { en: 'Nearly every network at home.', de: 'Fast jedes Netz zu Hause.' },
          },
          { value: 'open', label: { en: 'Open, without a password', de: 'Offen, ohne Passwort' } },
        ],
        value: 'password',
      },
      {
        name: 'network',
        kind: 'text',
        label: { en: 'Name of the network', de: 'Name des Netzes' },
        help: {
          en: 'Exactly as your router shows it, with capital and small letters.',
          de: 'Genau wie der Router ihn zeigt, mit Groß- und Kleinbuchstaben.',
        },
        isOptional: false,
        maxLength: 32,
        autocomplete: 'off',
        suggestions: ['Home', 'Neighbours'],
      },
      {
        name: 'password',
        kind: 'secret',
        label: { en: 'Password of the network', de: 'Passwort des Netzes' },
        isOptional: false,
        isNew: false,
        maxLength: 64,
        autocomplete: 'off',
        isSet: false,
      },
    ],
  },
  {
    id: 'updates',
    title: {
      en: 'Which updates shall install themselves?',
      de: 'Welche Aktualisierungen sollen sich selbst installieren?',
    },
    short: { en: 'Updates', de: 'Aktualisierungen' },
    isOptional: false,
    state: 'open',
    fields: [
      {
        name: 'install',
        kind: 'choice',
        label: { en: 'Updates', de: 'Aktualisierungen' },
        isOptional: false,
        choices: [
          {
            value: 'all',
            label: { en: 'Security fixes and stable updates', de: 'Sicherheitsupdates und stabile Updates' },
            help: {
              en: 'Recommended. The device never restarts by itself; the status page says when it should.',
              de: 'Empfohlen. Das Gerät startet nie von selbst neu; die Statusseite sagt, wann das nötig ist.',
            },
          },
          { value: 'security', label: { en: 'Security fixes only', de: 'Nur Sicherheitsupdates' } },
        ],
        value: 'all',
      },
    ],
  },
];

/** The rules behind them, as far as the web process looks at them. */
export const sampleRules: readonly Topic[] = [
  {
    id: 'device',
    order: 10,
    title: '',
    short: '',
    isOptional: false,
    fields: [
      {
        name: 'name',
        kind: 'text',
        label: '',
        maxLength: 63,
        validate: (name) => (name.includes(' ') ? nameProblem : undefined),
      },
    ],
    liveCheck: async ({ name }) =>
      name === 'taken'
        ? [
            {
              field: 'name',
              message: {
                en: 'Another device in your network already has this name.',
                de: 'Ein anderes Gerät in Ihrem Netz heißt schon so.',
              },
            },
          ]
        : [],
  },
  {
    id: 'wifi',
    order: 40,
    title: '',
    short: '',
    isOptional: true,
    fields: [
      { name: 'security', kind: 'choice', label: '', choices: [] },
      { name: 'network', kind: 'text', label: '', maxLength: 32 },
      {
        name: 'password',
        kind: 'secret',
        label: '',
        isNew: false,
        maxLength: 64,
        onlyIf: ({ security }) => security !== 'open',
      },
    ],
  },
];

export const nameProblem = {
  en: 'Only the letters a to z, digits and hyphens can be used. No spaces, dots or umlauts.',
  de: 'Möglich sind nur die Buchstaben a bis z, Ziffern und Bindestriche. Keine Leerzeichen, Punkte oder Umlaute.',
};
