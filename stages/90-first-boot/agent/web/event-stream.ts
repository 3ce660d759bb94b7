import { foldEvents, type RunView } from '../events/fold.ts';
import { ownHost } from './host-header.ts';
import { noteOf, progressText, shapeOf } from './pages/progress.ts';
import type { Reply } from './reply.ts';
import { tokenOf } from './routes/session-token.ts';
import type { Visit } from './visit.ts';
import { within } from './within.ts';

const beatMs = 10_000;
/** Events that come together are told together. */
const gatherMs = 80;

/** What the script puts into the open page. */
interface ProgressMessage {
  readonly percent: number;
  readonly text: string;
  /** The running step and what it says. */
  readonly step: string;
  readonly note: string;
  readonly shape: string;
  /** When all is done: where to go. */
  readonly home?: string;
}

/** The progress as server-sent events. A browser that was cut off gets only what is new to it. */
export function eventStreamReply(visit: Visit): Reply {
  return {
    status: 200,
    type: 'text/event-stream; charset=utf-8',
    // nginx, where it stands in front, would gather them; it takes this header away.
    headers: { 'X-Accel-Buffering': 'no' },
    body: messages(visit),
  };
}

async function* messages(visit: Visit): AsyncIterable<string> {
  yield 'retry: 2000\n\n';
  const end = new AbortController();
  const signal = AbortSignal.any([end.signal, visit.signal]);
  const events = visit.doors.door.events(tokenOf(visit), 0, signal)[Symbol.asyncIterator]();
  let view = foldEvents([]);
  let toldId = visit.lastEventId;
  let next = events.next();
  let lastBeat = Date.now();
  try {
    // It ends when the visitor is gone: that ends the events.
    for (;;) {
      const isBehind = view.lastId > toldId;
      const result = await within(next, isBehind ? gatherMs : beatMs);
      if (result !== undefined) {
        if (result.done) return;
        view = foldEvents([result.value], view);
        next = events.next();
      } else if (isBehind) {
        toldId = view.lastId;
        yield `id: ${view.lastId}\ndata: ${JSON.stringify(messageOf(visit, view))}\n\n`;
      }
      if (Date.now() - lastBeat >= beatMs) {
        lastBeat = Date.now();
        yield ': still here\nevent: beat\ndata: -\n\n';
      }
    }
  } finally {
    next.catch(() => {});
    end.abort();
  }
}

function messageOf(visit: Visit, view: RunView): ProgressMessage {
  const { frame } = visit;
  const running = view.steps.find(({ state }) => state === 'running');
  return {
    percent: view.percent,
    text: progressText(frame, view),
    step: running?.id ?? '',
    note: running === undefined ? '' : noteOf(frame, running),
    shape: shapeOf(view),
    ...(view.state === 'finished' ? { home: homeOf(visit) } : {}),
  };
}

/** The start page: under the device's new name if the one in the address bar is gone. */
function homeOf({ doors, host }: Visit): string {
  const own = doors.ownNames();
  if (ownHost(host, own) !== undefined) return '/';
  const port = /:\d+$/.exec(host)?.[0] ?? '';
  return `http://${own.hostname}.local${port}/`;
}
