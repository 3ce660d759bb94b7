import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { makeTask } from '../../../../stages/90-first-boot/agent/apply/task.ts';
import { StepFailure, type StepTask } from '../../../../stages/90-first-boot/agent/device/door.ts';
import { lookAt } from '../../../../stages/90-first-boot/agent/device/look.ts';
import type { DeviceFile } from '../../../../stages/90-first-boot/agent/provision/device-artifact.ts';
import { fetchFile } from '../../../../stages/90-first-boot/agent/provision/fetch-file.ts';
import { type FetchWorld, realWorld } from '../../../../stages/90-first-boot/agent/provision/fetch-world.ts';
import { localText } from '../../../../stages/90-first-boot/agent/text/local-text.ts';
import { step } from '../apply/fake-setup.ts';
import { digestOf } from './file-server.ts';

/** A device that fetches one file, and what it said meanwhile. */
export interface FetchDevice {
  readonly root: string;
  readonly folder: string;
  readonly log: string[];
  /** `0.50 34 kB of 68 kB` */
  readonly told: string[];
  /** Pauses between tries, in ms. */
  readonly pauses: number[];
  readonly stop: AbortController;
  readonly task: StepTask;
  readonly world: FetchWorld;
  readonly fetch: (file: DeviceFile, more?: FetchMore) => Promise<void>;
  /** Gives the server back, which ends with the device. */
  readonly closing: <T extends Closable>(server: T) => T;
  readonly remove: () => Promise<void>;
}

interface Closable {
  readonly close: () => Promise<unknown>;
}

export interface FetchMore {
  readonly mirrors?: readonly string[];
  readonly world?: Partial<FetchWorld>;
}

export function fetchDevice(): FetchDevice {
  const root = mkdtempSync(join(tmpdir(), 'hearth-fetch-'));
  const folder = join(root, 'var/lib/hearth/fetch');
  const log: string[] = [];
  const told: string[] = [];
  const pauses: number[] = [];
  const stop = new AbortController();
  const servers: Closable[] = [];
  const world = fastWorld(pauses);
  const task = makeTask({
    look: lookAt(root),
    step: step('fetch.tool', 1, [], async () => {}),
    answers: {},
    blacken: (text) => text,
    log: (line) => log.push(line),
    progress: (fraction, note = '') => told.push(`${fraction.toFixed(2)} ${localText(note, 'en')}`),
    signal: stop.signal,
  });
  return {
    root,
    folder,
    log,
    told,
    pauses,
    stop,
    task,
    world,
    fetch: (file, more = {}) =>
      fetchFile(
        file,
        { mirrors: more.mirrors ?? [], wanted: [file], folder, world: { ...world, ...more.world } },
        task,
      ),
    closing: (server) => {
      servers.push(server);
      return server;
    },
    remove: async () => {
      await Promise.all(servers.map((server) => server.close()));
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** What the owner is told of a fetch that failed, in English; both languages are there. */
export async function refusalOf(fetching: Promise<void>): Promise<string> {
  const failure = await fetching.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof StepFailure)) throw failure ?? new Error('it was fetched');
  const { why, todo = '' } = failure;
  expect(localText(why, 'de')).not.toBe(localText(why, 'en'));
  expect(localText(todo, 'de')).not.toBe(localText(todo, 'en'));
  return `${localText(why, 'en')} ${localText(todo, 'en')}`;
}

/** The real world, but a pause takes no time, only the clock goes on. */
export function fastWorld(pauses: number[] = []): FetchWorld {
  let waitedMs = 0;
  return {
    ...realWorld,
    idleMs: 400,
    syncBytes: 64 * 1024,
    freeBytes: () => 1e12,
    isConnected: () => true,
    clock: {
      ...realWorld.clock,
      nowMs: () => realWorld.clock.nowMs() + waitedMs,
      wait: async (ms) => {
        pauses.push(ms);
        waitedMs += ms;
        await new Promise((resolve) => setImmediate(resolve));
      },
    },
  };
}

export function fileOf(content: Buffer, url: string, more: Partial<DeviceFile> = {}): DeviceFile {
  return {
    kind: 'file',
    name: 'tool',
    version: '1.0',
    delivery: 'first-boot',
    path: '/usr/local/bin/tool',
    mode: 0o755,
    url,
    sizeBytes: content.length,
    sha256: digestOf(content),
    ...more,
  };
}
