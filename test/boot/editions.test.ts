import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Vm } from '../../builder/vm/vm.ts';
import { type Interruption, type StoreServer, serveStore } from '../helpers/store-server.ts';
import {
  arePartsReal,
  fromGuest,
  type PlexMakers,
  type UnderstudyProject,
  understudyProject,
} from '../helpers/understudy-project.ts';
import { isExhaustive, slowness, startTestVm } from '../helpers/vm.ts';
import { failedChecks, stageChecks } from '../helpers/vm-device.ts';
import { startPlexRepository } from '../understudies/plex-repository.ts';
import { startPlexTv } from '../understudies/plex-tv.ts';
import {
  expectAnswersApplied,
  placesWithCanary,
  readEvents,
  waitUntilComplete,
} from './journeys/device-facts.ts';
import {
  confirmClock,
  expectServices,
  leaveAnswers,
  plexIdentity,
  units,
  unplug,
} from './journeys/services.ts';

const mebibyte = 1024 ** 2;
const editions = ['full', 'slim'] as const;
/** What the other stages check of a device is true before its setup only. */
const servicesStages = ['30-samba', '40-plex', '60-k3s', '80-cloudflared'];
/** On the way to the slim device, in the largest file. The device brings each 8 MiB to its card. */
const interruptions: readonly Interruption[] = [
  { atByte: 5 * mebibyte, how: 'cut' },
  { atByte: 14 * mebibyte, how: 'hold' },
];

describe.runIf(isExhaustive).each(editions)('the %s edition (only with --exhaustive)', (edition) => {
  let plex: PlexMakers;
  let project: UnderstudyProject;
  let store: StoreServer;
  let vm: Vm;

  beforeAll(async () => {
    plex = { repository: await startPlexRepository(), accounts: await startPlexTv() };
    project = await understudyProject(plex);
    store = await serveStore(project.mirror, interruptions);
    const mirror = edition === 'full' ? `file://${project.mirror}` : fromGuest(store.url);
    const image = await project.build(edition, [mirror]);
    vm = await startTestVm(`${edition}-edition`, { image, isIsolated: false });
    await vm.waitForBoot();
    // The full edition has all that it needs, but Plex, which nobody may give away.
    if (edition === 'full') await unplug(vm, [plex.repository.url, plex.accounts.url].map(portOf));
    await confirmClock(vm);
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await vm?.saveEvidence();
  });

  afterAll(async () => {
    await vm?.[Symbol.asyncDispose]();
    await store?.[Symbol.asyncDispose]();
    await project?.[Symbol.asyncDispose]();
    await plex?.accounts.close();
    await plex?.repository.close();
  });

  it('starts no service before the setup, and fetches nothing', async () => {
    expect((await vm.run(`systemctl is-active ${units.join(' ')}`)).stdout).not.toMatch(/^active$/m);
    expect((await vm.run('test -e /usr/lib/plexmediaserver')).exitCode).toBe(1);
    expect(await vm.failedUnits()).toEqual([]);
    expect([...store.requests, ...plex.repository.requests, ...plex.accounts.calls]).toEqual([]);
  });

  it('is given its answers', async () => {
    await leaveAnswers(vm, plex.accounts.giveCode());
  });

  it.runIf(edition === 'slim' && !arePartsReal)(
    'goes on with a file that was cut off, also after a power cut in the middle of it',
    async () => {
      await expect.poll(store.isHeld, { timeout: 600_000 * slowness }).toBe(true);
      await vm.cutPower();
      await vm.powerOn();
      await vm.waitForBoot();
      await confirmClock(vm);
    },
  );

  it('ends with all of them at work', async () => {
    await waitUntilComplete(vm, 900_000);
    await expectAnswersApplied(vm);
    await expectServices(vm);
    expect(await placesWithCanary(vm)).toBe('');
  });

  it('has fetched what is not in the image, each byte once', async () => {
    const steps = (await readEvents(vm)).flatMap((event) => ('step' in event ? event.step : []));
    const fetched = new Set(steps.filter((step) => step.startsWith('fetch.')));
    const baked = edition === 'full' ? [] : ['fetch.k3s', 'fetch.k3s-images', 'fetch.cloudflared'];
    expect(fetched).toEqual(new Set(baked));
    if (arePartsReal) return;
    const starts = store.requests.map(({ startByte }) => startByte).filter((startByte) => startByte > 0);
    // Where the line broke, and where the card had it when the power failed.
    expect(starts.map((start) => Math.floor(start / mebibyte))).toEqual(edition === 'full' ? [] : [5, 13]);
  });

  it.skipIf(arePartsReal)('has Plex from its repository, claimed with the code', async () => {
    expect(plex.repository.requests.filter((path) => path.endsWith('.deb'))).toHaveLength(1);
    expect([...plex.accounts.servers.keys()]).toEqual([await plexIdentity(vm)]);
  });

  it('passes the checks of their stages, with no failed unit', async () => {
    const checks = (await stageChecks()).filter(({ stage }) => servicesStages.includes(stage));
    expect(checks.length).toBeGreaterThan(servicesStages.length);
    expect(await failedChecks(vm, checks)).toEqual([]);
    expect(await vm.failedUnits()).toEqual([]);
  });

  it('runs all of them again after a power cut', async () => {
    await vm.cutPower();
    await vm.powerOn();
    await vm.waitForBoot();

    await vm.mustRun(
      `until systemctl is-active ${units.join(' ')} && k3s kubectl get --raw /readyz; do sleep 1; done`,
      {
        timeoutMs: 300_000 * slowness,
      },
    );
    await expectServices(vm);
  });
});

function portOf(url: string): number {
  return Number(new URL(url).port);
}
