import type { CheckResult } from '../../90-first-boot/agent/setup/define.ts';

/** What the doctor says of Plex; the first four by the state that Plex tells. */
export const checkTexts = {
  claimed: {
    state: 'good',
    meaning: {
      en: 'Plex runs and belongs to your account.',
      de: 'Plex läuft und gehört zu Ihrem Konto.',
    },
  },
  unclaimed: {
    state: 'bad',
    meaning: {
      en: 'Plex runs, but does not belong to an account any more.',
      de: 'Plex läuft, gehört aber zu keinem Konto mehr.',
    },
    todo: {
      en: 'Open "Plex" on the status page, enter a new code from plex.tv/claim and save.',
      de: 'Öffnen Sie „Plex“ auf der Statusseite, tragen Sie einen neuen Code von plex.tv/claim ein und speichern Sie.',
    },
  },
  starting: {
    state: 'warning',
    meaning: { en: 'Plex is still starting.', de: 'Plex startet noch.' },
    todo: { en: 'Look again in a few minutes.', de: 'Sehen Sie in einigen Minuten noch einmal nach.' },
  },
  away: {
    state: 'bad',
    meaning: { en: 'Plex does not answer.', de: 'Plex antwortet nicht.' },
    todo: {
      en: 'Restart the device. If it stays like this, the support bundle says more.',
      de: 'Starten Sie das Gerät neu. Bleibt es so, sagt das Support-Paket mehr.',
    },
  },
  notSetUp: {
    state: 'good',
    meaning: {
      en: 'Plex is not set up. You can do that on the status page.',
      de: 'Plex ist nicht eingerichtet. Das geht auf der Statusseite.',
    },
  },
  newEnough: {
    state: 'good',
    meaning: {
      en: 'It has none of the security holes that this device knows of.',
      de: 'Sie hat keine der Sicherheitslücken, die dieses Gerät kennt.',
    },
  },
  tooOld: {
    state: 'bad',
    meaning: {
      en: 'This version of Plex has known security holes.',
      de: 'Diese Version von Plex hat bekannte Sicherheitslücken.',
    },
    todo: {
      en: 'See that the device reaches the Internet and leave it on over night: it then installs the new version.',
      de: 'Sorgen Sie dafür, dass das Gerät ins Internet kommt, und lassen Sie es über Nacht an: Dann installiert es die neue Version.',
    },
  },
  noUpdates: {
    state: 'warning',
    meaning: {
      en: 'Plex gets no new versions: the device did not reach its server when Plex was set up.',
      de: 'Plex bekommt keine neuen Versionen: Das Gerät hat den Server von Plex beim Einrichten nicht erreicht.',
    },
    todo: {
      en: 'See that the device reaches the Internet. Then open "Plex" on the status page, enter a new code from plex.tv/claim and save.',
      de: 'Sorgen Sie dafür, dass das Gerät ins Internet kommt. Öffnen Sie dann „Plex“ auf der Statusseite, tragen Sie einen neuen Code von plex.tv/claim ein und speichern Sie.',
    },
  },
  folder: {
    state: 'good',
    meaning: {
      en: 'Plex and the computers of the house can use the folder.',
      de: 'Plex und die Computer im Haus können den Ordner benutzen.',
    },
  },
} as const satisfies Readonly<Record<string, CheckResult>>;
