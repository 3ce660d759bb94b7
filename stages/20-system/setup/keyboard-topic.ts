import type { Topic } from '../../90-first-boot/agent/setup/define.ts';

/** The keyboard on the device itself. Nobody asks for it on a page: only a file on the card gives it. */
export const keyboardTopic: Topic = {
  id: 'keyboard',
  order: 50,
  title: { en: 'Which keyboard is on the device?', de: 'Welche Tastatur hängt am Gerät?' },
  short: { en: 'Keyboard', de: 'Tastatur' },
  isOptional: true,
  fields: [
    {
      kind: 'text',
      name: 'layout',
      label: { en: 'Layout', de: 'Belegung' },
      source: 'file',
      isOptional: true,
      maxLength: 20,
      validate: (value) => (/^[a-z][a-z0-9_-]*$/.test(value) ? undefined : messages.layout),
    },
    {
      kind: 'text',
      name: 'variant',
      label: { en: 'Variant', de: 'Variante' },
      source: 'file',
      isOptional: true,
      maxLength: 40,
      validate: (value) => (/^[A-Za-z0-9_-]+$/.test(value) ? undefined : messages.variant),
    },
  ],
  validate: ({ layout = '', variant = '' }) =>
    layout === '' && variant !== '' ? [{ field: 'layout', message: messages.missing }] : [],
};

const messages = {
  layout: {
    en: 'This is no keyboard layout. Examples: de, us, gb.',
    de: 'Das ist keine Tastaturbelegung. Beispiele: de, us, gb.',
  },
  variant: {
    en: 'This is no variant of a keyboard layout. Example: nodeadkeys.',
    de: 'Das ist keine Variante einer Tastaturbelegung. Beispiel: nodeadkeys.',
  },
  missing: {
    en: 'A variant needs a layout as well.',
    de: 'Zu einer Variante gehört auch eine Belegung.',
  },
} as const;
