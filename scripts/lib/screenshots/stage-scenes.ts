import type { StatusView } from '../../../stages/90-first-boot/agent/door/protocol.ts';
import { sampleStatus } from '../../../test/stages/90-first-boot/web/sample-status.ts';
import { question, type Scene, sceneOf } from '../../../test/stages/90-first-boot/web/scenes.ts';

/** Questions of stages that the tests of the pages know nothing of. */
export const stageScenes: readonly Scene[] = [
  question('question-plex', 'Plex, with its terms', 'plex'),
  question('question-cluster', 'Apps: on its own, or with another device', 'cluster'),
  question('question-tunnel', 'The tunnel: one way of three', 'tunnel'),
  {
    ...question('question-tunnel-api', 'The same, when the device shall do it itself', 'tunnel'),
    act: async (page) => await page.check('input[name="how"][value="api"]'),
  },
  question('question-mastodon', 'Mastodon: its domain and its owner', 'mastodon'),
  {
    ...question('question-media-r2', 'Pictures of Mastodon at Cloudflare R2', 'mastodon-media'),
    act: async (page) => await page.check('input[name="where"][value="r2"]'),
  },
  question('question-mail', 'Mail by way of a provider', 'mail'),
  question('question-mastodon-more', 'Mastodon, for experts', 'mastodon-more'),
  question('question-backup', 'Where the nightly backup goes', 'backup'),
  {
    ...question('question-restore', 'A new device begins with a backup', 'restore'),
    act: async (page) => await page.check('input[name="where"][value="smb"]'),
  },
];

/** Later pages, with what the tests of the pages know nothing of. */
export const laterScenes: readonly Scene[] = [
  {
    name: 'status-mastodon',
    what: 'The status page with Mastodon: the first password is shown until it is noted',
    arrange: (web) => {
      const place = sceneOf('status').arrange(web);
      web.door.statusView = withMastodon;
      return place;
    },
    act: async (page) => await page.getByText(/first password|Erstes Passwort/).click(),
  },
];

const withMastodon: StatusView = {
  ...sampleStatus,
  services: [
    ...sampleStatus.services,
    {
      name: 'Mastodon',
      description: { en: 'Your own place in the social web', de: 'Ihr eigener Platz im sozialen Netz' },
      state: 'running',
    },
  ],
  links: [
    {
      title: 'Mastodon',
      text: { en: 'Your server, as everybody sees it.', de: 'Ihr Server, wie ihn alle sehen.' },
      address: 'https://social.example.org',
    },
    {
      title: { en: 'Your account on Mastodon', de: 'Ihr Konto auf Mastodon' },
      text: {
        en: 'Sign in with your e-mail address. Under this name others find you.',
        de: 'Melden Sie sich mit Ihrer E-Mail-Adresse an. Unter diesem Namen finden Sie andere.',
      },
      address: '@ada@social.example.org',
      secret: {
        label: { en: 'Show the first password', de: 'Erstes Passwort zeigen' },
        value: '5d0b3f6c8e1a49d7b2c4f0e6a8137b95',
        noted: 'mastodon.owner-password',
      },
    },
    ...sampleStatus.links.slice(0, 1),
    {
      title: { en: 'Backup', de: 'Sicherung' },
      text: {
        en: 'Made each night. Note the recovery key on paper: without it nobody can open an encrypted backup.',
        de: 'Wird jede Nacht gemacht. Notieren Sie den Wiederherstellungsschlüssel auf Papier: Ohne ihn kann niemand eine verschlüsselte Sicherung öffnen.',
      },
      address: 's3://hearth-backup',
      secret: {
        label: { en: 'Recovery key', de: 'Wiederherstellungsschlüssel' },
        value: `AGE-SECRET-KEY-1${'SAMPLEKEY'.repeat(7).slice(0, 58)}`,
        noted: 'backup.recovery-key',
      },
    },
  ],
};
