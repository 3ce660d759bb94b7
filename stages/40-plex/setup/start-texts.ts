import type { FailurePair } from './install-texts.ts';

const newCode = {
  en: 'Open "Plex" among your answers, enter a new code from plex.tv/claim and save.',
  de: 'Öffnen Sie „Plex“ bei Ihren Angaben, tragen Sie einen neuen Code von plex.tv/claim ein und speichern Sie.',
} as const;

/** Why Plex could not be started. */
export const startTexts = {
  notInstalled: [
    { en: 'Plex is not installed yet.', de: 'Plex ist noch nicht installiert.' },
    {
      en: 'Open "Plex" among your answers and save it again: the device then tries to download it once more.',
      de: 'Öffnen Sie „Plex“ bei Ihren Angaben und speichern Sie erneut: Dann versucht das Gerät noch einmal, es herunterzuladen.',
    },
  ],
  noAccount: [
    {
      en: 'The device is not signed in at Plex: the claim code was not exchanged.',
      de: 'Das Gerät ist nicht bei Plex angemeldet: Der Claim-Code wurde nicht eingelöst.',
    },
    newCode,
  ],
  unclaimed: [
    {
      en: 'Plex runs, but does not belong to your account.',
      de: 'Plex läuft, gehört aber nicht zu Ihrem Konto.',
    },
    newCode,
  ],
  silent: [
    { en: 'Plex was started, but does not answer.', de: 'Plex wurde gestartet, antwortet aber nicht.' },
    {
      en: 'Try again. If it fails again, restart the device.',
      de: 'Versuchen Sie es noch einmal. Wenn es wieder nicht gelingt, starten Sie das Gerät neu.',
    },
  ],
} as const satisfies Readonly<Record<string, FailurePair>>;
