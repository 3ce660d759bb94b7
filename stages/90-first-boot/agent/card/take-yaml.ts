import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentContext } from '../context.ts';
import type { Topic } from '../setup/define.ts';
import { readSetup, type StoredAnswer, type StoredSetup } from '../store/setup-store.ts';
import { checkYaml } from './check-yaml.ts';
import {
  type CardFile,
  type CardSteps,
  finishReplacing,
  namesOnCard,
  readCardFile,
  replaceOnCard,
  sha256Of,
  temporaryOf,
} from './fat-folder.ts';
import type { Outcome } from './outcome.ts';
import { parseHearthYaml } from './parse-yaml.ts';
import { withoutSecrets } from './redact-yaml.ts';
import type { Step } from './step.ts';
import { yamlTexts } from './yaml-texts.ts';

/** Windows hides the end of a name: its editor makes hearth.yaml.txt. */
const yamlFile = /^hearth\.ya?ml(\.txt)?$/i;
const yamlTemporary = /^hearth\.ya?ml(\.txt)?\.tmp$/i;
/** Key in StoredSetup.cardFiles: digests of the file as it was written, and without its secrets. */
const storeKey = 'hearth.yaml';

/** Takes the answers of a hearth.yaml: all of them if nothing is wrong, else none. */
export async function takeYaml(context: AgentContext, steps: CardSteps): Promise<Step | undefined> {
  const { fatFolder } = context.paths;
  const setup = readSetup(context.paths);
  const [original, redacted] = setup.cardFiles?.[storeKey] ?? [];
  finishOld(fatFolder, redacted, steps);
  const names = namesOnCard(fatFolder, yamlFile);
  if (names.length === 0) return undefined;
  if (names.length > 1) return told(names.map((file) => ({ file, message: yamlTexts.twoFiles })));
  const file = readCardFile(fatFolder, names[0] ?? '');
  if (file.sha256 === redacted) return undefined;
  if (file.isHalfRemoved) return told([{ file: file.name, message: yamlTexts.damaged }]);
  return await takeFile(file, setup, { context, steps, isKnown: file.sha256 === original });
}

interface Around {
  readonly context: AgentContext;
  readonly steps: CardSteps;
  readonly isKnown: boolean;
}

async function takeFile(
  file: CardFile,
  setup: StoredSetup,
  { context, steps, isKnown }: Around,
): Promise<Step> {
  const { topics } = context.setups;
  const text = file.text.replaceAll('\r\n', '\n');
  const { problems, answers, taken } = await checkYaml(parseHearthYaml(text, topics), context, setup.answers);
  if (problems.length > 0 && !isKnown)
    return told(problems.map((problem) => ({ file: file.name, ...problem })));
  const clean = withLineEnds(withoutSecrets(text, topics), file);
  if (!isKnown) {
    const cardFiles = { ...setup.cardFiles, [storeKey]: [file.sha256, sha256Of(clean)] };
    steps.store(context.paths, await withWish({ ...setup, answers, cardFiles }, context));
  }
  const names = isKnown ? topicsOf(text, topics) : taken;
  const outcome: Outcome = { taken: names.map(({ id, short }) => ({ id, short })), problems: [], notes: [] };
  const isClean = file.sha256 === sha256Of(clean);
  return { outcome, clean: () => (isClean ? undefined : replaceOnCard(file.path, clean, steps)) };
}

function topicsOf(text: string, topics: readonly Topic[]): readonly Topic[] {
  return parseHearthYaml(text, topics).topics.map((one) => one.topic);
}

function told(problems: Outcome['problems']): Step {
  return { outcome: { taken: [], problems, notes: [] }, clean: () => {} };
}

/** Goes on where a power cut ended the removal of secrets, and removes what is left of one that never came so far. */
function finishOld(folder: string, redacted: string | undefined, steps: CardSteps): void {
  for (const name of namesOnCard(folder, yamlTemporary)) {
    const path = join(folder, name.slice(0, -'.tmp'.length));
    const isWaiting = readCardFile(folder, name).sha256 === redacted;
    const isCut = !existsSync(path) || readCardFile(folder, name.slice(0, -'.tmp'.length)).isHalfRemoved;
    if (isWaiting && isCut) finishReplacing(path, steps);
    else steps.remove(temporaryOf(path));
  }
}

/** Line ends and the byte order mark as the owner's editor made them. */
function withLineEnds(text: string, file: CardFile): string {
  const lines = file.text.includes('\r\n') ? text.replaceAll('\n', '\r\n') : text;
  return file.hasMark ? `\uFEFF${lines}` : lines;
}

/**
 * With every required answer the device needs nobody: it sets itself up. Optional topics without an answer then count as
 * skipped, as on the page: a step waits only for what may still be answered.
 */
async function withWish(setup: StoredSetup, context: AgentContext): Promise<StoredSetup> {
  const open = context.setups.topics.filter((topic) => setup.answers[topic.id]?.state !== 'answered');
  for (const topic of open) if (!topic.isOptional && (await isAvailable(topic, context))) return setup;
  const skipped: StoredAnswer = { state: 'skipped', from: 'card' };
  const answers = { ...setup.answers, ...Object.fromEntries(open.map((topic) => [topic.id, skipped])) };
  return { ...setup, answers, isClaimed: true, isWanted: true };
}

async function isAvailable(topic: Topic, { look }: AgentContext): Promise<boolean> {
  try {
    return (await topic.isAvailable?.(look)) !== false;
  } catch {
    return true;
  }
}
