import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { SetupEvent } from '../door/protocol.ts';
import { openEventCursor } from './event-cursor.ts';

export interface FollowOptions {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** How often it looks by itself: not every file system tells of changes. Default 1 000. */
  readonly pollMs?: number;
}

/** The events with an id above `after` (0: all). Without the file there are none. Lines that are no event are left out. */
export function readEvents(path: string, after = 0): readonly SetupEvent[] {
  const cursor = openEventCursor(path, after);
  try {
    return cursor.next();
  } finally {
    cursor.close();
  }
}

/**
 * The events with an id above `after`, then each new one, until the signal ends it. The file need not be there yet.
 * When a factory reset replaces it, the events of the new one follow, from id 1.
 */
export async function* followEvents(
  path: string,
  after: number,
  options: FollowOptions,
): AsyncGenerator<SetupEvent, void, undefined> {
  const { signal, pollMs = 1_000 } = options;
  const cursor = openEventCursor(path, after);
  const bell = hangBell(path, pollMs, signal);
  try {
    while (!signal.aborted) {
      for (const event of cursor.next()) {
        yield event;
        if (signal.aborted) return;
      }
      await bell.rung();
    }
  } finally {
    bell.takeDown();
    cursor.close();
  }
}

interface Bell {
  /** Resolves when it rang since the last call. */
  readonly rung: () => Promise<void>;
  readonly takeDown: () => void;
}

/** Rings when something happens to the file, every `pollMs`, and at the abort. */
function hangBell(path: string, pollMs: number, signal: AbortSignal): Bell {
  let hasRung = false;
  let wake = () => {};
  const ring = () => {
    hasRung = true;
    wake();
  };
  const watcher = keepWatch(path, ring);
  const timer = setInterval(() => {
    watcher.renew();
    ring();
  }, pollMs);
  signal.addEventListener('abort', ring);
  return {
    rung: async () => {
      if (!hasRung) await new Promise<void>((resolve) => (wake = resolve));
      hasRung = false;
    },
    takeDown: () => {
      clearInterval(timer);
      watcher.close();
      signal.removeEventListener('abort', ring);
    },
  };
}

/** Watches the folder, not the file: that one may come later, or be another one after a reset. */
function keepWatch(
  path: string,
  ring: () => void,
): { readonly renew: () => void; readonly close: () => void } {
  let watcher: FSWatcher | undefined;
  const close = () => {
    watcher?.close();
    watcher = undefined;
  };
  const renew = () => {
    if (watcher !== undefined) return;
    try {
      watcher = watch(dirname(path), (_kind, name) => {
        if (name === null || name === basename(path)) ring();
      });
      watcher.on('error', close);
    } catch {
      // No folder yet, or no watches left: then the clock alone has to do.
    }
  };
  renew();
  return { renew, close };
}
