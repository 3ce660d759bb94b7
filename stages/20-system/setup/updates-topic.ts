import type { Topic } from '../../90-first-boot/agent/setup/define.ts';

/** What the device installs by itself. */
export const updatesTopic: Topic = {
  id: 'updates',
  order: 60,
  title: {
    en: 'Which updates shall install themselves?',
    de: 'Welche Aktualisierungen sollen sich selbst installieren?',
  },
  short: { en: 'Updates', de: 'Aktualisierungen' },
  text: {
    en: 'The device looks for updates once a day. Some of them work only after a restart.',
    de: 'Das Gerät sucht einmal am Tag nach Aktualisierungen. Manche wirken erst nach einem Neustart.',
  },
  isOptional: false,
  fields: [
    {
      kind: 'choice',
      name: 'install',
      label: { en: 'Updates', de: 'Aktualisierungen' },
      choices: [
        {
          value: 'all',
          label: { en: 'Security fixes and stable updates', de: 'Sicherheitsupdates und stabile Updates' },
          help: {
            en: 'Recommended. The device never restarts by itself; the status page says when it should.',
            de: 'Empfohlen. Das Gerät startet nie von selbst neu; die Statusseite sagt, wann das nötig ist.',
          },
        },
        {
          value: 'all-restart',
          label: {
            en: 'The same, with a restart at night when needed',
            de: 'Ebenso, nachts mit Neustart bei Bedarf',
          },
          help: {
            en: 'Nothing to do for you. Once in a while the services are away for a few minutes at 3:30.',
            de: 'Sie müssen sich um nichts kümmern. Ab und zu sind die Dienste um 3:30 Uhr einige Minuten nicht da.',
          },
        },
        {
          value: 'security',
          label: { en: 'Security fixes only', de: 'Nur Sicherheitsupdates' },
          help: {
            en: 'Other mistakes in programs are not mended by themselves. Updates of the kernel are included: its security fixes come with them.',
            de: 'Andere Fehler in Programmen werden nicht von selbst behoben. Updates des Kernels gehören dazu: mit ihnen kommen seine Sicherheitsupdates.',
          },
        },
      ],
      prefill: async () => 'all',
    },
  ],
};
