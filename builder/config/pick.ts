import { z } from 'zod';
import { HearthError } from '../errors/hearth-error.ts';
import { type ConfigPath, formatPath, isRecord, valueAt } from './config-path.ts';
import { sharedSchema } from './schema.ts';
import { fieldsOf } from './schema-tree.ts';

/** Some keys of a config, nested as in config.yaml. */
export type PickedConfig = Readonly<Record<string, unknown>>;

/** The builder's own business: a stage can not depend on which other stages there are. */
const notForStages: ReadonlySet<string> = new Set(['stages', 'artifacts']);

/** Every key that a stage may name in `reads`: sections (`keyboard`) and single values (`keyboard.layout`). */
export function sharedKeys(): readonly string[] {
  return keysOf(sharedSchema, []).filter((key) => !notForStages.has(key.split('.')[0] ?? ''));
}

/**
 * The named keys with their values. A key without a value (`debian.mirror`) is there as undefined, so that a strict
 * template may ask for it. Throws ERR_INTERNAL for a key that no config has.
 */
export function pick(config: Readonly<Record<string, unknown>>, keys: readonly string[]): PickedConfig {
  const known = new Set(sharedKeys());
  const unknown = keys.find((key) => !known.has(key) && !Object.hasOwn(config, key));
  if (unknown !== undefined) {
    throw new HearthError('ERR_INTERNAL', { what: `the config has no key "${unknown}"` });
  }
  return keys.reduce<PickedConfig>((picked, key) => {
    const path = key.split('.');
    return put(picked, path, valueAt(config, path));
  }, {});
}

function put(target: PickedConfig, [key = '', ...rest]: readonly string[], value: unknown): PickedConfig {
  const old = target[key];
  if (rest.length > 0) return { ...target, [key]: put(isRecord(old) ? old : {}, rest, value) };
  return { ...target, [key]: isRecord(old) && isRecord(value) ? { ...old, ...value } : value };
}

function keysOf(schema: z.ZodObject, path: ConfigPath): readonly string[] {
  return fieldsOf(schema).flatMap((field) => {
    const here = [...path, field.key];
    return [formatPath(here), ...(field.type instanceof z.ZodObject ? keysOf(field.type, here) : [])];
  });
}
