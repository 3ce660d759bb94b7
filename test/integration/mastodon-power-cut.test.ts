import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseStep, MastodonHost, mastodonSteps } from '../helpers/mastodon-host.ts';
import { firstRelease, type UnderstudyRelease } from '../helpers/mastodon-images.ts';

/** Long enough to be met in the middle of it. */
const slowMs = 1_500;
const first: UnderstudyRelease = { ...firstRelease, slowMs };

let mastodon: MastodonHost;

beforeAll(async () => {
  mastodon = await MastodonHost.start(first);
}, 180_000);

afterAll(async () => await mastodon?.[Symbol.asyncDispose]());

describe('a power cut while the database is prepared', () => {
  it.each<[string, () => boolean | Promise<boolean>]>([
    ['before anything of it is in the cluster', () => logHas('kubectl apply')],
    ['in the middle of the tables', () => mastodon.isMigrating()],
    ['when it was done and not noted yet', () => logHas('kubectl delete job')],
  ])(
    '%s: the next run makes it whole',
    async (_moment, isTime) => {
      const [keys] = mastodonSteps;
      await mastodon.apply(keys === undefined ? [] : [keys]);
      mastodon.host.log.length = 0;
      await mastodon.cutPower((look) => mastodon.apply([databaseStep], look), isTime);
      await mastodon.apply([databaseStep]);

      expect(await migrations()).toBe('20260801000000\n20260802000000');
      expect(await mastodon.sql('SELECT count(*) FROM user_roles')).toBe('3');
      await mastodon.cluster.kubectl([
        'delete',
        'namespace',
        'mastodon',
        '--ignore-not-found',
        '--wait=true',
        '--timeout=60s',
      ]);
      await mastodon.sql('DROP SCHEMA public CASCADE');
      await mastodon.sql('CREATE SCHEMA public AUTHORIZATION mastodon');
    },
    120_000,
  );
});

async function migrations(): Promise<string> {
  return await mastodon.sql('SELECT version FROM schema_migrations ORDER BY version');
}

function logHas(words: string): boolean {
  return mastodon.host.log.some((line) => line.includes(words));
}
