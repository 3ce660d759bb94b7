import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { lookAt } from '../../../../stages/90-first-boot/agent/device/look.ts';
import { devicePaths } from '../../../../stages/90-first-boot/agent/device/paths.ts';
import type { HotspotView } from '../../../../stages/90-first-boot/agent/door/protocol.ts';
import { patienceMs } from '../../../../stages/90-first-boot/agent/hotspot/decide.ts';
import type { JoinFailure } from '../../../../stages/90-first-boot/agent/hotspot/network.ts';
import { runHotspot } from '../../../../stages/90-first-boot/agent/hotspot/run-hotspot.ts';
import { type FakeClock, fakeClock, fakeNetwork, fakeWorld, type World } from './fake-network.ts';

const password = 'correct horse battery';
let root: string;
let world: World;
let clock: FakeClock;
let reports: string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hearth-hotspot-'));
  put('sys/module/cfg80211/parameters/ieee80211_regdom', 'GB\n');
  mkdirSync(join(root, 'var/lib/hearth'), { recursive: true });
  world = fakeWorld();
  clock = fakeClock();
  reports = [];
  return () => rmSync(root, { recursive: true, force: true });
});

describe('the setup hotspot', () => {
  it('scans first, leaves word for the page, and only then begins', async () => {
    let viewAtOpen: HotspotView | undefined;
    world.before = (call) => {
      if (call === 'open') viewAtOpen = view();
    };

    await live(patienceMs + 10_000);

    expect(callsOf('scan', 'open')).toEqual(['scan', 'open']);
    expect(viewAtOpen).toEqual({ networks: world.inRange, country: 'GB' });
    expect(statSync(join(root, 'run/hearth/hotspot.json')).mode & 0o777).toBe(0o600);
  });

  it('never begins on a device that is set up', async () => {
    put('var/lib/hearth/complete', '');

    await live(10 * patienceMs);

    expect(callsOf('open')).toEqual([]);
  });

  it('ends for good when the device is set up, and takes its word for the page back', async () => {
    await live(patienceMs + 10_000);
    put('var/lib/hearth/complete', '');

    const end = await live(clock.nowMs() + 10_000);

    expect(end).toBe('left');
    expect(world.sight.isHotspotUp).toBe(false);
    expect(view()).toBeUndefined();
  });

  it('ends when a cable is plugged in, and begins again when it is pulled out', async () => {
    await live(patienceMs + 10_000);
    world.sight = { ...world.sight, hasCable: true };
    await live(clock.nowMs() + 10_000);
    expect([world.sight.isHotspotUp, view()]).toEqual([false, undefined]);
    world.sight = { ...world.sight, hasCable: false };

    await live(clock.nowMs() + patienceMs + 10_000);

    expect(world.sight.isHotspotUp).toBe(true);
    expect(view()).toBeDefined();
  });

  it('tries again later when it can not be started', async () => {
    world.canOpen = false;

    await live(3 * patienceMs + 60_000);

    expect(callsOf('open').length).toBeGreaterThanOrEqual(2);
    expect(view()).toBeUndefined();
  });

  it('goes off when the device is shut down', async () => {
    const controller = new AbortController();
    world.before = () => {
      if (world.sight.isHotspotUp) controller.abort();
    };

    await start(controller.signal);

    expect(world.sight.isHotspotUp).toBe(false);
    expect(view()).toBeUndefined();
  });
});

describe('a network that the owner names', () => {
  it('is joined and kept, and nothing of the wish stays', async () => {
    await live(patienceMs + 10_000);
    wish();

    await live(clock.nowMs() + 30_000);

    expect(world.sight).toMatchObject({ isConnected: true, isHotspotUp: false, knowsNetwork: true });
    expect(existsSync(join(root, 'run/hearth/join.json'))).toBe(false);
    expect(view()).toBeUndefined();
  });

  it.each<[JoinFailure, Partial<World>]>([
    ['wrongPassword', { joinResult: 'wrongPassword' }],
    ['notFound', { joinResult: 'notFound', inRange: [{ name: 'Cellar', isSecured: true, strength: 9 }] }],
    ['noAddress', { joinResult: 'noAddress' }],
    ['other', { joinResult: 'other' }],
    ['noInternet', { internet: false }],
  ])(
    'and that fails by %s brings the hotspot back within 30 seconds, with the reason',
    async (reason, changes) => {
      await live(patienceMs + 10_000);
      Object.assign(world, { ...changes, isSlow: true });
      wish();
      const beganMs = clock.nowMs();

      await live(clock.nowMs() + 60_000);

      expect(world.openedMs - beganMs).toBeGreaterThan(0);
      expect(world.openedMs - beganMs).toBeLessThanOrEqual(30_000);
      expect(view()).toEqual({
        networks: world.inRange,
        country: 'DE',
        failure: { network: 'Attic', reason },
      });
      expect(existsSync(join(root, 'run/hearth/join.json'))).toBe(false);
    },
  );

  it('brings the hotspot back at once also when that took too long the first time', async () => {
    await live(patienceMs + 10_000);
    Object.assign(world, { joinResult: 'wrongPassword', canOpen: false });
    world.before = (call) => {
      // The second start after the try works.
      if (call === 'open' && callsOf('open').length === 2) world.canOpen = true;
    };
    wish();

    await live(clock.nowMs() + 40_000);

    expect(world.sight.isHotspotUp).toBe(true);
    expect(view()?.failure?.reason).toBe('wrongPassword');
  });

  it('can be named once more, and the reason is gone when it works', async () => {
    await live(patienceMs + 10_000);
    world.joinResult = 'wrongPassword';
    wish();
    await live(clock.nowMs() + 60_000);
    world.joinResult = 'connected';
    wish();
    await live(clock.nowMs() + 30_000);
    expect(world.sight.isConnected).toBe(true);
    world.sight = { ...world.sight, isConnected: false };

    await live(clock.nowMs() + patienceMs + 10_000);

    expect(view()).toBeDefined();
    expect(view()?.failure).toBeUndefined();
  });

  it.each(['', '{', 'null', '{"network": ""}', '{"network": 7}'])(
    'that makes no sense (%j) is removed, and the hotspot stays',
    async (text) => {
      await live(patienceMs + 10_000);
      put('run/hearth/join.json', text);

      await live(clock.nowMs() + 10_000);

      expect(callsOf('connect')).toEqual([]);
      expect(world.sight.isHotspotUp).toBe(true);
      expect(existsSync(join(root, 'run/hearth/join.json'))).toBe(false);
    },
  );

  it('shows its password in no report and not in the word for the page', async () => {
    world.joinResult = 'wrongPassword';
    await live(patienceMs + 10_000);
    wish();

    await live(clock.nowMs() + 60_000);

    expect(reports.join()).not.toContain(password);
    expect(reports.join()).not.toContain('Attic');
    expect(JSON.stringify(view())).not.toContain(password);
  });
});

describe('a crash', () => {
  const calls = ['prepare', 'scan', 'open', 'close', 'connect', 'hasInternet', 'keep', 'forget'];

  it.each(calls)(
    'at "%s" of the first hotspot or a good try ends in the network all the same',
    async (where) => {
      crashOnceAt(where);

      await liveOn(patienceMs + 20_000);
      wish();
      await liveOn(clock.nowMs() + 3 * patienceMs);

      expect(world.sight).toMatchObject({ isConnected: true, isHotspotUp: false, knowsNetwork: true });
      expect(existsSync(join(root, 'run/hearth/join.json'))).toBe(false);
      expect(view()).toBeUndefined();
    },
  );

  it.each(calls)('at "%s" of a bad try ends in the hotspot, with the reason', async (where) => {
    await liveOn(patienceMs + 20_000);
    world.internet = false;
    crashOnceAt(where);
    wish();

    await liveOn(clock.nowMs() + 4 * patienceMs);

    expect(world.sight).toMatchObject({ isConnected: false, isHotspotUp: true });
    expect(view()?.failure).toEqual({ network: 'Attic', reason: 'noInternet' });
    expect(existsSync(join(root, 'run/hearth/join.json'))).toBe(false);
  });

  it('while somebody is in the hotspot does not throw them out', async () => {
    await live(patienceMs + 10_000);
    const before = callsOf('open', 'close').length;
    crashOnceAt('look');

    await liveOn(clock.nowMs() + 3 * patienceMs);

    expect(callsOf('open', 'close')).toHaveLength(before);
    expect(world.sight.isHotspotUp).toBe(true);
  });
});

/** What systemd does: starts it again. */
async function liveOn(untilMs: number): Promise<void> {
  for (;;) {
    try {
      await live(untilMs);
      return;
    } catch (error) {
      if ((error as Error).message !== 'crash') throw error;
      clock.pass(3_000);
    }
  }
}

function crashOnceAt(where: string): void {
  let isDone = false;
  world.before = (call) => {
    if (isDone || call !== where) return;
    isDone = true;
    throw new Error('crash');
  };
}

/** Lets the program run until a time, and then stand still: as it is then, the test finds it. */
async function live(untilMs: number): Promise<'left' | 'stopped'> {
  const standStill = new Error('stand still');
  const network = fakeNetwork(world, clock);
  const look = async () => {
    if (clock.nowMs() >= untilMs) throw standStill;
    return network.look();
  };
  try {
    await runHotspot(context(), { clock, network: { ...network, look } });
    return 'left';
  } catch (error) {
    if (error !== standStill) throw error;
    return 'stopped';
  }
}

async function start(signal: AbortSignal): Promise<void> {
  await runHotspot(context(), { clock, network: fakeNetwork(world, clock), signal });
}

function context() {
  return {
    root,
    paths: devicePaths(root),
    look: lookAt(root),
    setups: [],
    report: (line: string) => reports.push(line),
  } as never;
}

function wish(): void {
  put(
    'run/hearth/join.json',
    JSON.stringify({ country: 'DE', network: 'Attic', password, evenWithoutInternet: false }),
  );
}

function view(): HotspotView | undefined {
  const path = join(root, 'run/hearth/hotspot.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as HotspotView) : undefined;
}

function callsOf(...names: readonly string[]): readonly string[] {
  return world.calls.filter((call) => names.includes(call));
}

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
