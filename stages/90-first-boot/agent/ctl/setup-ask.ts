import type { AgentContext } from '../context.ts';
import type { FieldView, TopicView } from '../door/protocol.ts';
import { choicesOf, isAsked } from '../setup/check-topic.ts';
import type { Choice, Field, Topic } from '../setup/define.ts';
import { localText } from '../text/local-text.ts';
import { CtlProblem, failed } from './outcome.ts';
import type { SetupSession } from './setup-session.ts';
import type { Terminal } from './terminal.ts';

const mostListed = 12;

/** Asks one topic in the terminal until its answers are kept, or it is skipped. */
export async function askTopic(
  context: AgentContext,
  terminal: Terminal,
  { door, token }: SetupSession,
  view: TopicView,
): Promise<void> {
  const text = textIn(terminal);
  terminal.say('');
  terminal.say(text(view.title));
  if (view.text !== undefined) terminal.say(text(view.text));
  if (view.isOptional && !(await isYes(terminal, 'Set this up now?'))) {
    await door.call('skip', { token, topic: view.id });
    return;
  }
  const topic = context.setups.topics.find((one) => one.id === view.id);
  for (;;) {
    const values = await askFields(context, terminal, topic, view.fields);
    const { problems } = await door.call('save', { token, topic: view.id, values });
    if (problems.length === 0) return;
    for (const { field, message } of problems) {
      const label = view.fields.find((one) => one.name === field)?.label;
      terminal.complain(`${label === undefined ? '' : `${text(label)}: `}${text(message)}`);
    }
  }
}

/** Asks a question that is answered with yes or no; Enter is yes. */
export async function isYes(terminal: Terminal, question: string): Promise<boolean> {
  for (;;) {
    const answer = typed(await terminal.ask(`${question} [Y/n] `)).toLowerCase();
    if (['', 'y', 'yes', 'j', 'ja'].includes(answer)) return true;
    if (['n', 'no', 'nein'].includes(answer)) return false;
  }
}

async function askFields(
  context: AgentContext,
  terminal: Terminal,
  topic: Topic | undefined,
  views: readonly FieldView[],
): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const view of views) {
    const field = topic?.fields.find((one) => one.name === view.name);
    if (field !== undefined && !isAsked(field, values)) continue;
    const value = await askField(context, terminal, field, view);
    if (value !== '') values[view.name] = value;
  }
  return values;
}

async function askField(
  context: AgentContext,
  terminal: Terminal,
  field: Field | undefined,
  view: FieldView,
): Promise<string> {
  const text = textIn(terminal);
  if (view.help !== undefined) terminal.say(`  ${text(view.help)}`);
  const label = `  ${text(view.label)}${view.isOptional ? ' (optional)' : ''}`;
  if (view.kind === 'secret') return await askNewSecret(terminal, label, view.isNew === true);
  if (view.kind === 'choice' && field?.kind === 'choice')
    return await askChoice(terminal, label, view, await choicesOf(field, context.look));
  if ((view.lines ?? 1) > 1) return await askLines(terminal, label);
  for (const one of (view.suggestions ?? []).slice(0, mostListed)) terminal.say(`    ${one}`);
  const shown = view.value === undefined || view.value === '' ? '' : ` [${view.value}]`;
  return typed(await terminal.ask(`${label}${shown}: `)) || (view.value ?? '');
}

async function askNewSecret(terminal: Terminal, label: string, isNew: boolean): Promise<string> {
  for (;;) {
    const secret = typedSecret(await terminal.askSecret(`${label}: `));
    if (!isNew || secret === '') return secret;
    // Nobody sees what is typed, so a slip of a new one would lock the owner out.
    if (typedSecret(await terminal.askSecret(`${label}, once more: `)) === secret) return secret;
    terminal.complain('The two are not the same.');
  }
}

async function askChoice(
  terminal: Terminal,
  label: string,
  { value: preset = '' }: FieldView,
  choices: readonly Choice[],
): Promise<string> {
  const text = textIn(terminal);
  const isShort = choices.length <= mostListed;
  if (isShort)
    for (const [index, choice] of choices.entries()) terminal.say(`    ${index + 1}  ${text(choice.label)}`);
  const shown = preset === '' ? '' : ` [${preset}]`;
  for (;;) {
    const answer = (typed(await terminal.ask(`${label}${shown}: `)) || preset).toLowerCase();
    const names = (choice: Choice) => [choice.value, text(choice.label)].map((name) => name.toLowerCase());
    const numbered = isShort ? choices[Number(answer) - 1] : undefined;
    const chosen = numbered ?? choices.find((choice) => names(choice).includes(answer));
    if (chosen !== undefined) return chosen.value;
    const near = choices.filter((choice) => names(choice).some((name) => name.includes(answer)));
    if (near.length === 0) terminal.complain('There is no such choice.');
    for (const choice of near.slice(0, mostListed))
      terminal.say(`    ${choice.value}  ${text(choice.label)}`);
  }
}

async function askLines(terminal: Terminal, label: string): Promise<string> {
  terminal.say(`${label}; an empty line ends it.`);
  const lines: string[] = [];
  for (;;) {
    const line = typed(await terminal.ask('    '));
    if (line === '') return lines.join('\n');
    lines.push(line);
  }
}

function typed(answer: string | undefined): string {
  return typedSecret(answer).trim();
}

function typedSecret(answer: string | undefined): string {
  if (answer === undefined) throw new CtlProblem('stopped. What was answered is kept', failed);
  return answer;
}

function textIn(terminal: Terminal) {
  return (text: Parameters<typeof localText>[0]) => localText(text, terminal.language);
}
