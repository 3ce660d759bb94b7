import type { StepTask } from '../device/door.ts';
import type { LocalText } from '../text/local-text.ts';
import type { FetchWorld } from './fetch-world.ts';
import { type Pace, startPace } from './pace.ts';
import { checkingNote, progressNote, waitingNote } from './texts.ts';

/** Tells the owner how far a transfer is. */
export interface Meter {
  /** So many bytes of it are there. */
  readonly moved: (haveBytes: number) => void;
  /** What came in is compared with its digest. */
  readonly checking: () => void;
  /** It can't be had right now. */
  readonly waiting: (host: string) => void;
}

/** Of the bar, `share` (0 to 1) is for the transfer of these bytes. */
export function startMeter(
  task: Pick<StepTask, 'progress'>,
  { clock }: FetchWorld,
  { sizeBytes, share }: { readonly sizeBytes: number; readonly share: number },
): Meter {
  let pace: Pace | undefined;
  let haveBytes = 0;
  const tell = (note: LocalText) => task.progress((share * haveBytes) / sizeBytes, note);
  return {
    moved: (bytes) => {
      haveBytes = bytes;
      pace ??= startPace(clock.nowMs, bytes);
      tell(progressNote(bytes, sizeBytes, pace.secondsLeft(bytes, sizeBytes)));
    },
    checking: () => tell(checkingNote),
    waiting: (host) => {
      // The pause says nothing of how fast the line is.
      pace = undefined;
      tell(waitingNote(host));
    },
  };
}

/** The same bar for a part that begins after so many bytes. */
export function partOf(meter: Meter, startBytes: number): Meter {
  return { ...meter, moved: (haveBytes) => meter.moved(startBytes + haveBytes) };
}
