import type { StepTask } from '../device/door.ts';
import { fetchFailure } from './fetch-failure.ts';
import type { FetchWorld } from './fetch-world.ts';
import type { AskOptions, Identity } from './http-get.ts';
import { FetchTrouble } from './trouble.ts';

/** Where something may come from. */
export interface Source {
  readonly address: string;
  readonly identity?: Identity;
}

export interface Search<T> {
  /** Of the artifact, for the owner. */
  readonly name: string;
  /** In the order in which they are tried; the last one is its maker's. */
  readonly sources: readonly Source[];
  /** Fetches from one of them. Throws a FetchTrouble if that did not work. */
  readonly attempt: (source: Source, options: AskOptions) => Promise<T>;
  /** What is there so far. */
  readonly haveBytes: () => number;
  /** Nobody gave it; the next round begins after a pause. */
  readonly onWait: (host: string) => void;
  readonly world: FetchWorld;
  readonly task: Pick<StepTask, 'log' | 'signal'>;
}

/** Fewer new bytes than this are no sign of a network that works. */
const signOfLifeBytes = 64 * 1024;

/**
 * Goes from source to source, again and again while that may help, and gives what the first attempt gave that worked; else
 * a StepFailure says why not.
 */
export async function search<T>(one: Search<T>): Promise<T> {
  const { name, haveBytes, onWait, world, task } = one;
  const { clock, patienceMs, pausesMs } = world;
  const maker = one.sources.at(-1);
  let { sources } = one;
  let own: FetchTrouble | undefined;
  let aliveMs = clock.nowMs();
  let aliveBytes = haveBytes();
  for (let round = 0; ; round += 1) {
    const result = await tryAll(sources, one);
    if ('value' in result) return result.value;
    const { trouble } = result;
    // What the owner hears is about the maker's own address.
    if (own === undefined || sources.at(-1) === maker) own = trouble;
    if (haveBytes() >= aliveBytes + signOfLifeBytes) {
      aliveMs = clock.nowMs();
      aliveBytes = haveBytes();
      round = 0;
    }
    aliveBytes = Math.min(aliveBytes, haveBytes());
    sources = result.again;
    const isOver = clock.nowMs() - aliveMs >= patienceMs;
    if (sources.length === 0 || isOver) throw fetchFailure(name, own, new Date());
    onWait(trouble.host);
    await clock.wait(pausesMs[Math.min(round, pausesMs.length - 1)] ?? pausesMs[0], task.signal);
    task.signal.throwIfAborted();
  }
}

/** Each mirror, then its maker. A mirror holds files by their digest, whatever they are. */
export function sourcesOf(mirrors: readonly string[], sha256: string, maker: Source): readonly Source[] {
  const mirrored = mirrors.map((mirror) => ({ address: `${mirror.replace(/\/+$/, '')}/sha256/${sha256}` }));
  return [...mirrored, maker];
}

interface Tried {
  /** Of the last source. */
  readonly trouble: FetchTrouble;
  /** Sources where another try may help. */
  readonly again: readonly Source[];
}

interface Worked<T> {
  readonly value: T;
}

async function tryAll<T>(sources: readonly Source[], one: Search<T>): Promise<Tried | Worked<T>> {
  const again: Source[] = [];
  let last: FetchTrouble | undefined;
  for (const source of sources) {
    const result = await tryOne(source, one);
    if (!(result instanceof FetchTrouble)) return result;
    one.task.log(`${source.address}: ${result.message}`);
    if (result.isPassing) again.push(source);
    last = result;
  }
  if (last === undefined) throw new Error('there is no address');
  return { trouble: last, again };
}

async function tryOne<T>(
  source: Source,
  { attempt, world, task }: Search<T>,
): Promise<FetchTrouble | Worked<T>> {
  const { idleMs, isConnected, ca, lookup } = world;
  const trust = { ...(ca === undefined ? {} : { ca }), ...(lookup === undefined ? {} : { lookup }) };
  try {
    task.log(`asking ${source.address}`);
    return { value: await attempt(source, { idleMs, isConnected, signal: task.signal, ...trust }) };
  } catch (error) {
    task.signal.throwIfAborted();
    if (error instanceof FetchTrouble) return error;
    throw error;
  }
}
