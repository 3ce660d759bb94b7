import type { StepTask } from '../device/door.ts';
import type { FetchWorld } from './fetch-world.ts';
import type { AskOptions } from './http-get.ts';
import type { Meter } from './meter.ts';
import type { Content, Partial } from './partial.ts';
import { type Source, search } from './search.ts';
import { sha256Of } from './sha256.ts';
import { transfer } from './transfer.ts';
import { FetchTrouble } from './trouble.ts';

export interface Receive {
  /** Of the artifact that it belongs to, for the owner. */
  readonly name: string;
  readonly content: Content;
  readonly sources: readonly Source[];
  readonly partial: Partial;
  readonly meter: Meter;
  readonly world: FetchWorld;
  readonly task: StepTask;
}

/** Fetches what is missing. The partial file is whole and right at the end; else a StepFailure says why not. */
export async function receive(one: Receive): Promise<void> {
  const { name, sources, partial, meter, world, task } = one;
  /** Addresses that had a second chance with wrong content. */
  const hadChance = new Set<string>();
  await search({
    ...{ name, sources, world, task },
    attempt: async (source, options) => {
      const before = partial.lengthBytes();
      try {
        await attempt(source, one, options);
      } catch (error) {
        // Wrong only in its first part, which may be from elsewhere or was lost on the disk: this address gets a fair try.
        const isWrong = error instanceof FetchTrouble && error.kind === 'content';
        const isMixture = isWrong && before > 0 && partial.lengthBytes() === 0;
        if (!isMixture || hadChance.has(source.address)) throw error;
        hadChance.add(source.address);
        task.log(`${source.address}: ${error.message}; once more from the beginning`);
        await attempt(source, one, options);
      }
    },
    haveBytes: partial.lengthBytes,
    onWait: meter.waiting,
  });
}

async function attempt(
  source: Source,
  { content, partial, meter, task }: Receive,
  options: AskOptions,
): Promise<void> {
  const tell = () => meter.moved(partial.lengthBytes());
  tell();
  await transfer({ source, content, partial, options, onBytes: tell });
  meter.checking();
  const digest = await sha256Of(partial.path, task.signal);
  if (digest === content.sha256) return;
  await partial.empty();
  const host = new URL(source.address).hostname;
  throw new FetchTrouble('content', host, `SHA-256 ${digest} instead of ${content.sha256}`);
}
