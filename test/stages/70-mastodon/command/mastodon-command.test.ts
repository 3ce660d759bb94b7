import { describe, expect, test } from 'vitest';
import {
  relayAddCode,
  relayListCode,
  relayRemoveCode,
} from '../../../../stages/70-mastodon/setup/steps/runner-codes.ts';
import { makeStartStep } from '../../../../stages/70-mastodon/setup/steps/start-step.ts';
import { healthyKeys, job, processHash } from '../sidekiq/sidekiq-keys.ts';
import { valkeyServer } from '../sidekiq/valkey-server.ts';
import { JobFails } from '../steps/fake-cluster.ts';
import { answers, makeDevice, state, times } from '../steps/mastodon-device.ts';
import { callMastodon } from './call-mastodon.ts';

const start = makeStartStep(times);
const password = '0123456789abcdef0123456789abcdef';

/** A device on which Mastodon runs, with a Valkey that has these keys. */
async function runningDevice(keys = healthyKeys(Date.now())) {
  const { device, cluster } = makeDevice();
  await device.run(start, answers);
  const valkey = await valkeyServer('canary-valkey', keys);
  const data = JSON.parse(device.get('/var/lib/hearth/data.json') ?? '{}');
  device.put(
    '/var/lib/hearth/data.json',
    JSON.stringify({ ...data, valkey: { port: valkey.port, password: 'canary-valkey' } }),
    0o600,
  );
  device.put(`${state}/owner.json`, '{"name":"ada","email":"ada@example.net"}', 0o600);
  device.log.length = 0;
  return { device, cluster };
}

describe('hearthctl mastodon', () => {
  test('says what is wrong with its words, and does nothing then', async () => {
    const { device } = makeDevice();
    for (const args of [
      '',
      'constructor',
      'status now',
      'status --colour',
      'relay',
      'relay add',
      'run',
      'run web',
    ]) {
      const called = await callMastodon(device, args);
      expect(called, args).toMatchObject({ exitCode: 2, out: '' });
      expect(called.err).toContain('hearthctl');
    }
    expect(device.calls).toEqual([]);
  });

  test('is of no use on a device without Mastodon', async () => {
    const { device } = makeDevice();
    const called = await callMastodon(device, 'status', { answers: { cluster: { role: 'server' } } });
    expect(called).toMatchObject({ exitCode: 3, err: expect.stringContaining('not set up') });
  });
});

describe('status', () => {
  test('lists the parts and the work, also as JSON', async () => {
    const { device } = await runningDevice();
    const plain = await callMastodon(device, 'status');
    const { out } = await callMastodon(device, 'status --json');

    expect(plain.exitCode).toBe(0);
    expect(plain.out).toContain('Mastodon v4.7.4, https://ada.example.org: running');
    expect(plain.out).toMatch(/^ {2}web +1\/1$/m);
    expect(JSON.parse(out)).toMatchObject({ version: 'v4.7.4', isRunning: true, domain: 'ada.example.org' });
    expect(out).not.toContain('canary');
  });

  test('ends with 1 when a part is missing', async () => {
    const { device, cluster } = await runningDevice();
    cluster.isStuck = true;
    const { exitCode, out } = await callMastodon(device, 'status');

    expect(exitCode).toBe(1);
    expect(out).toMatch(/NOT RUNNING\n.*0\/1 {2}not ready/);
  });

  test('ends with 1 when nobody works on a queue', async () => {
    const keys = healthyKeys(Date.now());
    const hashes = { 'sidekiq-all:1:abc': processHash(['default'], 3, Date.now()) };
    const { device } = await runningDevice({ ...keys, hashes });
    const { exitCode, out } = await callMastodon(device, 'status');

    expect(exitCode).toBe(1);
    expect(out).toContain('nobody works on push, ingress, mailers, pull, scheduler, fasp');
  });
});

test('queues tells what waits and for how long', async () => {
  const keys = {
    ...healthyKeys(Date.now()),
    lists: { 'queue:push': [job(5, Date.now()), job(90, Date.now())] },
  };
  const { device } = await runningDevice(keys);
  const { exitCode, out } = await callMastodon(device, 'queues');

  expect(exitCode).toBe(0);
  expect(out).toMatch(/^push +2 +9[0-9]\.\d +1$/m);
  expect(JSON.parse((await callMastodon(device, 'queues --json')).out)).toMatchObject({ unserved: [] });
});

describe('password', () => {
  test('makes a new one for the owner, shows it once, and leaves it nowhere', async () => {
    const { device, cluster } = await runningDevice();
    device.put(`${state}/owner-password`, 'first\n', 0o600);
    cluster.work = () => `OK\nNew password: ${password}\n`;
    const refused = await callMastodon(device, 'password', { says: false });
    const { exitCode, out } = await callMastodon(device, 'password', { says: true });

    expect([refused.exitCode, exitCode]).toEqual([3, 0]);
    expect(out).toBe(`New password of ada: ${password}`);
    expect(cluster.jobs).toEqual([['bin/tootctl', 'accounts', 'modify', 'ada', '--reset-password']]);
    expect(cluster.names('Job')).toEqual([]);
    expect(device.log.join('\n')).not.toContain(password);
    expect(device.has(`${state}/owner-password`)).toBe(false);
  });

  test('wants --yes in a script, and says when there is no such account', async () => {
    const { device, cluster } = await runningDevice();
    cluster.work = () => {
      throw new JobFails('No user with such username');
    };
    expect(await callMastodon(device, 'password bob')).toMatchObject({ exitCode: 2 });
    expect(cluster.jobs).toEqual([]);
    const called = await callMastodon(device, 'password bob --yes');
    expect(called).toMatchObject({ exitCode: 1, err: 'There is no account bob on this server.' });
    expect(await callMastodon(device, 'password --reset;ls --yes')).toMatchObject({ exitCode: 2 });
  });
});

describe('relay', () => {
  const inbox = 'https://relay.example/inbox';

  test('is added with a warning, by its address in the environment of a job', async () => {
    const { device, cluster } = await runningDevice();
    const seen: unknown[] = [];
    cluster.work = (args, { RELAY }) => {
      seen.push([args, RELAY]);
      return '';
    };
    expect((await callMastodon(device, `relay add ${inbox}`, { says: false })).exitCode).toBe(3);
    expect((await callMastodon(device, `relay add ${inbox} --yes`)).exitCode).toBe(0);
    expect((await callMastodon(device, `relay remove ${inbox}`)).exitCode).toBe(0);
    expect(seen).toEqual([
      [['bin/rails', 'runner', relayAddCode], inbox],
      [['bin/rails', 'runner', relayRemoveCode], inbox],
    ]);
  });

  test.each([
    'http://relay.example/inbox',
    'https://relay.example',
    'relay.example',
    'https://a:b@relay.example/inbox',
  ])('%s is no inbox', async (address) => {
    const { device, cluster } = await runningDevice();
    expect((await callMastodon(device, `relay add ${address} --yes`)).exitCode).toBe(2);
    expect(cluster.jobs).toEqual([]);
  });

  test('list shows their states', async () => {
    const { device, cluster } = await runningDevice();
    cluster.work = (args) =>
      args.includes(relayListCode) ? `warning: something\n[{"url":"${inbox}","state":"accepted"}]\n` : '';

    expect((await callMastodon(device, 'relay list')).out).toBe(`accepted  ${inbox}`);
    expect(JSON.parse((await callMastodon(device, 'relay list --json')).out)).toEqual([
      { url: inbox, state: 'accepted' },
    ]);
  });
});

test('media tells the room that they take', async () => {
  const { device, cluster } = await runningDevice();
  cluster.work = () => 'Attachments: 12.3 MB (1 MB local)\nBackups: 0 Bytes\n';

  expect((await callMastodon(device, 'media')).out).toBe(
    'Attachments: 12.3 MB (1 MB local)\nBackups: 0 Bytes',
  );
  expect(JSON.parse((await callMastodon(device, 'media --json')).out)).toEqual({
    Attachments: '12.3 MB (1 MB local)',
    Backups: '0 Bytes',
  });
});

test('run starts a clean-up from its CronJob and waits for it', async () => {
  const { device, cluster } = await runningDevice();
  cluster.work = () => 'Removed 3 media attachments\n';
  const { exitCode, out } = await callMastodon(device, 'run clean-media');

  expect([exitCode, out]).toEqual([0, 'Removed 3 media attachments']);
  expect(cluster.jobs[0]).toContain('media');
});

test('outgoing keeps what it found for the doctor', async () => {
  const { device, cluster } = await runningDevice();
  cluster.work = () => '{"account":"Mastodon@mastodon.social"}\n';
  const { exitCode } = await callMastodon(device, 'outgoing');

  expect(exitCode).toBe(0);
  expect(device.get(`${state}/outgoing.json`)).toContain('"account":"Mastodon@mastodon.social"');
});

test('apply puts back what somebody has removed', async () => {
  const { device, cluster } = await runningDevice();
  cluster.objects.delete('Deployment/web');
  expect((await callMastodon(device, 'apply')).exitCode).toBe(0);
  expect(cluster.names('Deployment')).toContain('web');
});
