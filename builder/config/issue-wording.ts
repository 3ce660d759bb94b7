import { isScalar, type Node } from 'yaml';
import type { z } from 'zod';
import { joinWords } from '../text/list.ts';
import { suggest } from '../text/suggest.ts';
import { type ConfigPath, isRecord, valueAt } from './config-path.ts';
import type { Finding } from './finding.ts';

/** What a checked value looked like in the file. */
export interface Seen {
  /** The data that was checked. */
  readonly data: unknown;
  readonly nodeAt: (path: ConfigPath) => Node | undefined;
}

/** zod's issues in our words. Unknown keys are left out: findUnknownKeys says more about them. */
export function wordIssues(issues: readonly z.core.$ZodIssue[], seen: Seen): readonly Finding[] {
  return issues
    .filter((issue) => issue.code !== 'unrecognized_keys')
    .map((issue) => {
      const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
      const value = valueAt(seen.data, path);
      return {
        path,
        anchor: 'value',
        ...wordIssue(issue, { value, node: seen.nodeAt(path), key: String(path.at(-1)) }),
      };
    });
}

type Wording = Pick<Finding, 'message' | 'help'>;

interface SeenValue {
  readonly value: unknown;
  readonly node: Node | undefined;
  readonly key: string;
}

const noValue: Wording = {
  message: 'has no value',
  help: 'give it one, or remove the line: the default holds then',
};

function wordIssue(issue: z.core.$ZodIssue, seen: SeenValue): Wording {
  if (seen.value === null) return noValue;
  if (seen.value === undefined) return { message: 'is missing', help: `add "${seen.key}: …"` };
  switch (issue.code) {
    case 'invalid_type':
      return wordType(issue.expected, seen.value, seen.node);
    case 'invalid_value':
      return wordChoice(issue.values.map(String), seen.value);
    case 'too_small':
      return { message: `must ${limit(issue.origin, 'at least', Number(issue.minimum))}` };
    case 'too_big':
      return { message: `must ${limit(issue.origin, 'at most', Number(issue.maximum))}` };
    case 'custom':
      return { message: issue.message, help: helpOf(issue.params) };
    default:
      // A stage's own text (regex, format, union): it is a sentence about the value already.
      return { message: issue.message };
  }
}

function wordType(expected: string, value: unknown, node: Node | undefined): Wording {
  const source = isScalar(node) ? node.source : undefined;
  if (expected === 'string' && typeof value !== 'object') return wordUnquoted(value, source ?? String(value));
  if (expected === 'boolean' && typeof value === 'string') return wordBoolean(value);
  if (
    ['number', 'int'].includes(expected) &&
    typeof value === 'string' &&
    value.trim() !== '' &&
    !Number.isNaN(Number(value))
  ) {
    return { message: 'must be a number, not text', help: `remove the quotes: ${value}` };
  }
  return {
    message: `must be ${kindName(expected)}, not ${kindName(kindOf(value))}`,
    help: shapeHelp(expected, value),
  };
}

/** `1.30` is the number 1.3: what was written is lost unless it is quoted. */
function wordUnquoted(value: unknown, source: string): Wording {
  const kind = typeof value === 'boolean' ? 'a truth value' : kindName(kindOf(value));
  const message =
    String(value) === source
      ? `must be text, and ${source} without quotes is ${kind}`
      : `must be text, and ${source} without quotes is ${kind}: ${String(value)}`;
  return { message, help: `write "${source}"` };
}

function wordBoolean(value: string): Wording {
  const isYes = /^(yes|y|on|true|1)$/i.test(value);
  const isNo = /^(no|n|off|false|0)$/i.test(value);
  if (!isYes && !isNo) return { message: 'must be true or false, not text' };
  return { message: `must be true or false; "${value}" is text in YAML 1.2`, help: `write ${isYes}` };
}

function wordChoice(values: readonly string[], value: unknown): Wording {
  const near = suggest(String(value), values);
  const allowed = joinWords(values.map((one) => `"${one}"`));
  return {
    message: values.length === 1 ? `must be ${allowed} for now` : `must be ${allowed}`,
    help: near === undefined ? undefined : `did you mean "${near}"?`,
  };
}

function limit(origin: string, word: 'at least' | 'at most', bound: number): string {
  if (origin === 'array' || origin === 'set')
    return `have ${word} ${bound === 1 ? 'one entry' : `${bound} entries`}`;
  if (origin === 'string') return `have ${word} ${bound === 1 ? 'one character' : `${bound} characters`}`;
  return `be ${word} ${bound}`;
}

function shapeHelp(expected: string, value: unknown): string | undefined {
  if (expected === 'array') return 'one entry a line, each behind "- "';
  if (expected === 'object' || expected === 'record') return 'its keys come below it, two spaces further in';
  return Array.isArray(value) ? 'one value, no list' : undefined;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return isRecord(value) ? 'object' : typeof value;
}

function kindName(kind: string): string {
  const names: Readonly<Record<string, string>> = {
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a section with keys',
    record: 'a section with keys',
  };
  return names[kind] ?? kind;
}

function helpOf(params: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const help = params?.['help'];
  return typeof help === 'string' ? help : undefined;
}
