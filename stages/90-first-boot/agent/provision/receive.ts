import type { StepTask } from '../device/door.ts';
import type { DeviceFile } from './device-artifact.ts';
import { fetchFailure } from './fetch-failure.ts';
import type { FetchWorld } from './fetch-world.ts';
import { startPace } from './pace.ts';
import type { Partial } from './partial.ts';
import { sha256Of } from './sha256.ts';
import { checkingNote, progressNote, waitingNote } from './texts.ts';
import { transfer } from './transfer.ts';
import { FetchTrouble } from './trouble.ts';

export interface Fetch {
  readonly file: DeviceFile;
  /** Tried before the address of the file. */
  readonly mirrors: readonly string[];
  /** All that may be fetched with this list: parts of other files are of no use any more. */
  readonly wanted: readonly DeviceFile[];
  /** Where partial files lie: a real path, not one of the device. */
  readonly folder: string;
  readonly world: FetchWorld;
}

export interface Receive {
  readonly fetch: Fetch;
  readonly partial: Partial;
  readonly task: StepTask;
}

/** Fewer new bytes than this are no sign of a network that works. */
const signOfLifeBytes = 64 * 1024;
/** Share of the bar that is for the check after the transfer. */
const transferShare = 0.97;

/**
 * Goes from address to address, again and again while that may help. The partial file is whole and right at the end; else a
 * StepFailure says why not.
 */
export async function receive(one: Receive): Promise<void> {
  const { fetch, partial, task } = one;
  const { file, mirrors, world } = fetch;
  /** Addresses that had a second chance with wrong content. */
  const hadChance = new Set<string>();
  const { clock, patienceMs, pausesMs } = world;
  let addresses = [...mirrors.map((mirror) => mirrorAddress(mirror, file)), file.url];
  let own: FetchTrouble | undefined;
  let aliveMs = clock.nowMs();
  let aliveBytes = partial.lengthBytes();
  for (let round = 0; ; round += 1) {
    const result = await tryAll(addresses, one, hadChance);
    if (result === undefined) return;
    const { trouble } = result;
    // What the owner hears is about the maker's own address.
    if (own === undefined || addresses.at(-1) === file.url) own = trouble;
    if (partial.lengthBytes() >= aliveBytes + signOfLifeBytes) {
      aliveMs = clock.nowMs();
      aliveBytes = partial.lengthBytes();
      round = 0;
    }
    aliveBytes = Math.min(aliveBytes, partial.lengthBytes());
    addresses = result.again;
    const isOver = clock.nowMs() - aliveMs >= patienceMs;
    if (addresses.length === 0 || isOver) throw fetchFailure(file.name, own, new Date());
    task.progress(fractionOf(file, partial), waitingNote(trouble.host));
    await clock.wait(pausesMs[Math.min(round, pausesMs.length - 1)] ?? pausesMs[0], task.signal);
    task.signal.throwIfAborted();
  }
}

interface Tried {
  /** Of the last address. */
  readonly trouble: FetchTrouble;
  /** Addresses where another try may help. */
  readonly again: string[];
}

/** Undefined: it worked. */
async function tryAll(
  addresses: readonly string[],
  one: Receive,
  hadChance: Set<string>,
): Promise<Tried | undefined> {
  const again: string[] = [];
  let last: FetchTrouble | undefined;
  for (const address of addresses) {
    const trouble = await tryOne(address, one, hadChance);
    if (trouble === undefined) return undefined;
    one.task.log(`${address}: ${trouble.message}`);
    if (trouble.isPassing) again.push(address);
    last = trouble;
  }
  if (last === undefined) throw new Error('there is no address');
  return { trouble: last, again };
}

async function tryOne(
  address: string,
  one: Receive,
  hadChance: Set<string>,
): Promise<FetchTrouble | undefined> {
  const { partial, task } = one;
  const before = partial.lengthBytes();
  const first = await attempt(address, one);
  // Wrong only in its first part, which may be from elsewhere or was lost on the disk: this address gets a fair try.
  const isMixture = first?.kind === 'content' && before > 0 && partial.lengthBytes() === 0;
  if (!isMixture || hadChance.has(address)) return first;
  hadChance.add(address);
  task.log(`${address}: ${first.message}; once more from the beginning`);
  return await attempt(address, one);
}

async function attempt(
  address: string,
  { fetch: { file, world }, partial, task }: Receive,
): Promise<FetchTrouble | undefined> {
  const pace = startPace(world.clock.nowMs, partial.lengthBytes());
  const tell = () => {
    const have = partial.lengthBytes();
    const left = pace.secondsLeft(have, file.sizeBytes);
    task.progress(fractionOf(file, partial), progressNote(have, file.sizeBytes, left));
  };
  const { idleMs, isConnected } = world;
  const options = { idleMs, isConnected, signal: task.signal, ...trustOf(world) };
  try {
    tell();
    task.log(`asking ${address}`);
    await transfer({ address, file, partial, options, onBytes: tell });
    task.progress(transferShare, checkingNote);
    await checkContent(address, file, partial, task);
    return undefined;
  } catch (error) {
    task.signal.throwIfAborted();
    if (error instanceof FetchTrouble) return error;
    throw error;
  }
}

async function checkContent(address: string, file: DeviceFile, partial: Partial, task: StepTask) {
  const digest = await sha256Of(partial.path, task.signal);
  if (digest === file.sha256) return;
  await partial.empty();
  throw new FetchTrouble('content', hostOf(address), `SHA-256 ${digest} instead of ${file.sha256}`);
}

function trustOf({ ca, lookup }: FetchWorld): Pick<FetchWorld, 'ca' | 'lookup'> {
  return { ...(ca === undefined ? {} : { ca }), ...(lookup === undefined ? {} : { lookup }) };
}

function fractionOf({ sizeBytes }: DeviceFile, partial: Partial): number {
  return (transferShare * partial.lengthBytes()) / sizeBytes;
}

function mirrorAddress(mirror: string, { sha256 }: DeviceFile): string {
  return `${mirror.replace(/\/+$/, '')}/sha256/${sha256}`;
}

function hostOf(address: string): string {
  return new URL(address).hostname;
}
