import { execFile } from 'node:child_process';
import { createECDH } from 'node:crypto';
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Environment,
  railsSettings,
  sharedSettings,
} from '../../../../stages/70-mastodon/setup/manifests/environment.ts';
import type { MastodonPlan } from '../../../../stages/70-mastodon/setup/manifests/plan.ts';
import { understudyProgram } from '../../../understudies/program.ts';
import { bucketMedia, samplePlan } from '../manifests/sample-plan.ts';

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(`${tmpdir()}/hearth-mastodon-`);
  chmodSync(folder, 0o755);
  writeFileSync(`${folder}/mastodon.cjs`, await understudyProgram('mastodon'));
  cpSync(`${folder}/mastodon.cjs`, `${folder}/index.js`);
  writeFileSync(`${folder}/release.json`, JSON.stringify({ version: '4.7.4', before: [], after: [] }));
  for (const name of ['tmp', 'm', 'public/system']) mkdirSync(`${folder}/${name}`, { recursive: true });
  for (const name of ['tmp', 'm', 'public/system']) chownSync(`${folder}/${name}`, 991, 991);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pair = createECDH('prime256v1');
pair.generateKeys();
const plan: MastodonPlan = {
  ...samplePlan,
  // Nobody listens there.
  services: { ...samplePlan.services, address: '127.0.0.1', pgbouncer: { port: 9 } },
  keys: {
    ...samplePlan.keys,
    vapid: {
      privateKey: `${pair.getPrivateKey('base64url')}=`,
      publicKey: `${pair.getPublicKey('base64url')}=`,
    },
  },
};

function environmentOf(one: MastodonPlan): Environment {
  const [shared, rails] = [sharedSettings(one), railsSettings(one)];
  return { ...shared.plain, ...shared.secret, ...rails.plain, ...rails.secret };
}

/** Starts a program of the image until it says something; `undefined` takes a variable away. */
async function start(
  words: readonly string[],
  environment: Environment,
  changes: Readonly<Record<string, string | undefined>> = {},
): Promise<string> {
  const own = { PATH: process.env['PATH'], TMPDIR: `${folder}/m`, HEARTH_UNDERSTUDY_HOME: folder };
  const release = { HEARTH_UNDERSTUDY_RELEASE: `${folder}/release.json` };
  const wanted = { ...environment, ...own, ...release, ...changes };
  const env = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
  const program = words[0] === 'streaming' ? [`${folder}/index.js`] : [`${folder}/mastodon.cjs`, ...words];
  return await new Promise((resolve) => {
    const child = execFile(process.execPath, program, { env, uid: 991, gid: 991 }, () => {});
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (part: string) => {
        said += part;
        // It has taken its environment and looks for the database.
        if (said.includes('trying again')) child.kill('SIGKILL');
      });
    child.once('close', () => resolve(said));
  });
}

const web = ['bundle', 'exec', 'puma', '-C', 'config/puma.rb'];

describe('the understudy of Mastodon', () => {
  it.each([
    ['with local media', plan],
    ['with a bucket, another domain, and all switches', everything()],
  ])('takes the environment of the manifests %s', async (_name, one) => {
    for (const words of [web, ['bundle', 'exec', 'sidekiq'], ['bundle', 'exec', 'rake', 'db:prepare']])
      expect(await start(words, environmentOf(one))).toContain('trying again');
  });

  it.each<[string, Readonly<Record<string, string | undefined>>, string]>([
    ['a misspelt variable', { SMTP_SERVERR: 'x' }, 'SMTP_SERVERR is read by nobody'],
    ['one that stops the start', { REDIS_NAMESPACE: 'x' }, 'REDIS_NAMESPACE: the start is aborted'],
    ['one of old guides', { OTP_SECRET: 'x' }, 'OTP_SECRET: it is not read any more'],
    ['one that never existed', { S3_DISABLE_CHECKSUM_MODE: 'true' }, 'it never existed'],
    ['one for another allocator', { MALLOC_ARENA_MAX: '2' }, 'jemalloc does not read it'],
    ['a missing domain', { LOCAL_DOMAIN: undefined }, 'LOCAL_DOMAIN is missing'],
    ['a missing password', { DB_PASS: '' }, 'DB_PASS is missing'],
    [
      'a missing key of the encryption',
      { ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY: undefined },
      'PRIMARY_KEY is missing',
    ],
    ['a short secret', { SECRET_KEY_BASE: 'ab' }, 'not 128 hexadecimal digits'],
    ['keys that are no pair', { VAPID_PUBLIC_KEY: `B${'A'.repeat(86)}=` }, 'does not belong to'],
    ['a switch that is none', { SINGLE_USER_MODE: 'yes' }, 'neither true nor false'],
    ['trust in everybody', { TRUSTED_PROXY_IP: '0.0.0.0/0' }, 'trusts everybody'],
    ['a login that is not there', { SMTP_AUTH_METHOD: 'plain' }, 'there is no SMTP_LOGIN'],
    ['settings of a bucket that is off', { S3_BUCKET: 'x' }, 'while S3_ENABLED is not true'],
    ['more threads than connections', { DB_POOL: '2' }, '5 threads want a connection'],
  ])('refuses %s', async (_name, changes, why) => {
    expect(await start(web, environmentOf(plan), changes)).toContain(why);
  });

  it('refuses an ACL that R2 does not have', async () => {
    const environment = environmentOf({ ...plan, media: bucketMedia });
    expect(await start(web, environment, { S3_PERMISSION: undefined })).toContain('S3_PERMISSION');
    expect(await start(web, environment, { S3_HOSTNAME: 'example.org' })).toContain('S3_HOSTNAME');
  });

  it('refuses for streaming what streaming does not read, and takes what the manifests give it', async () => {
    const { plain, secret } = sharedSettings(plan);
    expect(await start(['streaming'], { ...plain, ...secret })).toContain('trying again');
    const { SECRET_KEY_BASE = '' } = railsSettings(plan).secret;
    expect(await start(['streaming'], { ...plain, ...secret, SECRET_KEY_BASE })).toContain(
      'SECRET_KEY_BASE is nothing that streaming reads',
    );
  });

  it.each([
    [['bundle', 'exec', 'sidekiq', '-q', 'defualt'], 'no queue defualt'],
    [['bundle', 'exec', 'sidekiq', '-c', '0'], 'sidekiq: -c 0'],
    [['bundle', 'exec', 'puma'], 'not known here'],
    [['tootctl', 'media', 'remove', '--day', '7'], 'Unknown switches "--day"'],
    [['tootctl', 'accounts', 'create'], 'was called with 0 arguments'],
    [['rails', 'runner', 'User.destroy_all'], 'this Ruby is not known here'],
  ])('refuses %j', async (words, why) => {
    expect(await start(words, environmentOf(plan))).toContain(why);
  });
});

function everything(): MastodonPlan {
  const domains = { localDomain: 'example.org', webDomain: 'social.example.org' };
  const switches = { isSingleUser: true, authorizedFetch: true, limitedFederation: true };
  return { ...plan, ...domains, ...switches, media: bucketMedia };
}
