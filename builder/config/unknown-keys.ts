import { z } from 'zod';
import { joinWords } from '../text/list.ts';
import { suggest } from '../text/suggest.ts';
import { type ConfigPath, formatPath, isRecord } from './config-path.ts';
import type { Finding } from './finding.ts';
import type { ConfigSlice } from './schema.ts';
import { elementOf, fieldsOf, unwrap } from './schema-tree.ts';

/**
 * Every key that the schema does not have, at any depth, with the key that was probably meant. `leftOut` are the slices
 * of stages that exist but are not in the image: their keys get an own explanation.
 */
export function findUnknownKeys(
  data: unknown,
  schema: z.ZodObject,
  leftOut: readonly ConfigSlice[],
): readonly Finding[] {
  const places = keyPlaces(schema, []);
  return strayKeys(data, schema, []).map(({ path, known }) => {
    const key = String(path.at(-1));
    const slice = path.length === 1 ? leftOut.find((one) => one.key === key) : undefined;
    if (slice !== undefined) {
      return {
        path,
        anchor: 'key',
        message: `belongs to the stage ${slice.stage}, which is not in the image`,
        help: `add ${slice.stage} to "stages", or remove this`,
      };
    }
    return { path, anchor: 'key', message: `unknown key "${key}"`, help: helpFor(path, known, places) };
  });
}

interface StrayKey {
  readonly path: ConfigPath;
  readonly known: readonly string[];
}

function strayKeys(data: unknown, schema: z.ZodType, path: ConfigPath): readonly StrayKey[] {
  const type = unwrap(schema);
  const element = elementOf(type);
  if (element !== undefined && Array.isArray(data)) {
    return data.flatMap((item, index) => strayKeys(item, element, [...path, index]));
  }
  if (!isRecord(data)) return [];
  if (element !== undefined) {
    return Object.entries(data).flatMap(([key, value]) => strayKeys(value, element, [...path, key]));
  }
  if (!(type instanceof z.ZodObject)) return [];
  const known = Object.keys(type.shape);
  return Object.entries(data).flatMap(([key, value]) =>
    Object.hasOwn(type.shape, key)
      ? strayKeys(value, type.shape[key] as z.ZodType, [...path, key])
      : [{ path: [...path, key], known }],
  );
}

function helpFor(
  path: ConfigPath,
  known: readonly string[],
  places: ReadonlyMap<string, readonly string[]>,
): string {
  const key = String(path.at(-1));
  const near = suggest(key, known);
  if (near !== undefined) return `did you mean "${near}"?`;
  if (key.includes('.') && places.get(key.split('.').at(-1) ?? '')?.includes(key)) {
    return `write one key a level: ${key.split('.').join(': ')}: …`;
  }
  const elsewhere = places.get(key) ?? [];
  if (elsewhere.length === 1) return placeHelp(elsewhere[0] ?? '');
  return `known here: ${joinWords(known, 'and')}`;
}

function placeHelp(place: string): string {
  const section = place.split('.').slice(0, -1).join('.');
  return section === ''
    ? `it belongs at the left edge, in no section`
    : `it belongs in the section "${section}"`;
}

/** Last word of each key → the full names that end in it. */
function keyPlaces(schema: z.ZodObject, path: ConfigPath): ReadonlyMap<string, readonly string[]> {
  const places = new Map<string, string[]>();
  const visit = (object: z.ZodObject, at: ConfigPath) => {
    for (const field of fieldsOf(object)) {
      const here = [...at, field.key];
      places.set(field.key, [...(places.get(field.key) ?? []), formatPath(here)]);
      if (field.type instanceof z.ZodObject) visit(field.type, here);
    }
  };
  visit(schema, path);
  return places;
}
