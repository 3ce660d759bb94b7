import type { Choice, Topic } from '../../../90-first-boot/agent/setup/define.ts';
import type { LocalText } from '../../../90-first-boot/agent/text/local-text.ts';
import { isInImage } from './availability.ts';

const noOrYes = (yes: LocalText): readonly Choice[] => [
  { value: 'no', label: { en: 'No', de: 'Nein' } },
  { value: 'yes', label: yes },
];

/** What most people leave as it is. */
export const moreTopic: Topic = {
  id: 'mastodon-more',
  order: 133,
  title: {
    en: 'Shall Mastodon work in an unusual way?',
    de: 'Soll Mastodon ungewöhnlich arbeiten?',
  },
  short: { en: 'Mastodon, for experts', de: 'Mastodon, für Erfahrene' },
  text: {
    en: 'You can skip this. Copies of pictures and videos from other servers are then forgotten after 7 days and fetched again when somebody looks at them; messages are kept for ever.',
    de: 'Sie können das überspringen. Kopien von Bildern und Videos anderer Server werden dann nach 7 Tagen vergessen und neu geholt, wenn jemand sie ansieht; Nachrichten bleiben für immer.',
  },
  isOptional: true,
  onlyWith: 'mastodon',
  isAvailable: isInImage,
  fields: [
    {
      kind: 'choice',
      name: 'authorizedFetch',
      label: { en: 'Must other servers say who they are?', de: 'Müssen andere Server sagen, wer sie sind?' },
      help: {
        en: 'Blocked servers then can not read public messages either (AUTHORIZED_FETCH). Some relays and old servers no longer understand yours.',
        de: 'Dann können gesperrte Server auch öffentliche Nachrichten nicht lesen (AUTHORIZED_FETCH). Manche Relays und alte Server verstehen Ihren dann nicht mehr.',
      },
      choices: noOrYes({ en: 'Yes', de: 'Ja' }),
      prefill: async () => 'no',
    },
    {
      kind: 'choice',
      name: 'limitedFederation',
      label: {
        en: 'Exchange messages only with servers that you let in?',
        de: 'Nachrichten nur mit Servern austauschen, die Sie zulassen?',
      },
      help: {
        en: 'For a closed circle (LIMITED_FEDERATION_MODE). Decide it now: later, what other servers sent before would have to be removed by hand.',
        de: 'Für einen geschlossenen Kreis (LIMITED_FEDERATION_MODE). Entscheiden Sie es jetzt: Später müsste von Hand entfernt werden, was andere Server vorher geschickt haben.',
      },
      choices: noOrYes({ en: 'Yes, only with those', de: 'Ja, nur mit diesen' }),
      prefill: async () => 'no',
    },
    {
      kind: 'text',
      name: 'keepMediaDays',
      label: { en: 'Days to keep copies of pictures', de: 'Tage, die Kopien von Bildern bleiben' },
      help: {
        en: 'Only copies of other servers. They come back when somebody looks at them.',
        de: 'Nur Kopien von anderen Servern. Sie kommen wieder, wenn jemand sie ansieht.',
      },
      isOptional: true,
      maxLength: 4,
      inputMode: 'numeric',
      autocomplete: 'off',
      prefill: async () => '7',
      validate: (value) => daysProblem(value, 1),
    },
    {
      kind: 'text',
      name: 'keepPostsDays',
      label: { en: 'Days to keep messages of others', de: 'Tage, die Nachrichten anderer bleiben' },
      help: {
        en: 'Leave it empty to keep them for ever. Older messages from other servers are deleted and do not come back, also those in bookmarks.',
        de: 'Leer lassen, um sie für immer zu behalten. Ältere Nachrichten anderer Server werden gelöscht und kommen nicht wieder, auch die in Lesezeichen.',
      },
      isOptional: true,
      maxLength: 4,
      inputMode: 'numeric',
      autocomplete: 'off',
      validate: (value) => daysProblem(value, 30),
    },
  ],
};

function daysProblem(value: string, least: number): LocalText | undefined {
  const days = Number(value);
  if (/^[0-9]{1,4}$/.test(value) && days >= least && days <= 3_650) return undefined;
  return { en: `A number from ${least} to 3650.`, de: `Eine Zahl von ${least} bis 3650.` };
}
