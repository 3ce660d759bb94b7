import { StepFailure } from '../device/door.ts';
import type { LocalText } from '../text/local-text.ts';
import { withSizes } from './texts.ts';
import type { FetchTrouble, TroubleKind } from './trouble.ts';

/** What the owner is told when a file could not be fetched. `date` is what the device takes for the time. */
export function fetchFailure(name: string, trouble: FetchTrouble, date: Date): StepFailure {
  const { why, todo } = texts[trouble.kind]({ name, host: trouble.host, status: trouble.status, date });
  return new StepFailure(why, todo);
}

/** There is not enough room for the file. */
export function noRoom(name: string, neededBytes: number, freeBytes: number): StepFailure {
  const why = withSizes([neededBytes, freeBytes], {
    en: (needed, free) => `There is no room for "${name}": it needs ${needed}, and ${free} are free.`,
    de: (needed, free) => `Für „${name}“ ist kein Platz: Es werden ${needed} gebraucht, frei sind ${free}.`,
  });
  return new StepFailure(why, {
    en: 'Please remove files that you do not need, or use a larger card. Then try again.',
    de: 'Bitte löschen Sie nicht mehr benötigte Dateien, oder nehmen Sie eine größere Karte. Versuchen Sie es dann noch einmal.',
  });
}

interface Facts {
  readonly name: string;
  readonly host: string;
  readonly status: number | undefined;
  readonly date: Date;
}

interface Words {
  readonly why: LocalText;
  readonly todo: LocalText;
}

const texts: Readonly<Record<TroubleKind, (facts: Facts) => Words>> = {
  'no-internet': ({ name }) => ({
    why: {
      en: `The device has no connection to the Internet, and has to fetch "${name}" from there.`,
      de: `Das Gerät hat keine Verbindung zum Internet. Von dort muss es „${name}“ holen.`,
    },
    todo: {
      en: 'Please look whether the router is online and the network cable or the Wi-Fi of the device is connected. Then try again: what came in already is kept.',
      de: 'Bitte sehen Sie nach, ob der Router mit dem Internet verbunden ist und das Gerät am Netzwerkkabel oder im WLAN hängt. Versuchen Sie es dann noch einmal: Was schon geladen wurde, bleibt erhalten.',
    },
  }),
  name: ({ name, host }) => ({
    why: {
      en: `The network of the device does not know the address ${host}, from where "${name}" comes.`,
      de: `Das Netz des Geräts kennt die Adresse ${host} nicht, von der „${name}“ kommt.`,
    },
    todo: {
      en: 'If the router filters addresses (parental control, ad blocker), please allow this one. Then try again.',
      de: 'Wenn der Router Adressen filtert (Kinderschutz, Werbeblocker), lassen Sie diese bitte zu. Versuchen Sie es dann noch einmal.',
    },
  }),
  cut: ({ name, host }) => ({
    why: {
      en: `"${name}" could not be fetched: ${host} does not answer, or the connection breaks again and again.`,
      de: `„${name}“ konnte nicht geholt werden: ${host} antwortet nicht, oder die Verbindung bricht immer wieder ab.`,
    },
    todo: {
      en: 'Please try again in a few minutes: what came in already is kept. If it stays like this, a network cable may help.',
      de: 'Bitte versuchen Sie es in einigen Minuten noch einmal: Was schon geladen wurde, bleibt erhalten. Bleibt es so, hilft vielleicht ein Netzwerkkabel.',
    },
  }),
  refused: refusedWords,
  content: ({ name, host }) => ({
    why: {
      en: `What ${host} sends is not the "${name}" that this image expects. It was thrown away, nothing of it is used.`,
      de: `Was ${host} sendet, ist nicht das „${name}“, das dieses Abbild erwartet. Es wurde verworfen, nichts davon wird benutzt.`,
    },
    todo: {
      en: 'If this network has a login page (hotel, guest network), please sign in there or use another network. Then try again. If it stays like this, ask whoever made the image.',
      de: 'Wenn dieses Netz eine Anmeldeseite hat (Hotel, Gastnetz), melden Sie sich dort bitte an, oder nehmen Sie ein anderes Netz. Versuchen Sie es dann noch einmal. Bleibt es so, fragen Sie, wer das Abbild gemacht hat.',
    },
  }),
  clock: ({ host, date }) => ({
    why: {
      en: `The clock of the device says ${day(date)}. On this day the certificate of ${host} is not valid, so there is no safe connection.`,
      de: `Die Uhr des Geräts zeigt den ${day(date)}. An diesem Tag ist das Zertifikat von ${host} nicht gültig, daher gibt es keine sichere Verbindung.`,
    },
    todo: {
      en: 'If the date is wrong, the device has not got the time from the Internet yet: please wait a few minutes and try again. The router must allow NTP (UDP port 123). If the date is right, the server has a problem: try again later.',
      de: 'Stimmt das Datum nicht, hat das Gerät die Zeit noch nicht aus dem Internet bekommen: Bitte warten Sie einige Minuten und versuchen Sie es noch einmal. Der Router muss NTP (UDP-Port 123) zulassen. Stimmt das Datum, liegt es am Server: Versuchen Sie es später noch einmal.',
    },
  }),
  untrusted: ({ name, host }) => ({
    why: {
      en: `It is not sure that ${host} is who it claims to be, so "${name}" was not fetched from there.`,
      de: `Es ist nicht sicher, dass ${host} wirklich ${host} ist. Daher wurde „${name}“ nicht von dort geholt.`,
    },
    todo: {
      en: 'If this network has a login page or a filter that reads along (hotel, company, school), please use another network. Then try again.',
      de: 'Wenn dieses Netz eine Anmeldeseite oder einen mitlesenden Filter hat (Hotel, Firma, Schule), nehmen Sie bitte ein anderes Netz. Versuchen Sie es dann noch einmal.',
    },
  }),
};

function refusedWords({ name, host, status = 0 }: Facts): Words {
  const why = {
    en: `The server ${host} does not give out "${name}" (answer ${status}).`,
    de: `Der Server ${host} gibt „${name}“ nicht heraus (Antwort ${status}).`,
  };
  const isBusy = status >= 500 || status === 429 || status === 408;
  if (isBusy)
    return {
      why,
      todo: {
        en: 'It may be overloaded or under repair. Please try again in an hour.',
        de: 'Vielleicht ist er überlastet oder wird gewartet. Bitte versuchen Sie es in einer Stunde noch einmal.',
      },
    };
  return {
    why,
    todo: {
      en: 'It may have been moved or taken back by its maker. Please try again tomorrow. If it stays like this, ask for a newer image.',
      de: 'Vielleicht wurde es vom Hersteller verschoben oder zurückgezogen. Bitte versuchen Sie es morgen noch einmal. Bleibt es so, fragen Sie nach einem neueren Abbild.',
    },
  };
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
