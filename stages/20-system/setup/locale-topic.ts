import type { Topic } from '../../90-first-boot/agent/setup/define.ts';

/** The language of the pages and of what the device says. The system's own programs keep the image's language. */
export const localeTopic: Topic = {
  id: 'locale',
  order: 0,
  title: {
    en: 'Which language shall the device speak?',
    de: 'Welche Sprache soll das Gerät sprechen?',
  },
  short: { en: 'Language', de: 'Sprache' },
  text: {
    en: 'This is the language of these pages and of the messages of the device.',
    de: 'In dieser Sprache erscheinen diese Seiten und die Meldungen des Geräts.',
  },
  isOptional: false,
  fields: [
    {
      kind: 'choice',
      name: 'language',
      label: { en: 'Language', de: 'Sprache' },
      choices: [
        { value: 'en', label: 'English' },
        { value: 'de', label: 'Deutsch' },
      ],
      prefill: async (device) =>
        /^LANG="?de[_.]/m.test(device.read('/etc/locale.conf') ?? '') ? 'de' : 'en',
    },
  ],
};
