import type { Setups } from '../setup/collected.ts';
import type { Field, Topic } from '../setup/define.ts';
import { localText } from '../text/local-text.ts';

const lineLength = 100;

/**
 * An example of hearth.yaml with every topic and field of this image, in English. All of it is a comment: `##` explains,
 * `# ` stands before what can be used.
 */
export function exampleFor(setups: Setups): string {
  return [
    ...explain(
      'Answers for the setup of this device. Remove the "#" before the lines that you need, and write your own values. Save the file as hearth.yaml on the first partition of the card (the one with config.txt), and switch the device on.',
    ),
    ...explain(
      'If every topic that is not optional is answered, the device sets itself up. hearth-card.txt tells what was taken over, and what is wrong. Passwords are removed from the file when they have been taken over.',
    ),
    ...explain("Indent with two spaces. Put values with special characters in single quotes: 'it''s'."),
    ...setups.topics.flatMap(topicLines),
    '',
  ].join('\n');
}

function topicLines(topic: Topic): readonly string[] {
  return [
    '',
    ...explain(
      `${localText(topic.short, 'en')}${topic.isOptional ? `. Optional: "${topic.id}: skip" leaves it out.` : ''}`,
    ),
    `# ${topic.id}:`,
    ...topic.fields.flatMap(fieldLines),
  ];
}

function fieldLines(field: Field): readonly string[] {
  const help = field.help === undefined ? '' : ` ${localText(field.help, 'en')}`;
  const optional = field.isOptional === true || field.source === 'file' ? ' (optional)' : '';
  return [
    ...explain(`  ${localText(field.label, 'en')}${optional}.${help}${choicesText(field)}`),
    ...valueLines(field).map((line) => `#   ${line}`),
  ];
}

function choicesText(field: Field): string {
  if (field.kind !== 'choice' || typeof field.choices === 'function') return '';
  return ` One of: ${field.choices.map((choice) => choice.value).join(', ')}.`;
}

function valueLines(field: Field): readonly string[] {
  if (field.kind === 'text' && (field.lines ?? 1) > 1) return [`${field.name}:`, "  - '…'"];
  const [first] = field.kind === 'choice' && typeof field.choices !== 'function' ? field.choices : [];
  return [`${field.name}: ${first === undefined ? "'…'" : `'${first.value}'`}`];
}

function explain(text: string): readonly string[] {
  const lines: string[] = [];
  const indent = /^ */.exec(text)?.[0] ?? '';
  for (const word of text.trim().split(/\s+/)) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + word.length < lineLength) lines.push(`${lines.pop()} ${word}`);
    else lines.push(`## ${indent}${word}`);
  }
  return lines;
}
