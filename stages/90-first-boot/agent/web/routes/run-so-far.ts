import { foldEvents, type RunView } from '../../events/fold.ts';
import type { Visit } from '../visit.ts';
import { within } from '../within.ts';
import { tokenOf } from './session-token.ts';

/** The keeper sends what it has at once; a pause means that this was all. */
const firstEventMs = 1_000;
const pauseMs = 150;

/** What all events until now add up to. */
export async function runSoFar(visit: Visit): Promise<RunView> {
  const end = new AbortController();
  const events = visit.doors.door
    .events(tokenOf(visit), 0, AbortSignal.any([end.signal, visit.signal]))
    [Symbol.asyncIterator]();
  let view = foldEvents([]);
  try {
    for (;;) {
      const next = await within(events.next(), view.lastId === 0 ? firstEventMs : pauseMs);
      if (next === undefined || next.done) return view;
      view = foldEvents([next.value], view);
    }
  } finally {
    end.abort();
  }
}
