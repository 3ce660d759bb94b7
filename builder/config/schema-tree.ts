import { z } from 'zod';

/** What stands under one key, with the wrappers (default, optional …) taken off. */
export interface SchemaField {
  readonly key: string;
  /** The schema without its wrappers. */
  readonly type: z.ZodType;
  readonly description: string | undefined;
  readonly examples: readonly unknown[];
  /** What holds when the key is left out; undefined when there is nothing then. */
  readonly defaultValue: unknown;
  readonly mayBeLeftOut: boolean;
}

/** The fields of an object schema, in the order they are written in. */
export function fieldsOf(schema: z.ZodObject): readonly SchemaField[] {
  return Object.entries(schema.shape).map(([key, field]) => readField(key, field as z.ZodType));
}

/** The schema without default, prefault, optional, nullable and readonly. */
export function unwrap(schema: z.ZodType): z.ZodType {
  const inner = innerOf(schema);
  return inner === undefined ? schema : unwrap(inner);
}

/** The schema of the elements of a list, or of the values of a record; undefined for all else. */
export function elementOf(type: z.ZodType): z.ZodType | undefined {
  if (type instanceof z.ZodArray) return type.element as z.ZodType;
  if (type instanceof z.ZodRecord) return type.valueType as z.ZodType;
  return undefined;
}

function readField(key: string, schema: z.ZodType): SchemaField {
  const notes = notesOf(schema);
  return {
    key,
    type: unwrap(schema),
    description: typeof notes['description'] === 'string' ? notes['description'] : undefined,
    examples: Array.isArray(notes['examples']) ? notes['examples'] : [],
    defaultValue: defaultOf(schema),
    mayBeLeftOut: schema.safeParse(undefined).success,
  };
}

/** Descriptions may stand inside or outside of `.default()`; the outer one wins. */
function notesOf(schema: z.ZodType): Readonly<Record<string, unknown>> {
  const inner = innerOf(schema);
  return { ...(inner === undefined ? {} : notesOf(inner)), ...schema.meta() };
}

function defaultOf(schema: z.ZodType): unknown {
  const result = schema.safeParse(undefined);
  return result.success ? result.data : undefined;
}

function innerOf(schema: z.ZodType): z.ZodType | undefined {
  const isWrapper =
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodReadonly;
  return isWrapper ? (schema.def.innerType as z.ZodType) : undefined;
}
