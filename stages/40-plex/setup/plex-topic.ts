import type { DeviceLook } from '../../90-first-boot/agent/device/door.ts';
import type { Exchanged, Topic, Values } from '../../90-first-boot/agent/setup/define.ts';
import { type Account, claim, claimCode, knownAccount } from './account.ts';
import { claimTexts } from './claim-texts.ts';

/** Whether Plex is wanted, and whose it is. */
export const plexTopic: Topic = {
  id: 'plex',
  order: 110,
  title: {
    en: 'Shall Plex show your films and play your music?',
    de: 'Soll Plex Ihre Filme zeigen und Ihre Musik abspielen?',
  },
  short: { en: 'Plex', de: 'Plex' },
  text: {
    en: 'The program of Plex is closed source. If this image does not have it already, the device downloads it from Plex (about 100 MB). You need an account at plex.tv. Open plex.tv/claim in another tab, sign in, copy the code, and save here within four minutes.',
    de: 'Das Programm von Plex ist nicht quelloffen. Hat dieses Image es nicht schon, lädt das Gerät es bei Plex herunter (etwa 100 MB). Sie brauchen ein Konto bei plex.tv. Öffnen Sie plex.tv/claim in einem anderen Tab, melden Sie sich an, kopieren Sie den Code und speichern Sie hier innerhalb von vier Minuten.',
  },
  isOptional: true,
  fields: [
    {
      kind: 'choice',
      name: 'terms',
      label: { en: 'Terms of Plex', de: 'Bedingungen von Plex' },
      help: {
        en: 'You find them at plex.tv/about/privacy-legal. Plex allows private use only.',
        de: 'Sie stehen auf plex.tv/about/privacy-legal. Plex erlaubt nur die private Nutzung.',
      },
      choices: [
        {
          value: 'accepted',
          label: {
            en: 'I accept the terms of service of Plex',
            de: 'Ich nehme die Nutzungsbedingungen von Plex an',
          },
        },
      ],
    },
    {
      kind: 'text',
      name: 'claim',
      label: { en: 'Claim code', de: 'Claim-Code' },
      help: {
        en: 'From plex.tv/claim, such as claim-AbC123… The device shows it to Plex when you save.',
        de: 'Von plex.tv/claim, etwa claim-AbC123… Das Gerät zeigt ihn Plex, sobald Sie speichern.',
      },
      isSecret: true,
      maxLength: 120,
      autocomplete: 'off',
      validate: (value) =>
        /^claim-[A-Za-z0-9_-]{8,100}$/.test(claimCode(value)) ? undefined : claimTexts.shape,
    },
    {
      kind: 'choice',
      name: 'cds',
      label: { en: 'Music from CDs', de: 'Musik von CDs' },
      help: {
        en: 'With a CD drive on USB: put an audio CD in, and its music is copied into the folder Music, without loss of quality.',
        de: 'Mit einem CD-Laufwerk an USB: Legen Sie eine Musik-CD ein, und ihre Musik wird ohne Qualitätsverlust in den Ordner Music kopiert.',
      },
      isOptional: true,
      choices: [
        { value: 'no', label: { en: 'No', de: 'Nein' } },
        { value: 'yes', label: { en: 'Yes, copy CDs', de: 'Ja, CDs kopieren' } },
      ],
      prefill: async () => 'no',
    },
    {
      kind: 'text',
      name: 'token',
      label: { en: 'Token of the server', de: 'Token des Servers' },
      source: 'file',
      isSecret: true,
      isOptional: true,
      maxLength: 200,
    },
    {
      kind: 'text',
      name: 'machineId',
      label: { en: 'Identity of the server', de: 'Kennung des Servers' },
      source: 'file',
      isOptional: true,
      maxLength: 36,
      validate: (value) => (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value) ? undefined : noId),
    },
    {
      kind: 'text',
      name: 'exchanged',
      label: { en: 'Claim code of the token', de: 'Claim-Code des Tokens' },
      source: 'file',
      isSecret: true,
      isOptional: true,
      maxLength: 120,
    },
  ],
  exchange,
};

async function exchange(values: Values, device: DeviceLook, signal: AbortSignal): Promise<Exchanged> {
  const known = knownAccount(values, device);
  if (known !== undefined) return { values: withAccount(values, known) };
  const code = claimCode(values['claim'] ?? '');
  const claimed = await claim({ code, machineId: values['machineId'] }, device, signal);
  if ('problem' in claimed) return { problems: [{ field: 'claim', message: claimed.problem }] };
  return { values: withAccount(values, claimed.account) };
}

function withAccount(values: Values, account: Account): Values {
  return { ...values, claim: account.exchanged, ...account };
}

const noId = { en: 'This is no UUID.', de: 'Das ist keine UUID.' } as const;
