import { z } from 'zod';
import { HearthError } from '../errors/hearth-error.ts';
import { type ConfigPath, formatPath } from './config-path.ts';
import { type ConfigSlice, sharedSchema } from './schema.ts';
import { elementOf, fieldsOf } from './schema-tree.ts';

/** What is wrong with the slices that stages hand in: a mistake of a stage.ts, not of config.yaml. */
export function sliceProblems(slices: readonly ConfigSlice[]): readonly string[] {
  return slices.flatMap((slice, index) => {
    const { key, stage } = slice;
    const twin = slices.slice(0, index).find((other) => other.key === key);
    return [
      ...(/^[a-z][A-Za-z0-9]*$/.test(key)
        ? []
        : [`${stage}: the config key "${key}" must be one word like "samba"`]),
      ...(Object.hasOwn(sharedSchema.shape, key)
        ? [`${stage}: the config key "${key}" is a shared key`]
        : []),
      ...(twin === undefined ? [] : [`${stage}: the config key "${key}" is taken by ${twin.stage}`]),
      ...(slice.schema.safeParse({}).success ? [] : [`${stage}: every field of "${key}" needs a default`]),
      ...withoutDescription(slice.schema, [key]).map((path) => `${stage}: ${path} needs a description`),
    ];
  });
}

/** Throws ERR_STAGE_INVALID when a slice is not fit to be used. */
export function assertSlices(slices: readonly ConfigSlice[]): void {
  const problems = sliceProblems(slices);
  if (problems.length === 0) return;
  throw new HearthError('ERR_STAGE_INVALID', {
    what: 'a stage hands in a config part that can not be used',
    details: problems.join('\n'),
    todo: 'correct `config` in its stage.ts',
    state: 'Nothing was built.',
  });
}

function withoutDescription(schema: z.ZodObject, path: ConfigPath): readonly string[] {
  return fieldsOf(schema).flatMap((field) => {
    const here = [...path, field.key];
    const inner = elementOf(field.type) ?? field.type;
    return [
      ...(field.description === undefined ? [formatPath(here)] : []),
      ...(inner instanceof z.ZodObject ? withoutDescription(inner, here) : []),
    ];
  });
}
