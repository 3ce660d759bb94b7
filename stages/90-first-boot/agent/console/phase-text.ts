import { type LocalText, localText } from '../text/local-text.ts';
import type { DevicePhase } from './device-phase.ts';

type BothLanguages = Readonly<Record<'en' | 'de', string>>;

/** The languages of everything that is shown without a browser: nobody was asked yet which one to use. */
export const shownLanguages = ['en', 'de'] as const;

/** One sentence on where the device stands, which stays the same until it stands elsewhere. */
export function phaseText(phase: DevicePhase): BothLanguages {
  return phase.name === 'attention' ? attention[phase.of] : texts[phase.name];
}

/** How far it is (`40 %, naming the device`), or undefined when there is nothing to tell. */
export function progressText(phase: DevicePhase): BothLanguages | undefined {
  if (phase.name !== 'applying') return undefined;
  const { percent, step } = phase;
  return { en: progressIn('en', percent, step), de: progressIn('de', percent, step) };
}

function progressIn(language: string, percent: number, step: LocalText | undefined): string {
  return step === undefined ? `${percent} %` : `${percent} %: ${localText(step, language)}`;
}

const texts: Readonly<Record<Exclude<DevicePhase['name'], 'attention'>, BothLanguages>> = {
  waiting: {
    en: 'Waiting to be set up: open the page in a browser on the same network.',
    de: 'Wartet auf die Einrichtung: Seite im selben Netz im Browser öffnen.',
  },
  asking: { en: 'Being set up in a browser.', de: 'Wird gerade im Browser eingerichtet.' },
  applying: {
    en: 'Being set up. Please leave the power on.',
    de: 'Wird eingerichtet. Bitte nicht ausschalten.',
  },
  ready: { en: 'Ready.', de: 'Bereit.' },
  resetting: {
    en: 'Factory reset at the next start. Please leave the power on.',
    de: 'Wird beim nächsten Start zurückgesetzt. Bitte nicht ausschalten.',
  },
};

const attention: Readonly<Record<'setup' | 'service', BothLanguages>> = {
  setup: {
    en: 'Needs attention: a step of the setup failed. See the page.',
    de: 'Braucht Aufmerksamkeit: Ein Schritt ist gescheitert. Siehe Seite.',
  },
  service: {
    en: 'Needs attention: open the page, or run "hearthctl doctor".',
    de: 'Braucht Aufmerksamkeit: Seite öffnen, oder "hearthctl doctor".',
  },
};
