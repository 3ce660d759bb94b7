import { z } from 'zod';
import { isRecord } from './config-path.ts';
import { elementOf, unwrap } from './schema-tree.ts';

/**
 * `ssh:` with nothing (or only comments) below it is null in YAML. A person means "all as usual": such sections and lists
 * are taken out, so that their defaults hold. Other empty values stay and become errors.
 */
export function dropEmptySections(data: unknown, schema: z.ZodType): unknown {
  const type = unwrap(schema);
  if (!isRecord(data) || !(type instanceof z.ZodObject)) return data;
  return Object.fromEntries(
    Object.entries(data).flatMap(([key, value]) => {
      const field = Object.hasOwn(type.shape, key) ? (type.shape[key] as z.ZodType) : undefined;
      if (field === undefined) return [[key, value]];
      return value === null && isSection(field) ? [] : [[key, dropEmptySections(value, field)]];
    }),
  );
}

function isSection(field: z.ZodType): boolean {
  const type = unwrap(field);
  return type instanceof z.ZodObject || elementOf(type) !== undefined;
}
