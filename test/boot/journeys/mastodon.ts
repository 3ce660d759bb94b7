import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import type { Vm } from '../../../builder/vm/vm.ts';
import { type MailProvider, providerLogin } from '../../helpers/mail-provider.ts';
import { slowness } from '../../helpers/vm.ts';
import type { ObjectStore } from '../../understudies/object-store.ts';
import { canary, hearthYaml } from './answers.ts';
import { makeSshKey, placesWithCanary } from './device-facts.ts';
import { tunnelToken } from './services.ts';

export const domain = 'social.example.org';
export const owner = { name: 'anna', email: 'anna@example.net' } as const;
const bucket = { name: 'media', accessKey: 'journey', secretKey: `${canary}OfTheBucket` } as const;
const filesHost = 'files.example.org';
/** What a test of the guest is told by one line of JSON. */
const probe = '/root/probe.mjs';

/** The makers that Mastodon needs beside itself: somebody who keeps its media, and somebody who sends its mail. */
export interface Providers {
  readonly media: ObjectStore;
  readonly mail: MailProvider;
}

/** Gives the store a bucket and a key to it. */
export function prepareBucket({ media }: Providers): void {
  media.addBucket(bucket.name, { publicHost: filesHost, corsOrigins: [`https://${domain}`] });
  media.addKey(bucket.accessKey, { secretKey: bucket.secretKey });
}

/** The provider's name and certificate, and the program that looks at pages. */
export async function prepareGuest(vm: Vm, { mail }: Providers): Promise<void> {
  await vm.writeFile('/usr/local/share/ca-certificates/provider.crt', mail.certificate);
  await vm.mustRun('update-ca-certificates');
  await vm.mustRun('echo "10.0.2.2 mail.example.net" >>/etc/hosts');
  await vm.writeFile(probe, await readFile(`${import.meta.dirname}/../probe.mjs`, 'utf8'));
}

/** hearth.yaml with a Mastodon whose media are in the bucket, read as at a start. */
export async function leaveMastodonAnswers(vm: Vm, providers: Providers): Promise<void> {
  const lines = [
    'cluster: {role: server}',
    'plex: skip',
    ...tunnelLines,
    ...mastodonLines(providers),
    'backup: skip',
  ];
  await vm.writeFile(
    '/boot/firmware/hearth.yaml',
    `${hearthYaml(await makeSshKey(vm))}${lines.join('\n')}\n`,
  );
  await vm.mustRun(
    'systemctl restart --no-block hearth-card.service && systemctl start --no-block hearth-apply.service',
  );
}

/** Rules of its own: nobody at Cloudflare has any for this tunnel. */
const tunnelLines = [
  'tunnel:',
  '  how: file',
  '  config: |',
  '    ingress:',
  `      - hostname: ${domain}`,
  '        service: http://localhost:80',
  '      - service: http_status:404',
  `  credentials: ${tunnelToken}`,
];

function mastodonLines({ media, mail }: Providers): readonly string[] {
  const endpoint = media.endpoint.replace('//127.0.0.1:', '//10.0.2.2:');
  const { user, password } = providerLogin;
  return [
    `mastodon: {domain: ${domain}, owner: ${owner.name}, email: ${owner.email}, community: alone, language: de}`,
    'mastodon-media:',
    '  where: s3',
    `  endpoint: ${endpoint}`,
    '  region: auto',
    `  bucket: ${bucket.name}`,
    `  accessKey: ${bucket.accessKey}`,
    `  secretKey: ${bucket.secretKey}`,
    `  publicHost: ${filesHost}`,
    'mail:',
    '  how: relay',
    '  provider: other',
    '  server: mail.example.net',
    `  port: ${JSON.stringify(String(mail.port))}`,
    `  user: ${JSON.stringify(user)}`,
    `  password: ${JSON.stringify(password)}`,
    `  from: ${user}`,
    'mastodon-more: skip',
  ];
}

/** A page of the device, as the guest's own loopback gives it. */
export interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Asks port 80 with a Host header. */
export async function getByNginx(vm: Vm, path: string, headers: Record<string, string> = {}): Promise<Page> {
  return await runProbe(vm, { url: `http://127.0.0.1${path}`, headers: { host: domain, ...headers } });
}

/** Asks as a visitor from the Internet does, by way of the tunnel. */
export async function getByTunnel(vm: Vm, path: string, headers: Record<string, string> = {}): Promise<Page> {
  const visit = { 'understudy-visit': `https://${domain}${path}` };
  return await runProbe(vm, { url: 'http://127.0.0.1:20241/', headers: { ...visit, ...headers } });
}

/** The first message of a WebSocket that a visitor opens by way of the tunnel; or the status that it was refused with. */
export async function openSocket(vm: Vm, path: string): Promise<string> {
  const visit = { 'understudy-visit': `https://${domain}${path}` };
  const { body } = await runProbe(vm, {
    url: 'http://127.0.0.1:20241/',
    headers: visit,
    isSocket: true,
  });
  return body;
}

async function runProbe(vm: Vm, question: unknown): Promise<Page> {
  return JSON.parse(await vm.mustRun(`node ${probe} '${JSON.stringify(question)}'`)) as Page;
}

/** Gives Sidekiq a job and waits for what it says. */
export async function runSidekiqJob(
  vm: Vm,
  job: { readonly class: string; readonly queue?: string; readonly args: readonly unknown[] },
): Promise<unknown> {
  const { body } = await runProbe(vm, { job });
  return JSON.parse(body) as unknown;
}

/** `hearthctl mastodon …` with --json. */
export async function mastodonctl<T>(vm: Vm, words: string): Promise<T> {
  const text = await vm.mustRun(`hearthctl mastodon ${words} --json`, { timeoutMs: 600_000 * slowness });
  return JSON.parse(text) as T;
}

/** Every deployment has what it asks for. */
export async function expectPodsReady(vm: Vm): Promise<void> {
  const list = JSON.parse(
    await vm.mustRun('k3s kubectl get deployments -n mastodon --ignore-not-found -o json'),
  );
  const states = (list.items as Deployment[]).map(({ metadata, spec, status }) => [
    metadata.name,
    status.availableReplicas === spec.replicas,
  ]);
  expect(states.length).toBeGreaterThan(2);
  expect(states.filter(([, isReady]) => !isReady)).toEqual([]);
}

/** Places where a secret turned up, but for the environment of pods: Mastodon is told its secrets by that. */
export async function strayCanaries(vm: Vm): Promise<readonly string[]> {
  const places = (await placesWithCanary(vm)).split('\n').filter((place) => place !== '');
  const isOfPod = await Promise.all(
    places.map(async (place) => {
      const group = place.replace(/\/environ$/, '/cgroup');
      return group !== place && (await vm.run(`grep -q kubepods ${group}`)).exitCode === 0;
    }),
  );
  return places.filter((_, index) => isOfPod[index] === false);
}

interface Deployment {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly replicas: number };
  readonly status: { readonly availableReplicas?: number };
}
