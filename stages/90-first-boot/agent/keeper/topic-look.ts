import type { AgentContext } from '../context.ts';
import { choicesOf } from '../setup/check-topic.ts';
import type { Choice, Field, Topic } from '../setup/define.ts';
import { keepBriefly } from '../web/keep-briefly.ts';
import { describeError } from './describe-error.ts';
import { withTimeLimit } from './time-limit.ts';

/** What stages find out about the device for their topics. A look that fails or takes too long costs only itself. */
export interface TopicLook {
  readonly isAvailable: (topic: Topic) => Promise<boolean>;
  readonly prefill: (field: Field) => Promise<string | undefined>;
  readonly suggestions: (field: Field) => Promise<readonly string[] | undefined>;
  readonly choices: (field: Field) => Promise<readonly Choice[] | undefined>;
}

/** Each page shows topics, and a scan for networks takes seconds. */
const keepMs = 20_000;
const limitMs = 10_000;

/** Looks for the topics of this device; every look is kept for a short time. */
export function openTopicLook({ look, report }: Pick<AgentContext, 'look' | 'report'>): TopicLook {
  const kept = new Map<unknown, () => Promise<unknown>>();
  const briefly = <T>(key: unknown, make: () => Promise<T>): Promise<T> => {
    const known = kept.get(key) ?? keepBriefly(make, keepMs);
    kept.set(key, known);
    return known() as Promise<T>;
  };
  const attempt = async <T>(what: string, make: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await withTimeLimit(make(), limitMs, undefined);
    } catch (error) {
      report(`${what}: ${describeError(error)}`);
      return undefined;
    }
  };
  return {
    // A topic that can not tell is asked: better one question too many.
    isAvailable: (topic) =>
      topic.isAvailable === undefined
        ? Promise.resolve(true)
        : briefly(topic, async () => {
            const isThere = await attempt(`topic ${topic.id}`, async () => topic.isAvailable?.(look));
            return isThere !== false;
          }),
    prefill: (field) => {
      const { prefill } = field.kind === 'secret' ? {} : field;
      if (prefill === undefined) return Promise.resolve(undefined);
      return briefly(prefill, () => attempt(`field ${field.name}`, () => prefill(look)));
    },
    suggestions: (field) => {
      const { suggestions } = field.kind === 'text' ? field : {};
      if (suggestions === undefined) return Promise.resolve(undefined);
      return briefly(suggestions, () => attempt(`field ${field.name}`, () => suggestions(look)));
    },
    choices: (field) => {
      if (field.kind !== 'choice') return Promise.resolve(undefined);
      return briefly(field.choices, async () => {
        const choices = await attempt(`field ${field.name}`, () => choicesOf(field, look));
        return choices ?? [];
      });
    },
  };
}
