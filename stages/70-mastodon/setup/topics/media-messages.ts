import type { LocalText } from '../../../90-first-boot/agent/text/local-text.ts';

/** What is wrong with an answer about the media, as it stands there. */
export const shapes = {
  account: {
    en: 'The account ID has 32 digits and letters a to f, sometimes with .eu behind it.',
    de: 'Die Konto-ID hat 32 Ziffern und Buchstaben a bis f, manchmal mit .eu dahinter.',
  },
  endpoint: {
    en: 'An address such as https://s3.example.com, without the bucket and without a path.',
    de: 'Eine Adresse wie https://s3.example.com, ohne den Bucket und ohne Pfad.',
  },
  plainEndpoint: {
    en: 'Only a store at home may be without encryption. Please write https://.',
    de: 'Nur ein Speicher zu Hause darf ohne Verschlüsselung sein. Bitte schreiben Sie https://.',
  },
  region: {
    en: 'A region has small letters, digits and hyphens, such as eu-central-1.',
    de: 'Eine Region hat Kleinbuchstaben, Ziffern und Bindestriche, etwa eu-central-1.',
  },
  bucket: {
    en: 'The name of a bucket has 3 to 63 small letters, digits, hyphens and dots.',
    de: 'Der Name eines Buckets hat 3 bis 63 Kleinbuchstaben, Ziffern, Bindestriche und Punkte.',
  },
  key: { en: 'A key has no spaces in it.', de: 'In einem Schlüssel sind keine Leerzeichen.' },
  r2Access: {
    en: 'An access key ID of R2 has 32 digits and letters a to f. The value of the token itself is something else.',
    de: 'Eine „Access Key ID“ von R2 hat 32 Ziffern und Buchstaben a bis f. Der Wert des Tokens selbst ist etwas anderes.',
  },
  r2Secret: {
    en: 'A secret access key of R2 has 64 digits and letters a to f.',
    de: 'Ein „Secret Access Key“ von R2 hat 64 Ziffern und Buchstaben a bis f.',
  },
  r2Dev: {
    en: 'Addresses with r2.dev are for trying out and stop working when many visitors come. Please connect a name of your own to the bucket.',
    de: 'Adressen mit r2.dev sind zum Ausprobieren und versagen bei vielen Besuchern. Bitte verbinden Sie einen eigenen Namen mit dem Bucket.',
  },
  pagesHost: {
    en: 'The pages of Mastodon are under this name. Files need a name of their own, so that they can do no harm to the pages.',
    de: 'Unter diesem Namen sind die Seiten von Mastodon. Dateien brauchen einen eigenen Namen, damit sie den Seiten nicht schaden können.',
  },
} as const satisfies Readonly<Record<string, LocalText>>;

/** Why the store can't be used. */
export const storeMessages = {
  unreachable: {
    en: 'The store can not be reached under this address. Please check the spelling.',
    de: 'Unter dieser Adresse ist der Speicher nicht zu erreichen. Bitte prüfen Sie die Schreibweise.',
  },
  stranger: {
    en: 'Who answers under this address is no S3 store, or can not prove who it is. Please check the spelling.',
    de: 'Unter dieser Adresse antwortet kein S3-Speicher oder keiner, der sich ausweisen kann. Bitte prüfen Sie die Schreibweise.',
  },
  account: {
    en: 'Cloudflare has no store for this account. Please check the account ID, and that R2 is switched on there.',
    de: 'Cloudflare hat keinen Speicher für dieses Konto. Bitte prüfen Sie die Konto-ID und ob R2 dort eingeschaltet ist.',
  },
  refusedKey: {
    en: 'The store does not accept these keys. Please copy both once more, or create a new pair and enter both.',
    de: 'Der Speicher nimmt diese Schlüssel nicht an. Bitte kopieren Sie beide noch einmal, oder erstellen Sie ein neues Paar und geben Sie beide ein.',
  },
  wrongBucket: {
    en: 'There is no bucket of this name. Please check the spelling, or create it.',
    de: 'Einen Bucket mit diesem Namen gibt es nicht. Bitte prüfen Sie die Schreibweise, oder legen Sie ihn an.',
  },
  noRight: {
    en: 'These keys may not write into this bucket. Check its name; the keys need the right to read and write objects there (at R2: Object Read & Write).',
    de: 'Diese Schlüssel dürfen nicht in diesen Bucket schreiben. Prüfen Sie seinen Namen; die Schlüssel brauchen dort das Recht, Objekte zu lesen und zu schreiben (bei R2: Object Read & Write).',
  },
  noDelete: {
    en: 'These keys may write into the bucket, but not delete. Please give them the right to delete objects too, or old pictures stay for ever.',
    de: 'Diese Schlüssel dürfen in den Bucket schreiben, aber nichts löschen. Bitte geben Sie ihnen auch das Recht zum Löschen, sonst bleiben alte Bilder für immer.',
  },
  wrongRegion: {
    en: 'The bucket is in another region. Your provider shows it with the bucket.',
    de: 'Der Bucket liegt in einer anderen Region. Ihr Anbieter zeigt sie beim Bucket.',
  },
  wrongClock: {
    en: 'The clock of the device is wrong, so the store refuses. Please wait some minutes until the device has the time from the Internet.',
    de: 'Die Uhr des Geräts geht falsch, deshalb lehnt der Speicher ab. Bitte warten Sie einige Minuten, bis das Gerät die Zeit aus dem Internet hat.',
  },
  full: {
    en: 'The store is full. Please make room there, or order more.',
    de: 'Der Speicher ist voll. Bitte schaffen Sie dort Platz, oder bestellen Sie mehr.',
  },
  other: (words: string): LocalText => ({
    en: `The store refused: ${words}`,
    de: `Der Speicher hat abgelehnt: ${words}`,
  }),
} as const;

/** Why visitors would not see what is in the bucket. */
export const publicMessages = {
  unreachable: (host: string): LocalText => ({
    en: `The bucket works, but ${host} leads nowhere yet. Connect this name to the bucket (at R2: the bucket, Settings, Custom Domains). If you have just done so, try again in some minutes.`,
    de: `Der Bucket funktioniert, aber ${host} führt noch nirgendwohin. Verbinden Sie diesen Namen mit dem Bucket (bei R2: der Bucket, Settings, Custom Domains). Wenn Sie das eben getan haben, versuchen Sie es in einigen Minuten noch einmal.`,
  }),
  missing: (host: string): LocalText => ({
    en: `${host} does not lead to this bucket: the file is not there. Connect the name to this bucket (at R2: the bucket, Settings, Custom Domains).`,
    de: `${host} führt nicht zu diesem Bucket: Die Datei ist dort nicht. Verbinden Sie den Namen mit diesem Bucket (bei R2: der Bucket, Settings, Custom Domains).`,
  }),
  closed: (host: string): LocalText => ({
    en: `Visitors may not read the files under ${host}. Let everybody read single objects of the bucket, but not list them.`,
    de: `Besucher dürfen die Dateien unter ${host} nicht lesen. Erlauben Sie allen, einzelne Objekte des Buckets zu lesen, aber nicht, sie aufzulisten.`,
  }),
  challenge: (host: string): LocalText => ({
    en: `Cloudflare asks visitors of ${host} to prove that they are no robots; other servers can not. Switch off Bot Fight Mode and Under Attack for this domain.`,
    de: `Cloudflare verlangt von Besuchern von ${host} den Beweis, dass sie keine Roboter sind; andere Server können das nicht. Schalten Sie „Bot Fight Mode“ und „Under Attack“ für diese Domain ab.`,
  }),
  other: (host: string, status: number): LocalText => ({
    en: `Under ${host} something else answers than the file from the bucket (HTTP ${status}). Please check where the name leads.`,
    de: `Unter ${host} antwortet etwas anderes als die Datei aus dem Bucket (HTTP ${status}). Bitte prüfen Sie, wohin der Name führt.`,
  }),
  cors: (origin: string, isR2: boolean): LocalText => {
    const rule = corsRule(origin);
    return isR2
      ? {
          en: `The pages of Mastodon may not load the files yet. At Cloudflare: the bucket, Settings, CORS Policy, Add, JSON; paste this: ${rule}`,
          de: `Die Seiten von Mastodon dürfen die Dateien noch nicht laden. Bei Cloudflare: der Bucket, Settings, CORS Policy, Add, JSON; fügen Sie das ein: ${rule}`,
        }
      : {
          en: `The pages of Mastodon may not load the files yet. Give the bucket this rule for CORS at your provider: ${rule}`,
          de: `Die Seiten von Mastodon dürfen die Dateien noch nicht laden. Geben Sie dem Bucket bei Ihrem Anbieter diese Regel für CORS: ${rule}`,
        };
  },
} as const;

/** The rule by which pages of this origin may read the bucket, as R2 and S3 take it. */
export function corsRule(origin: string): string {
  const methods = ['GET', 'HEAD'];
  const rule = {
    AllowedOrigins: [origin],
    AllowedMethods: methods,
    AllowedHeaders: ['*'],
    MaxAgeSeconds: 86_400,
  };
  // Spaces, so that it can be broken into lines on a small page.
  return JSON.stringify([rule], undefined, 1).replaceAll(/\n */g, ' ');
}
