import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addressStep } from '../../stages/50-data/setup/data/address-step.ts';
import { poolStep } from '../../stages/50-data/setup/data/pool-step.ts';
import { postgresStep } from '../../stages/50-data/setup/data/postgres-step.ts';
import { valkeyStep } from '../../stages/50-data/setup/data/valkey-step.ts';
import { databaseStep } from '../../stages/70-mastodon/setup/steps/database-step.ts';
import { keysStep } from '../../stages/70-mastodon/setup/steps/keys-step.ts';
import { ownerStep } from '../../stages/70-mastodon/setup/steps/owner-step.ts';
import { startStep } from '../../stages/70-mastodon/setup/steps/start-step.ts';
import { ClusterHost } from '../helpers/cluster-host.ts';
import { DebianHost } from '../helpers/debian-host.ts';

const state = '/var/lib/hearth/mastodon';
const images = '/var/lib/rancher/k3s/agent/images';
const answers = {
  device: { name: 'hearth' },
  cluster: { role: 'server' },
  mastodon: {
    domain: 'ada.example.org',
    owner: 'ada',
    email: 'ada@example.net',
    community: 'alone',
    language: 'de',
  },
  mail: { how: 'local', from: 'mastodon@ada.example.org' },
};

let host: DebianHost;
let cluster: ClusterHost;

beforeAll(async () => {
  host = await DebianHost.create(['50-data']);
  for (const step of [addressStep, postgresStep, poolStep, valkeyStep]) await host.step(step, answers);
  cluster = await ClusterHost.start(host);
  const [archive] = readdirSync(`${host.root}${images}`).filter((name) => name.endsWith('.tar'));
  const path = `${images}/${archive}`;
  const web = { reference: 'ghcr.io/mastodon/mastodon:v4.7.4', path };
  const streaming = { reference: 'ghcr.io/mastodon/mastodon-streaming:v4.7.4', path };
  host.put(`${state}/images.json`, JSON.stringify({ web, streaming }), 0o600);
  const release = { version: 'v4.7.4', web: web.reference, streaming: streaming.reference };
  host.put(`${state}/release.json`, JSON.stringify(release), 0o600);
}, 180_000);

afterAll(async () => await host?.[Symbol.asyncDispose]());

it('the steps of the setup bring Mastodon up, and change nothing when they run again', async () => {
  await setUp();

  const password = host.get(`${state}/owner-password`).trim();
  const keys = host.get(`${state}/keys.json`);
  expect(await signIn(password)).toMatch(/^302 /);
  expect(await signIn('another')).toMatch(/^422 /);
  expect(host.log.join('\n')).not.toContain(password);
  const { stdout } = await host.inside('grep', ['-rl', password, '/var/log', '/run/k3s', '/var/lib/rancher']);
  expect(stdout).toBe('');
  expect(await instance()).toMatch(/"languages":\["de"\]/);
  await setUp();
  expect(host.get(`${state}/owner-password`).trim()).toBe(password);
  expect(host.get(`${state}/keys.json`)).toBe(keys);
  expect(await signIn(password)).toMatch(/^302 /);
}, 180_000);

it('an account whose password was lost in a power cut gets a new one', async () => {
  const before = host.get(`${state}/owner-password`).trim();
  await host.shell(`rm ${state}/owner-password ${state}/owner.json`);

  await host.step(ownerStep, answers);

  const after = host.get(`${state}/owner-password`).trim();
  expect(after).not.toBe(before);
  expect(await signIn(after)).toMatch(/^302 /);
  expect(await signIn(before)).toMatch(/^422 /);
}, 60_000);

async function setUp(): Promise<void> {
  for (const step of [keysStep, databaseStep, startStep, ownerStep]) await host.step(step, answers);
}

async function signIn(password: string): Promise<string> {
  const form = ['user[email]=ada@example.net', `user[password]=${password}`].flatMap((pair) => [
    '--data-urlencode',
    pair,
  ]);
  return await ask('/auth/sign_in', form);
}

async function instance(): Promise<string> {
  return await ask('/api/v2/instance');
}

async function ask(path: string, options: readonly string[] = []): Promise<string> {
  const headers = ['-H', 'Host: ada.example.org', '-H', 'X-Forwarded-Proto: https'];
  return await cluster.curl(path, [...headers, ...options], '10.43.0.30:3000');
}
