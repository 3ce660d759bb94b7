import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from 'yaml';
import type { Field, Topic } from '../setup/define.ts';
import type { LocalText } from '../text/local-text.ts';
import type { Place } from './texts.ts';
import { noSuchField, noSuchTopic, syntaxText, yamlTexts } from './yaml-texts.ts';

/** True for a field whose value must not stay on the card. */
export function isSecretField(field: Field): boolean {
  return field.kind === 'secret' || (field.kind === 'text' && field.isSecret === true);
}

/** Stands in the file where a secret was that the device has taken over. */
export const takenMarker = '<taken over>';

export interface YamlProblem {
  readonly place: Place;
  readonly about?: string;
  readonly message: LocalText;
}

export interface YamlField {
  readonly field: Field;
  readonly value: string;
  readonly place: Place;
  /** The secret itself was taken over before. */
  readonly isTaken: boolean;
  /** Where the value stands in the text. */
  readonly range: readonly [begin: number, end: number];
}

export interface YamlTopic {
  readonly topic: Topic;
  readonly place: Place;
  /** Undefined: to be skipped. */
  readonly fields: readonly YamlField[] | undefined;
}

export interface YamlFile {
  readonly problems: readonly YamlProblem[];
  readonly topics: readonly YamlTopic[];
}

interface Reading {
  readonly place: (node: unknown) => Place;
  readonly problems: YamlProblem[];
}

/** Takes a hearth.yaml apart: which topic and field has which text, and where. Never throws. */
export function parseHearthYaml(text: string, topics: readonly Topic[]): YamlFile {
  try {
    return readDocument(text, topics);
  } catch {
    // The library ends so where thousands of brackets are in each other.
    return { problems: [{ place: { line: 1, col: 1 }, message: yamlTexts.damaged }], topics: [] };
  }
}

function readDocument(text: string, topics: readonly Topic[]): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), col: Math.max(1, col) };
  };
  const place = (node: unknown) => at((node as Node | undefined)?.range?.[0] ?? 0);
  // A warning is a value that begins with "!": a tag for YAML, and lost.
  const problems: YamlProblem[] = [...document.errors, ...document.warnings].map((error) => ({
    place: at(error.code === 'MISSING_CHAR' ? openedAt(document, error.pos[0]) : error.pos[0]),
    message: syntaxText(error.code),
  }));
  // After a mistake in the form the rest may mean something else than it says.
  if (problems.length > 0) return { problems, topics: [] };
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return { problems, topics: [] };
  if (!isMap(contents))
    return { problems: [{ place: place(contents), message: yamlTexts.notMap }], topics: [] };
  const reading: Reading = { place, problems };
  return { problems, topics: contents.items.flatMap((pair) => readTopic(pair, topics, reading)) };
}

/** A quote that is never closed is told where it was opened: the file's end says little. */
function openedAt(document: Document.Parsed, end: number): number {
  let begin = end;
  visit(document, {
    Scalar: (_key, node) => {
      const [from = end, to = from] = node.range ?? [];
      if (node.type?.startsWith('QUOTE') === true && from < begin && to >= end) begin = from;
    },
  });
  return begin;
}

function readTopic(pair: Pair, topics: readonly Topic[], reading: Reading): readonly YamlTopic[] {
  const place = reading.place(pair.key);
  const name = keyText(pair);
  const topic = topics.find((one) => one.id === name);
  if (topic === undefined) {
    reading.problems.push({ place, message: noSuchTopic(name, topics) });
    return [];
  }
  const { value } = pair;
  if (isScalar(value) && value.value === 'skip') {
    if (topic.isOptional) return [{ topic, place, fields: undefined }];
    reading.problems.push({ place: reading.place(value), about: topic.id, message: yamlTexts.required });
  } else if (isMap(value)) {
    const fields = value.items.flatMap((one) => readField(one, topic, reading));
    return [{ topic, place, fields }];
  } else if (value !== null && !(isScalar(value) && value.value === null)) {
    reading.problems.push({ place: reading.place(value), about: topic.id, message: yamlTexts.noFields });
  }
  return [];
}

function readField(pair: Pair, topic: Topic, reading: Reading): readonly YamlField[] {
  const name = keyText(pair);
  const field = topic.fields.find((one) => one.name === name);
  if (field === undefined) {
    reading.problems.push({
      place: reading.place(pair.key),
      about: topic.id,
      message: noSuchField(name, topic),
    });
    return [];
  }
  const node = pair.value as Node | null;
  const read = valueText(node, field);
  const place = reading.place(node?.range === undefined ? pair.key : node);
  if ('problem' in read) {
    reading.problems.push({ place, about: `${topic.id}.${name}`, message: read.problem });
    return [];
  }
  const [begin = 0, end = begin] = node?.range ?? [];
  return [{ field, value: read.text, place, isTaken: read.text === takenMarker, range: [begin, end] }];
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}

function valueText(
  node: Node | null,
  field: Field,
): { readonly text: string } | { readonly problem: LocalText } {
  if (node === null) return { text: '' };
  if (isAlias(node) || node.anchor !== undefined) return { problem: yamlTexts.alias };
  if (isScalar(node)) {
    const isCut = node.type === 'PLAIN' && typeof node.comment === 'string' && isSecretField(field);
    return isCut ? { problem: yamlTexts.comment } : { text: scalarText(node, field) };
  }
  const isList = isSeq(node) && field.kind === 'text' && (field.lines ?? 1) > 1;
  if (!isList) return { problem: yamlTexts.oneValue };
  const texts = node.items.map((item) =>
    isScalar(item) && item.anchor === undefined ? scalarText(item, field) : undefined,
  );
  return texts.includes(undefined) ? { problem: yamlTexts.oneValue } : { text: texts.join('\n') };
}

/** As it is written: 0123 and 1e3 may be passwords. */
function scalarText(node: { readonly value: unknown; readonly source?: string }, field: Field): string {
  const { value } = node;
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean' && field.kind === 'choice') return value ? 'yes' : 'no';
  if (typeof value === 'string')
    return field.kind === 'text' && (field.lines ?? 1) > 1 ? value.trimEnd() : value;
  return node.source ?? String(value);
}
