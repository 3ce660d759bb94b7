import { stringify } from 'yaml';
import { z } from 'zod';
import { joinWords } from '../text/list.ts';
import { markdownTable } from '../text/markdown.ts';
import { type ConfigPath, formatPath } from './config-path.ts';
import { type ConfigSlice, sharedSchema } from './schema.ts';
import { elementOf, fieldsOf, type SchemaField, unwrap } from './schema-tree.ts';

const head = ['Key', 'Type', 'Default', 'Meaning', 'Example'];

/** The text of docs/config.md. */
export function configPage(slices: readonly ConfigSlice[]): string {
  const fields = fieldsOf(sharedSchema);
  const single = fields.filter((field) => !(field.type instanceof z.ZodObject));
  const sections = fields.flatMap((field) =>
    field.type instanceof z.ZodObject ? sectionOf(field.key, field.description, field.type) : [],
  );
  const stageSections = slices.flatMap((slice) =>
    sectionOf(slice.key, `Part of the stage \`${slice.stage}\`.`, slice.schema),
  );
  const paragraphs = [
    '# config.yaml',
    '<!-- Generated from builder/config/schema.ts and stages/*/stage.ts by scripts/generate-docs.ts. Changes here are lost. -->',
    'Every key may be left out: its default holds then. `scripts/hearth check` shows all problems of the file at once.',
    '## Single keys',
    markdownTable(
      head,
      single.flatMap((field) => rowsOf(field, [])),
    ),
    ...sections,
    ...stageSections,
  ];
  return `${paragraphs.join('\n\n')}\n`;
}

function sectionOf(key: string, text: string | undefined, type: z.ZodObject): readonly string[] {
  const rows = fieldsOf(type).flatMap((field) => rowsOf(field, [key]));
  return [`## ${key}`, ...(text === undefined ? [] : [text]), markdownTable(head, rows)];
}

/** A field's own row, and those of the fields below it. */
function rowsOf(field: SchemaField, parent: ConfigPath): readonly (readonly string[])[] {
  const path = [...parent, field.key];
  const element = elementOf(field.type);
  const inner = element === undefined ? field.type : unwrap(element);
  const below =
    inner instanceof z.ZodObject
      ? fieldsOf(inner).flatMap((child) => rowsOf(child, element === undefined ? path : elementPath(path)))
      : [];
  const example = field.examples[0];
  const own = [
    code(formatPath(path)),
    typeName(field.type),
    defaultText(field),
    field.description ?? '',
    example === undefined ? '' : code(inline(example)),
  ];
  return [own, ...below];
}

/** `samba.shares[].name`: any entry of the list. */
function elementPath(path: ConfigPath): ConfigPath {
  return [...path.slice(0, -1), `${path.at(-1)}[]`];
}

function typeName(type: z.ZodType): string {
  if (type instanceof z.ZodEnum) return joinWords(type.options.map((option) => code(String(option))));
  if (type instanceof z.ZodLiteral) return joinWords([...type.values].map((value) => code(String(value))));
  if (type instanceof z.ZodBoolean) return '`true` or `false`';
  if (type instanceof z.ZodNumber) return (type.format ?? '').includes('int') ? 'whole number' : 'number';
  if (type instanceof z.ZodArray) return `list of ${elementName(unwrap(type.element as z.ZodType))}`;
  if (type instanceof z.ZodObject || type instanceof z.ZodRecord) return 'section';
  return 'text';
}

function elementName(type: z.ZodType): string {
  if (type instanceof z.ZodObject) return 'sections';
  return type instanceof z.ZodString ? 'texts' : typeName(type);
}

function defaultText(field: SchemaField): string {
  if (field.type instanceof z.ZodObject) return '';
  if (field.defaultValue !== undefined) return code(inline(field.defaultValue));
  return field.mayBeLeftOut ? '' : 'required';
}

/** As one would write it in config.yaml, on one line. */
function inline(value: unknown): string {
  if (Array.isArray(value) && value.length === 0) return '[]';
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false }).trim();
}

function code(text: string): string {
  return `\`${text}\``;
}
