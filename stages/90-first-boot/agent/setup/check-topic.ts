import type { DeviceLook } from '../device/door.ts';
import type { LocalText } from '../text/local-text.ts';
import type { Answers, Choice, ChoiceField, Field, FieldProblem, Topic, Values } from './define.ts';

export interface CheckedTopic {
  readonly topic: Topic;
  readonly values: Values;
  /** The other answers, for rules that look at them. */
  readonly answers: Answers;
  /** `page`: fields that only a file may give are unknown. */
  readonly source: 'page' | 'file';
}

/** Everything that is wrong with the answers to one topic; the page and hearth.yaml say it with the same words. */
export async function checkTopic(
  { topic, values, answers, source }: CheckedTopic,
  device: DeviceLook,
): Promise<readonly FieldProblem[]> {
  const asked = topic.fields.filter((field) => source === 'file' || field.source !== 'file');
  const unknown = Object.keys(values).filter((name) => !asked.some((field) => field.name === name));
  const problems: FieldProblem[] = unknown.map((field) => ({ field, message: messages.unknown }));
  for (const field of asked) {
    const message = await checkField(field, values, device);
    if (message !== undefined) problems.push({ field: field.name, message });
  }
  return problems.length > 0 ? problems : (topic.validate?.(values, answers) ?? []);
}

/** The choices of a field on this device. */
export async function choicesOf(field: ChoiceField, device: DeviceLook): Promise<readonly Choice[]> {
  return typeof field.choices === 'function' ? await field.choices(device) : field.choices;
}

/** Fields that are not asked with these values. */
export function isAsked(field: Field, values: Values): boolean {
  return field.onlyIf?.(values) !== false;
}

async function checkField(field: Field, values: Values, device: DeviceLook): Promise<LocalText | undefined> {
  const value = values[field.name] ?? '';
  if (value === '') {
    const isNeeded = field.isOptional !== true && field.source !== 'file' && isAsked(field, values);
    return isNeeded ? messages.empty : undefined;
  }
  const isLong = field.kind === 'text' && (field.lines ?? 1) > 1;
  // Control characters have no place in a name or a password, and end lines in files where they would be another answer.
  if (hasControlCharacter(isLong ? value.replaceAll(/[\r\n\t]/g, '') : value)) return messages.control;
  if (field.kind === 'choice') {
    const choices = await choicesOf(field, device);
    return choices.some((choice) => choice.value === value)
      ? field.validate?.(value, values)
      : messages.choice;
  }
  if (value.length > field.maxLength) return tooLong(field.maxLength);
  return field.validate?.(value, values);
}

function hasControlCharacter(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

const messages = {
  empty: { en: 'Please fill this in.', de: 'Bitte ausfüllen.' },
  control: { en: 'There is an invisible character in it.', de: 'Darin ist ein unsichtbares Zeichen.' },
  choice: { en: 'Please choose one of these.', de: 'Bitte eines davon auswählen.' },
  unknown: { en: 'There is no such field.', de: 'Dieses Feld gibt es nicht.' },
} as const;

function tooLong(maxLength: number): LocalText {
  return { en: `At most ${maxLength} characters.`, de: `Höchstens ${maxLength} Zeichen.` };
}
