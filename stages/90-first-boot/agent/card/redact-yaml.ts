import { type Document, isMap, isScalar, parseDocument, Scalar } from 'yaml';
import type { Topic } from '../setup/define.ts';
import { isSecretField, parseHearthYaml, takenMarker, type YamlField } from './parse-yaml.ts';

/**
 * The same file with a marker in the place of each secret: comments, order and everything else stay as they are.
 * `text` must be a file without problems.
 */
export function withoutSecrets(text: string, topics: readonly Topic[]): string {
  const secrets = secretsOf(text, topics);
  if (secrets.length === 0) return text;
  let result = text;
  for (const { range } of [...secrets].sort((a, b) => b.range[0] - a.range[0])) {
    const old = text.slice(...range);
    const marker = old.endsWith('\n') ? `${takenMarker}\n` : takenMarker;
    result = `${result.slice(0, range[0])}${marker}${result.slice(range[1])}`;
  }
  return isRedacted(result, text, topics) ? result : rewritten(text, topics);
}

function secretsOf(text: string, topics: readonly Topic[]): readonly YamlField[] {
  const fields = parseHearthYaml(text, topics).topics.flatMap((one) => one.fields ?? []);
  return fields.filter(({ field, isTaken, value }) => isSecretField(field) && !isTaken && value !== '');
}

/** Cutting the text may go wrong with rare ways to write a value: then the library writes the file anew. */
function isRedacted(result: string, text: string, topics: readonly Topic[]): boolean {
  const after = parseHearthYaml(result, topics);
  const before = parseHearthYaml(text, topics);
  return (
    after.problems.length === 0 &&
    JSON.stringify(summary(after, false)) === JSON.stringify(summary(before, true))
  );
}

function summary(file: ReturnType<typeof parseHearthYaml>, isToRedact: boolean): unknown {
  return file.topics.map(({ topic, fields }) => [
    topic.id,
    fields?.map(({ field, value }) => [
      field.name,
      isToRedact && isSecretField(field) && value !== '' ? takenMarker : value,
    ]),
  ]);
}

function rewritten(text: string, topics: readonly Topic[]): string {
  const document: Document = parseDocument(text);
  for (const pair of isMap(document.contents) ? document.contents.items : []) {
    const topic = topics.find((one) => isScalar(pair.key) && one.id === pair.key.value);
    for (const item of isMap(pair.value) ? pair.value.items : []) {
      const field = topic?.fields.find((one) => isScalar(item.key) && one.name === item.key.value);
      if (field !== undefined && isSecretField(field) && item.value !== null)
        item.value = new Scalar(takenMarker);
    }
  }
  return document.toString({ lineWidth: 0 });
}
