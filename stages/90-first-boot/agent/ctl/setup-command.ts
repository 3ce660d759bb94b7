import { exampleFor } from '../card/example.ts';
import { type Command, type CommandCall, sayJson } from './command.ts';
import { CtlProblem, done, failed, wrongUsage } from './outcome.ts';
import { askTopic, isYes } from './setup-ask.ts';
import { problemLine, readAnswersFile, sendAnswers } from './setup-file.ts';
import { openSetupSession, type SetupSession } from './setup-session.ts';
import { applyAndWatch } from './setup-watch.ts';

/** Answers the questions of the setup without a browser. */
export const setupCommand: Command = {
  options: {
    file: { type: 'string' },
    check: { type: 'boolean' },
    example: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  run: async (call) => {
    const { file, check } = call.options;
    if (call.options['example'] === true) {
      call.terminal.say(exampleFor(call.context.setups));
      return done;
    }
    if (typeof file === 'string')
      return check === true ? await checkFile(call, file) : await takeFile(call, file);
    if (check === true || call.options['json'] === true)
      throw new CtlProblem('--check and --json need --file FILE', wrongUsage);
    if (!call.terminal.isInteractive)
      throw new CtlProblem(
        'nobody can be asked here. In a script: hearthctl setup --file hearth.yaml',
        wrongUsage,
      );
    return await withSession(call, (session) => askAll(call, session));
  },
};

async function checkFile(call: CommandCall, path: string): Promise<number> {
  const { context, terminal, options } = call;
  const { problems } = await readAnswersFile(context, path);
  if (options['json'] === true) sayJson(call, { problems });
  else if (problems.length === 0) terminal.say(`${path}: no mistakes`);
  else for (const problem of problems) terminal.complain(problemLine(path, problem, terminal.language));
  return problems.length === 0 ? done : failed;
}

async function takeFile(call: CommandCall, path: string): Promise<number> {
  const { context, terminal } = call;
  const { file, problems } = await readAnswersFile(context, path);
  for (const problem of problems) terminal.complain(problemLine(path, problem, terminal.language));
  if (problems.length > 0) throw new CtlProblem('nothing was taken from the file', failed);
  return await withSession(call, async (session) => {
    await sendAnswers(session, file);
    return await finish(call, session);
  });
}

async function askAll(call: CommandCall, session: SetupSession): Promise<number> {
  const { context, terminal } = call;
  // After the setup, what was put off is asked again.
  const wanted = session.phase === 'complete' ? ['open', 'skipped'] : ['open'];
  const asked = new Set<string>();
  // Looks anew after each: an answer may bring other questions with it.
  const nextTopic = async () => {
    const { topics } = await session.door.call('topics', { token: session.token });
    return topics.find(({ id, state }) => wanted.includes(state) && !asked.has(id));
  };
  for (let topic = await nextTopic(); topic !== undefined; topic = await nextTopic()) {
    asked.add(topic.id);
    await askTopic(context, terminal, session, topic);
  }
  if (session.phase === 'complete' && asked.size === 0) {
    terminal.say('Everything is answered. The status page changes answers: hearthctl login');
    return done;
  }
  if (session.phase !== 'complete' && !(await isYes(terminal, 'Set up the device with these answers?'))) {
    terminal.say('Nothing was changed on the device. The answers are kept.');
    return done;
  }
  return await finish(call, session);
}

async function finish({ context, terminal }: CommandCall, session: SetupSession): Promise<number> {
  // Each change was applied when it was kept.
  if (session.phase !== 'complete') return await applyAndWatch(context, terminal, session);
  terminal.say('The changes are being applied: hearthctl logs');
  return done;
}

async function withSession(
  { context, terminal, options }: CommandCall,
  work: (session: SetupSession) => Promise<number>,
): Promise<number> {
  // A file with all answers is a clear wish.
  const mayTakeOver = async () =>
    options['file'] !== undefined ||
    (await isYes(terminal, 'Somebody sets the device up in a browser right now. Take over?'));
  const session = await openSetupSession(context, mayTakeOver);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
