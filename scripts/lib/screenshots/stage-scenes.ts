import { question, type Scene } from '../../../test/stages/90-first-boot/web/scenes.ts';

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
];
