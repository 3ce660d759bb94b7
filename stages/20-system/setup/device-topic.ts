import type { Topic } from '../../90-first-boot/agent/setup/define.ts';
import type { LocalText } from '../../90-first-boot/agent/text/local-text.ts';
import { isNameTaken } from './name-in-network.ts';

/** What the device is called in the network. */
export const deviceTopic: Topic = {
  id: 'device',
  order: 10,
  title: { en: 'What shall the device be called?', de: 'Wie soll das Gerät heißen?' },
  short: { en: 'Name of the device', de: 'Name des Geräts' },
  text: {
    en: 'Other devices in your network find it by this name, followed by .local.',
    de: 'Unter diesem Namen mit der Endung .local finden andere Geräte in Ihrem Netz es.',
  },
  isOptional: false,
  fields: [
    {
      kind: 'text',
      name: 'name',
      label: { en: 'Name', de: 'Name' },
      help: {
        en: 'Small letters a to z, digits and hyphens, at most 63 characters.',
        de: 'Kleinbuchstaben a bis z, Ziffern und Bindestriche, höchstens 63 Zeichen.',
      },
      maxLength: 63,
      autocomplete: 'off',
      validate: deviceNameProblem,
      prefill: async (device) => device.read('/etc/hostname')?.trim() || undefined,
    },
  ],
  liveCheck: async ({ name = '' }, signal) =>
    (await isNameTaken(name, signal)) ? [{ field: 'name', message: messages.taken }] : [],
};

/** What is wrong with a host name (RFC 1123, one label, lower case), or undefined. */
export function deviceNameProblem(name: string): LocalText | undefined {
  if (name !== name.toLowerCase()) return messages.upperCase;
  if (!/^[a-z0-9-]*$/.test(name)) return messages.characters;
  if (name.startsWith('-') || name.endsWith('-')) return messages.hyphen;
  if (name.length > 63) return messages.tooLong;
  // Digits only look like an address to many programs.
  if (!/[a-z]/.test(name)) return messages.letter;
  return name === 'localhost' ? messages.localhost : undefined;
}

const messages = {
  upperCase: { en: 'Please use small letters only.', de: 'Bitte nur Kleinbuchstaben verwenden.' },
  characters: {
    en: 'Only the letters a to z, digits and hyphens can be used. No spaces, dots or umlauts.',
    de: 'Möglich sind nur die Buchstaben a bis z, Ziffern und Bindestriche. Keine Leerzeichen, Punkte oder Umlaute.',
  },
  hyphen: {
    en: 'A hyphen can not be the first or the last character.',
    de: 'Ein Bindestrich kann nicht am Anfang oder am Ende stehen.',
  },
  tooLong: { en: 'At most 63 characters.', de: 'Höchstens 63 Zeichen.' },
  letter: { en: 'It needs at least one letter.', de: 'Es muss mindestens ein Buchstabe vorkommen.' },
  localhost: {
    en: 'Every device calls itself "localhost". Please choose another name.',
    de: '„localhost“ nennt jedes Gerät sich selbst. Bitte wählen Sie einen anderen Namen.',
  },
  taken: {
    en: 'Another device in your network already has this name. Please choose another one.',
    de: 'Ein anderes Gerät in Ihrem Netz heißt schon so. Bitte wählen Sie einen anderen Namen.',
  },
} as const;
