import type { Choice } from '../../../90-first-boot/agent/setup/define.ts';

const places: readonly Choice[] = [
  {
    value: 'local',
    label: { en: 'On this device', de: 'Auf diesem Gerät' },
    help: {
      en: 'Nothing more to do. They fill the disk, and each visitor loads them by way of your line.',
      de: 'Nichts weiter zu tun. Sie füllen den Datenträger, und alle laden sie über Ihren Anschluss.',
    },
  },
  {
    value: 'r2',
    label: { en: 'At Cloudflare R2', de: 'Bei Cloudflare R2' },
    help: {
      en: 'In the Cloudflare account of your domain; 10 GB cost nothing.',
      de: 'Im Cloudflare-Konto Ihrer Domain; 10 GB kosten nichts.',
    },
  },
  {
    value: 's3',
    label: { en: 'At another S3 store', de: 'Bei einem anderen S3-Speicher' },
    help: {
      en: 'Of a provider, or of your own (Garage, MinIO).',
      de: 'Bei einem Anbieter oder einem eigenen (Garage, MinIO).',
    },
  },
];

/** What the topic and its fields say. */
export const texts = {
  title: {
    en: 'Where shall pictures and videos be kept?',
    de: 'Wo sollen Bilder und Videos liegen?',
  },
  short: { en: 'Pictures of Mastodon', de: 'Bilder von Mastodon' },
  text: {
    en: 'Mastodon keeps what you post, and for some days also copies of what others post: soon 10 GB and more. If you skip this, they are on this device. When you save, the device puts a small file into the store, fetches it as a visitor would, and removes it.',
    de: 'Mastodon bewahrt auf, was Sie zeigen, und für einige Tage auch Kopien von dem, was andere zeigen: bald 10 GB und mehr. Wenn Sie das überspringen, liegen sie auf diesem Gerät. Beim Speichern legt das Gerät eine kleine Datei in den Speicher, holt sie wie ein Besucher und entfernt sie wieder.',
  },
  where: { label: { en: 'Place', de: 'Ort' }, choices: places },
  account: {
    label: { en: 'Account ID', de: 'Konto-ID (Account ID)' },
    help: {
      en: 'At Cloudflare: R2 Object Storage, Overview, Account details. 32 digits and letters a to f. For a bucket in the jurisdiction EU, write .eu behind it.',
      de: 'Bei Cloudflare: R2 Object Storage, Overview, Account details. 32 Ziffern und Buchstaben a bis f. Bei einem Bucket in der „Jurisdiction“ EU schreiben Sie .eu dahinter.',
    },
  },
  endpoint: {
    label: { en: 'Address of the store', de: 'Adresse des Speichers' },
    help: {
      en: 'Such as https://s3.eu-central-1.example.com, without the name of the bucket. Your provider calls it endpoint.',
      de: 'Etwa https://s3.eu-central-1.example.com, ohne den Namen des Buckets. Ihr Anbieter nennt sie Endpunkt oder „Endpoint“.',
    },
  },
  region: {
    label: { en: 'Region', de: 'Region' },
    help: {
      en: 'Such as eu-central-1, as your provider calls it. Empty: us-east-1.',
      de: 'Etwa eu-central-1, wie Ihr Anbieter sie nennt. Leer: us-east-1.',
    },
  },
  bucket: {
    label: { en: 'Name of the bucket', de: 'Name des Buckets' },
    help: {
      en: 'Create it at your provider first, for Mastodon alone.',
      de: 'Legen Sie ihn zuerst bei Ihrem Anbieter an, nur für Mastodon.',
    },
  },
  accessKey: {
    label: { en: 'Access key ID', de: 'Zugriffsschlüssel-ID (Access Key ID)' },
    help: {
      en: 'At R2: Overview, Manage API Tokens, Create API Token, with Object Read & Write for this bucket only. The page then shows it beside the secret key.',
      de: 'Bei R2: Overview, Manage API Tokens, Create API Token, mit „Object Read & Write“ nur für diesen Bucket. Die Seite zeigt sie dann neben dem geheimen Schlüssel.',
    },
  },
  secretKey: {
    label: { en: 'Secret access key', de: 'Geheimer Schlüssel (Secret Access Key)' },
  },
  publicHost: {
    label: {
      en: 'Name under which visitors load the files',
      de: 'Name, unter dem Besucher die Dateien laden',
    },
    help: {
      en: 'A name of its own that leads to the bucket, such as files.example.org. At R2: the bucket, Settings, Custom Domains, Add.',
      de: 'Ein eigener Name, der zum Bucket führt, etwa files.example.org. Bei R2: der Bucket, Settings, Custom Domains, Add.',
    },
  },
} as const;
