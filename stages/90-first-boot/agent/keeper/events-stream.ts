import { Readable } from 'node:stream';
import { followEvents } from '../events/read-events.ts';
import { redactorOf, redactValue } from '../support/redact.ts';
import { sensitiveOf } from '../support/sensitive.ts';
import type { Keeper } from './keeper.ts';
import type { Asks } from './read-ask.ts';

const heartbeatMs = 10_000;

/** Lines of JSON: each event after `after`, and `{}` from time to time. Ends when the session does. */
export function eventStream(
  keeper: Keeper,
  { token, after }: Asks['events'],
  beatMs: number = heartbeatMs,
): Readable {
  const end = new AbortController();
  const stream = new Readable({
    read: () => {},
    destroy: (error, done) => {
      end.abort();
      clearInterval(beat);
      done(error);
    },
  });
  const beat = setInterval(() => {
    // A page that was left open somewhere must not keep its owner out elsewhere.
    if (keeper.sessions.use(token, keeper.phase(), true)) stream.push('{}\n');
    else stream.push(null);
  }, beatMs);
  pump(keeper, after, { stream, signal: end.signal }).catch((error: unknown) =>
    stream.destroy(error as Error),
  );
  return stream;
}

async function pump(
  { context }: Keeper,
  after: number,
  { stream, signal }: { readonly stream: Readable; readonly signal: AbortSignal },
): Promise<void> {
  const salted = redactorOf(sensitiveOf(context));
  for await (const event of followEvents(context.paths.eventLog, after, { signal })) {
    const { type } = event;
    // The applier has blackened what steps say; this is the second pair of eyes.
    const shown = type === 'stepFailed' || type === 'stepProgress' ? redactSpoken(event, salted) : event;
    if (!stream.push(`${JSON.stringify(shown)}\n`) && stream.readableLength > maxWaitingBytes)
      throw new Error('nobody reads the events');
  }
}

const maxWaitingBytes = 8 * 1024 * 1024;
const spoken = ['why', 'todo', 'note'] as const;

function redactSpoken(event: object, redact: (text: string) => string): unknown {
  const entries = Object.entries(event).map(([name, value]) => [
    name,
    spoken.some((one) => one === name) ? redactValue(value, redact) : value,
  ]);
  return Object.fromEntries(entries);
}
