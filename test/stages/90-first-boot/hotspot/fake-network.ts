import type { Clock } from '../../../../stages/90-first-boot/agent/hotspot/clock.ts';
import type {
  JoinFailure,
  Network,
  NetworkSight,
  ScannedNetwork,
} from '../../../../stages/90-first-boot/agent/hotspot/network.ts';

export interface FakeClock extends Clock {
  /** Lets time pass while a program runs. */
  readonly pass: (ms: number) => void;
}

export function fakeClock(): FakeClock {
  let nowMs = 0;
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return {
    nowMs: () => nowMs,
    pass,
    realMs: (ms) => ms,
    wait: async (ms) => {
      pass(ms);
      // A loop that waits must let others run.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** The world around the hotspot, which a test changes. It outlives a crash of the program. */
export interface World {
  sight: NetworkSight;
  inRange: readonly ScannedNetwork[];
  joinResult: 'connected' | JoinFailure;
  internet: boolean;
  canOpen: boolean;
  /** Every call takes all the time that it may take. */
  isSlow: boolean;
  readonly calls: string[];
  /** When the hotspot was last there. */
  openedMs: number;
  /** Called before each call: a test changes something, or lets the program crash. */
  before: (call: string) => void;
}

export function fakeWorld(): World {
  return {
    sight: {
      hasCard: true,
      hasCable: false,
      isConnected: false,
      isConnecting: false,
      isHotspotUp: false,
      hasGuest: false,
      knowsNetwork: false,
    },
    inRange: [{ name: 'Attic', isSecured: true, strength: 80 }],
    joinResult: 'connected',
    internet: true,
    canOpen: true,
    isSlow: false,
    calls: [],
    openedMs: Number.NaN,
    before: () => {},
  };
}

/** A network that behaves as the world says, and takes time. */
export function fakeNetwork(world: World, clock: FakeClock): Network {
  const begin = (name: string, limitMs: number, usualMs: number) => {
    world.before(name);
    world.calls.push(name);
    clock.pass(world.isSlow ? limitMs : Math.min(usualMs, limitMs));
  };
  const see = (changes: Partial<NetworkSight>) => {
    world.sight = { ...world.sight, ...changes };
  };
  return {
    look: async () => {
      world.before('look');
      return world.sight;
    },
    prepare: async (limitMs) => begin('prepare', limitMs, 100),
    scan: async (limitMs) => {
      begin('scan', limitMs, 3_000);
      return world.inRange;
    },
    open: async (limitMs) => {
      begin('open', limitMs, 2_000);
      see({ isHotspotUp: world.canOpen });
      world.openedMs = clock.nowMs();
      return world.canOpen;
    },
    close: async (limitMs) => {
      begin('close', limitMs, 500);
      see({ isHotspotUp: false });
    },
    connect: async (_wish, _isHidden, limitMs) => {
      begin('connect', limitMs, 4_000);
      see({ isConnected: world.joinResult === 'connected' });
      return world.joinResult;
    },
    hasInternet: async (limitMs) => {
      begin('hasInternet', limitMs, 300);
      return world.internet;
    },
    keep: async () => {
      begin('keep', 0, 0);
      see({ knowsNetwork: true });
    },
    forget: async (limitMs) => {
      begin('forget', limitMs, 200);
      see({ isConnected: false });
    },
  };
}
