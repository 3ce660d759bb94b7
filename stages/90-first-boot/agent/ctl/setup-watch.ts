import type { AgentContext } from '../context.ts';
import type { SetupEvent } from '../door/protocol.ts';
import { foldEvents, type RunView } from '../events/fold.ts';
import { followEvents, readEvents } from '../events/read-events.ts';
import { localText } from '../text/local-text.ts';
import { CtlProblem, done, failed } from './outcome.ts';
import type { SetupSession } from './setup-session.ts';
import type { Terminal } from './terminal.ts';

/** Starts the work and shows it until it is done. Gives the exit code. */
export async function applyAndWatch(
  context: AgentContext,
  terminal: Terminal,
  { door, token, phase }: SetupSession,
): Promise<number> {
  const { lastId } = foldEvents(readEvents(context.paths.eventLog));
  if (phase === 'asking' || phase === 'unclaimed') {
    const { problems } = await door.call('apply', { token });
    for (const { field, message } of problems)
      terminal.complain(`${field ?? 'setup'}: ${localText(message, terminal.language)}`);
    if (problems.length > 0) throw new CtlProblem('not everything is answered', failed);
  } else if (phase === 'applying') await door.call('retry', { token });
  return await watchRun(context, terminal, lastId);
}

async function watchRun(context: AgentContext, terminal: Terminal, after: number): Promise<number> {
  const stop = new AbortController();
  let view: RunView = foldEvents(readEvents(context.paths.eventLog, 0).filter(({ id }) => id <= after));
  try {
    for await (const event of followEvents(context.paths.eventLog, after, { signal: stop.signal })) {
      view = foldEvents([event], view);
      const id = 'step' in event ? event.step : undefined;
      const step = view.steps.find((one) => one.id === id);
      const title = step === undefined ? '' : localText(step.title, terminal.language);
      if (event.type === 'stepFinished') terminal.say(`${String(view.percent).padStart(3)} %  ${title}`);
      if (event.type === 'stepFailed') complainOf(event, title, terminal);
      if (event.type === 'runFailed') return failed;
      if (event.type === 'runFinished') {
        terminal.say('100 %  done');
        return done;
      }
    }
    return failed;
  } finally {
    stop.abort();
  }
}

function complainOf(
  { step, why, todo }: Extract<SetupEvent, { type: 'stepFailed' }>,
  title: string,
  { complain, language }: Terminal,
): void {
  complain(`FAILED  ${title}: ${localText(why, language)}`);
  if (todo !== undefined) complain(`        ${localText(todo, language)}`);
  complain(`        hearthctl logs ${step}`);
}
