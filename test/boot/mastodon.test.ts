import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Vm } from '../../builder/vm/vm.ts';
import { MailProvider } from '../helpers/mail-provider.ts';
import { type PlexMakers, type UnderstudyProject, understudyProject } from '../helpers/understudy-project.ts';
import { isExhaustive, slowness, startTestVm } from '../helpers/vm.ts';
import { failedChecks, stageChecks } from '../helpers/vm-device.ts';
import { type ObjectStore, startObjectStore } from '../understudies/object-store.ts';
import { startPlexRepository } from '../understudies/plex-repository.ts';
import { startPlexTv } from '../understudies/plex-tv.ts';
import { waitUntilComplete } from './journeys/device-facts.ts';
import {
  domain,
  expectPodsReady,
  getByNginx,
  getByTunnel,
  leaveMastodonAnswers,
  mastodonctl,
  openSocket,
  owner,
  prepareBucket,
  prepareGuest,
  runSidekiqJob,
  strayCanaries,
} from './journeys/mastodon.ts';
import { confirmClock, unplug } from './journeys/services.ts';

const queues = ['default', 'push', 'ingress', 'mailers', 'pull', 'scheduler', 'fasp'];
const profiles = { one: 1, three: 3, seven: 7 } as const;

describe.runIf(isExhaustive)('Mastodon on the full edition (only with --exhaustive)', () => {
  let plex: PlexMakers;
  let project: UnderstudyProject;
  let media: ObjectStore;
  let mail: MailProvider;
  let vm: Vm;

  beforeAll(async () => {
    plex = { repository: await startPlexRepository(), accounts: await startPlexTv() };
    project = await understudyProject(plex);
    media = await startObjectStore();
    mail = await MailProvider.start();
    prepareBucket({ media, mail });
    const image = await project.build('full', [`file://${project.mirror}`]);
    vm = await startTestVm('mastodon', {
      image,
      isIsolated: false,
      memoryBytes: 4 * 1024 ** 3,
      cardSizeBytes: 8 * 1024 ** 3,
    });
    await vm.waitForBoot();
    await unplug(vm, [Number(new URL(media.endpoint).port), mail.port]);
    await confirmClock(vm);
    await prepareGuest(vm, { media, mail });
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await vm?.saveEvidence();
  });

  afterAll(async () => {
    await vm?.[Symbol.asyncDispose]();
    await mail?.[Symbol.asyncDispose]();
    await media?.close();
    await project?.[Symbol.asyncDispose]();
    await plex?.accounts.close();
    await plex?.repository.close();
  });

  it('comes up with the answers of the card', async () => {
    await leaveMastodonAnswers(vm, { media, mail });
    await waitUntilComplete(vm, 1_200_000);

    await expectPodsReady(vm);
    expect(await vm.failedUnits()).toEqual([]);
    expect(await strayCanaries(vm)).toEqual([]);
  });

  it('answers at its domain, to those who come by https only', async () => {
    const byTunnel = await getByTunnel(vm, `/@${owner.name}`);
    expect(byTunnel.status).toBe(200);
    // Who visits is told by Cloudflare, not by the tunnel's own address.
    expect(byTunnel.headers).toMatchObject({ 'x-understudy-visitor': '203.0.113.7' });
    expect((await getByNginx(vm, '/', { 'x-forwarded-proto': 'https' })).status).toBe(302);
    expect(await getByNginx(vm, '/')).toMatchObject({
      status: 308,
      headers: { location: `https://${domain}/` },
    });
    expect((await getByNginx(vm, '/', { host: 'stranger.example.org' })).status).toBe(421);
    const own = await getByNginx(vm, '/', { host: 'kitchen.local' });
    expect(own.headers['content-security-policy']).toBeDefined();
  });

  it('opens a WebSocket by way of the tunnel', async () => {
    const path = '/api/v1/streaming';
    expect(JSON.parse(await openSocket(vm, `${path}?access_token=owner-${owner.name}`))).toMatchObject({
      ...{ event: 'hello', payload: owner.name },
    });
    expect(await openSocket(vm, path)).toBe('');
  });

  it('has the owner once, whose password is shown until it is noted', async () => {
    const file = '/var/lib/hearth/mastodon/owner-password';
    const password = (await vm.mustRun(`cat ${file}`)).trim();
    expect(password).toMatch(/^[0-9a-f]{32}$/);
    expect((await vm.mustRun(`stat -c %a ${file}`)).trim()).toBe('600');

    await applyAgain(vm);

    expect((await vm.mustRun(`cat ${file}`)).trim()).toBe(password);
    const count = 'SELECT count(*) FROM users';
    const psql = 'runuser -u postgres -- psql -h /run/postgresql -At mastodon_production';
    expect((await vm.mustRun(`${psql} -c "${count}"`)).trim()).toBe('1');
  });

  it.each(Object.entries(profiles))(
    'serves every queue with the profile "%s"',
    async (profile, processes) => {
      const file = '/usr/lib/hearth/mastodon.json';
      await vm.mustRun(`sed -i 's/"profile": *"[a-z]*"/"profile": "${profile}"/' ${file}`);
      await applyAgain(vm);
      await expectPodsReady(vm);

      await expect
        .poll(async () => await processesOf(vm), { timeout: 120_000 * slowness, interval: 3_000 })
        .toHaveLength(processes);
      const served = await mastodonctl<{ queues: readonly { name: string }[]; unserved: readonly string[] }>(
        vm,
        'queues',
      );
      expect(served.queues.map(({ name }) => name).sort()).toEqual([...queues].sort());
      expect(served.unserved).toEqual([]);
      for (const queue of queues)
        expect(await runSidekiqJob(vm, { class: 'UnderstudyEcho', queue, args: [queue] })).toEqual([queue]);
    },
  );

  it.each(['clean-media', 'clean-previews', 'clean-accounts'])('runs %s on demand', async (name) => {
    await vm.mustRun(`hearthctl mastodon run ${name}`, { timeoutMs: 600_000 * slowness });
  });

  it('sends mail by way of Postfix', async () => {
    const args = ['bob@example.net', 'Hello from here', 'A text'];
    await runSidekiqJob(vm, { class: 'ActionMailer::MailDeliveryJob', queue: 'mailers', args });

    await expect.poll(() => mail.mails.length, { timeout: 120_000 * slowness }).toBeGreaterThan(0);
    expect(mail.mails.at(-1)).toMatchObject({ to: ['bob@example.net'], isEncrypted: true });
    expect(mail.mails.at(-1)?.text).toContain('Hello from here');
  });

  it('keeps media in the bucket', async () => {
    const job = { class: 'UnderstudyMediaWorker', args: ['1/original/cat.txt', 'a cat'] };
    const url = await runSidekiqJob(vm, job);

    expect(url).toBe('https://files.example.org/media_attachments/files/1/original/cat.txt');
    const reply = await fetch(`${media.endpoint}${new URL(String(url)).pathname}`, {
      headers: { host: 'files.example.org' },
    });
    expect(await reply.text()).toBe('a cat');
    expect(media.mistakes).toEqual([]);
  });

  it('passes the checks of its stages', async () => {
    const checks = (await stageChecks()).filter(({ stage }) => ['50-data', '70-mastodon'].includes(stage));
    expect(checks.length).toBeGreaterThan(4);
    expect(await failedChecks(vm, checks)).toEqual([]);
  });

  it('is there again after a power cut', async () => {
    await vm.cutPower();
    await vm.powerOn();
    await vm.waitForBoot();

    await expect
      .poll(async () => (await getByTunnel(vm, '/api/v2/instance')).status, { timeout: 600_000 * slowness })
      .toBe(200);
    await expectPodsReady(vm);
    expect(await vm.failedUnits()).toEqual([]);
  });
});

async function applyAgain(vm: Vm): Promise<void> {
  await vm.mustRun('hearthctl mastodon apply', { timeoutMs: 900_000 * slowness });
}

async function processesOf(vm: Vm): Promise<readonly unknown[]> {
  const { processes } = await mastodonctl<{ processes: readonly unknown[] }>(vm, 'queues');
  return processes;
}
