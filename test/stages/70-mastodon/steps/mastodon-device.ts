import { onTestFinished } from 'vitest';
import type { Values } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import { type FakeDevice, fakeDevice } from '../../20-system-setup/fake-device.ts';
import { type FakeCluster, fakeCluster } from './fake-cluster.ts';

export const state = '/var/lib/hearth/mastodon';
export const web = 'ghcr.io/mastodon/mastodon:v4.7.4';
export const streaming = 'ghcr.io/mastodon/mastodon-streaming:v4.7.4';

export const times = { limitMs: 60_000, pauseMs: 1 };

export const answers: Readonly<Record<string, Values>> = {
  cluster: { role: 'server' },
  mastodon: {
    domain: 'ada.example.org',
    owner: 'ada',
    email: 'ada@example.net',
    community: 'alone',
    language: 'en',
  },
  mail: { how: 'local', from: 'mastodon@ada.example.org' },
};

/** A device on which everything before Mastodon is set up; `keys`: with its keys and release. */
export function makeDevice(withKeys = true): { readonly device: FakeDevice; readonly cluster: FakeCluster } {
  const device = fakeDevice({
    '/proc/meminfo': 'MemTotal:        3884316 kB\n',
    '/var/lib/rancher/k3s/agent/images/mastodon.tar': web,
    '/var/lib/rancher/k3s/agent/images/streaming.tar': streaming,
  });
  onTestFinished(() => device.remove());
  device.put('/var/lib/hearth/data.json', JSON.stringify(services), 0o600);
  if (withKeys) {
    device.put(`${state}/keys.json`, JSON.stringify(keys), 0o600);
    device.put(`${state}/release.json`, JSON.stringify({ version: 'v4.7.4', web, streaming }), 0o600);
    device.put(`${state}/images.json`, JSON.stringify(archives), 0o600);
  }
  return { device, cluster: fakeCluster(device) };
}

const archives = {
  web: { reference: web, path: '/var/lib/rancher/k3s/agent/images/mastodon.tar' },
  streaming: { reference: streaming, path: '/var/lib/rancher/k3s/agent/images/streaming.tar' },
};

const services = {
  address: '10.44.0.1',
  postgres: { port: 5432, database: 'mastodon_production', user: 'mastodon', password: 'canary-postgres' },
  pgbouncer: { port: 6432 },
  valkey: { port: 6379, password: 'canary-valkey' },
  smtp: { port: 25 },
};

export const keys = {
  secretKeyBase: '0123456789abcdef'.repeat(8),
  encryption: {
    primaryKey: 'a'.repeat(32),
    deterministicKey: 'b'.repeat(32),
    derivationSalt: 'c'.repeat(32),
  },
  vapid: { privateKey: `${'d'.repeat(43)}=`, publicKey: `${'e'.repeat(87)}=` },
};
