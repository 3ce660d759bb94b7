import type {
  DoctorResult,
  HotspotView,
  SetupEvent,
  StatusView,
} from '../../../../stages/90-first-boot/agent/door/protocol.ts';

export const sampleStatus: StatusView = {
  hostname: 'hearth',
  addresses: [
    { url: 'http://hearth.local/', medium: 'name' },
    { url: 'http://192.168.178.20/', medium: 'cable' },
    { url: 'http://192.168.178.21/', medium: 'wifi' },
  ],
  services: [
    {
      name: { en: 'Shared folders', de: 'Freigaben' },
      description: { en: 'Files for every computer in the house', de: 'Dateien für alle im Haus' },
      state: 'running',
    },
    {
      name: { en: 'Clock', de: 'Uhr' },
      description: { en: 'The right time from the Internet', de: 'Die richtige Zeit aus dem Internet' },
      state: 'running',
    },
    {
      name: { en: 'Updates', de: 'Aktualisierungen' },
      description: { en: 'Security fixes, once a day', de: 'Sicherheitsupdates, einmal am Tag' },
      state: 'off',
    },
  ],
  links: [
    {
      title: { en: 'Shared folder “media”', de: 'Freigabe „media“' },
      text: {
        en: 'Type this into your file manager. On Windows: \\\\hearth\\media',
        de: 'Geben Sie das in Ihren Dateimanager ein. Unter Windows: \\\\hearth\\media',
      },
      address: 'smb://hearth.local/media',
    },
    {
      title: { en: 'Let another device join', de: 'Ein weiteres Gerät aufnehmen' },
      text: {
        en: 'On the other device, enter this address and the token.',
        de: 'Geben Sie auf dem anderen Gerät diese Adresse und das Token ein.',
      },
      address: 'hearth.local',
      secret: {
        label: { en: 'Show the token', de: 'Token zeigen' },
        value: 'K107c4f1e0a2b9d8e6f3a5b4c7d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b::node:sample',
      },
    },
  ],
  disks: [
    {
      name: { en: 'Memory card', de: 'Speicherkarte' },
      sizeBytes: 63_864_569_856,
      freeBytes: 51_310_000_000,
      health: { state: 'good', meaning: { en: 'No errors.', de: 'Keine Fehler.' } },
    },
  ],
  updates: { waiting: 0, lastLook: '2026-11-23T03:30:00Z', needsRestart: false },
  topics: [],
  release: { version: '1.0.0', image: 'hearth', date: '2026-11-23' },
  isApplying: false,
};

export const sampleDoctor: readonly DoctorResult[] = [
  {
    id: 'system.network',
    stage: '20-system',
    title: { en: 'Network', de: 'Netz' },
    state: 'good',
    meaning: { en: 'Connected by cable and Wi-Fi.', de: 'Verbunden über Kabel und WLAN.' },
  },
  {
    id: 'system.power',
    stage: '20-system',
    title: { en: 'Power supply', de: 'Netzteil' },
    state: 'warning',
    meaning: {
      en: 'The voltage was too low since the start.',
      de: 'Die Spannung war seit dem Start zu niedrig.',
    },
    todo: {
      en: 'Use the power supply that belongs to your Raspberry Pi.',
      de: 'Verwenden Sie das Netzteil, das zu Ihrem Raspberry Pi gehört.',
    },
  },
  {
    id: 'system.disk',
    stage: '20-system',
    title: { en: 'Memory card', de: 'Speicherkarte' },
    state: 'bad',
    meaning: { en: 'The card reported errors.', de: 'Die Karte hat Fehler gemeldet.' },
    todo: {
      en: 'Save your files to another disk now, and replace the card.',
      de: 'Sichern Sie Ihre Dateien jetzt auf einen anderen Datenträger und ersetzen Sie die Karte.',
    },
  },
];

export const sampleHotspot: HotspotView = {
  networks: [
    { name: 'Home', isSecured: true, strength: 82 },
    { name: 'Neighbours', isSecured: true, strength: 41 },
    { name: 'Café', isSecured: false, strength: 20 },
  ],
  country: 'DE',
};

const steps = [
  { id: 'system.hostname', title: { en: 'Naming the device', de: 'Gerät benennen' }, seconds: 2 },
  { id: 'system.timezone', title: { en: 'Setting the clock', de: 'Uhr stellen' }, seconds: 2 },
  { id: 'system.administrator', title: { en: 'Making your account', de: 'Ihr Konto anlegen' }, seconds: 4 },
  {
    id: 'system.wifi',
    title: { en: 'Connecting to your Wi-Fi', de: 'Mit Ihrem WLAN verbinden' },
    seconds: 20,
  },
  { id: 'samba.user', title: { en: 'Sharing the folder', de: 'Ordner freigeben' }, seconds: 6 },
  {
    id: 'system.updates',
    title: { en: 'Looking for updates', de: 'Nach Aktualisierungen sehen' },
    seconds: 30,
  },
] as const;

type Happening = SetupEvent extends infer One
  ? One extends SetupEvent
    ? Omit<One, 'id' | 'time' | 'run'>
    : never
  : never;

/** A log of these happenings. */
export function logOf(happenings: readonly Happening[]): readonly SetupEvent[] {
  return happenings.map(
    (happening, index) =>
      ({ id: index + 1, time: '2026-11-23T10:00:00Z', run: 1, ...happening }) as SetupEvent,
  );
}

const begun: readonly Happening[] = [
  { type: 'runStarted', steps },
  ...steps.slice(0, 3).flatMap(({ id }): Happening[] => [
    { type: 'stepStarted', step: id },
    { type: 'stepFinished', step: id, seconds: 1 },
  ]),
  { type: 'stepStarted', step: 'system.wifi' },
];

export const runningHappenings: readonly Happening[] = [
  ...begun,
  {
    type: 'stepProgress',
    step: 'system.wifi',
    fraction: 0.6,
    note: { en: 'Waiting for an address from the router', de: 'Wartet auf eine Adresse vom Router' },
  },
];

export const failedHappenings: readonly Happening[] = [
  ...begun,
  {
    type: 'stepFailed',
    step: 'system.wifi',
    isOptional: true,
    why: {
      en: 'The network “Home” did not accept the password.',
      de: 'Das Netz „Home“ hat das Passwort nicht angenommen.',
    },
    todo: {
      en: 'Change the answer about Wi-Fi and try again.',
      de: 'Ändern Sie die Angaben zum WLAN und versuchen Sie es noch einmal.',
    },
  },
  { type: 'runFailed' },
];

export const finishedHappenings: readonly Happening[] = [
  { type: 'runStarted', steps },
  ...steps.flatMap(({ id }): Happening[] => [
    { type: 'stepStarted', step: id },
    { type: 'stepFinished', step: id, seconds: 1 },
  ]),
  { type: 'runFinished' },
];
