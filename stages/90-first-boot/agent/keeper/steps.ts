import { stepLogFile } from '../apply/step-log.ts';
import { readIfThere } from '../device/look.ts';
import type { DoorCalls, Problems } from '../door/protocol.ts';
import { foldEvents } from '../events/fold.ts';
import { readEvents } from '../events/read-events.ts';
import type { SetupStep } from '../setup/define.ts';
import { readSetup, writeSetup } from '../store/setup-store.ts';
import { redactorOf } from '../support/redact.ts';
import { sensitiveOf } from '../support/sensitive.ts';
import { startApplier } from './applier.ts';
import type { Keeper } from './keeper.ts';
import { KeeperRefusal } from './refusal.ts';

const shownLines = 400;

/** Goes on without a step, if it is one of the optional ones and has failed in the run that is going on. */
export async function skipStep(keeper: Keeper, ask: DoorCalls['skipStep']['ask']): Promise<Problems> {
  const { paths } = keeper.context;
  const step = stepOf(keeper, ask.step);
  const seen = foldEvents(readEvents(paths.eventLog)).steps.find((one) => one.id === step.id);
  // The log says what happened; what may be left out is the image's decision.
  if (seen?.state !== 'failed') return { problems: [{ message: messages.notFailed }] };
  if (step.isOptional !== true) return { problems: [{ message: messages.needed }] };
  const setup = readSetup(paths);
  writeSetup(paths, { ...setup, skippedSteps: [...new Set([...setup.skippedSteps, step.id])] });
  await startApplier(keeper);
  return { problems: [] };
}

/** The last lines of what a step printed. */
export function stepLog(keeper: Keeper, ask: DoorCalls['stepLog']['ask']): DoorCalls['stepLog']['answer'] {
  const { paths } = keeper.context;
  // Through the list of the image's steps: what the caller wrote never becomes a path.
  const text = readIfThere(stepLogFile(paths, stepOf(keeper, ask.step).id)) ?? '';
  const lines = text.trimEnd().split('\n').slice(-shownLines);
  return { text: redactorOf(sensitiveOf(keeper.context))(lines.join('\n')) };
}

function stepOf({ context }: Keeper, id: string): SetupStep {
  const step = context.setups.steps.find((one) => one.id === id);
  if (step === undefined) throw new KeeperRefusal('bad', 'a step that this image does not have');
  return step;
}

const messages = {
  notFailed: {
    en: 'This step has not failed. Please load the page again.',
    de: 'Dieser Schritt ist nicht fehlgeschlagen. Bitte laden Sie die Seite neu.',
  },
  needed: {
    en: 'The device can not do without this step. Please try again.',
    de: 'Ohne diesen Schritt geht es nicht. Bitte versuchen Sie es noch einmal.',
  },
} as const;
