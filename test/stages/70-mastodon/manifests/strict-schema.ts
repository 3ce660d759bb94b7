import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { ManifestObject } from '../../../../stages/70-mastodon/setup/manifests/objects.ts';

const require = createRequire(import.meta.url);

/** Keys of one type of the API, each with the type of its value as it is written. */
interface TypeKeys {
  /** The declaration file, in which the names of other types are imported. */
  readonly file: string;
  readonly keys: ReadonlyMap<string, string>;
}

const known = new Map<string, TypeKeys | undefined>();

/**
 * What is wrong with an object of the cluster: the schema's complaints about values and missing keys, and each key that
 * its type does not have. The package's schemas alone let unknown keys through, so these are looked up in its types.
 */
export function problemsOf(object: ManifestObject): readonly string[] {
  const name = modelOf(object);
  const file = require.resolve(name).replace(/\.js$/, '.d.ts');
  return [...schemaProblems(name, object), ...unknownKeys(object, keysOf(file), object.kind)];
}

function modelOf({ apiVersion, kind }: ManifestObject): string {
  return `kubernetes-models/${apiVersion}/${kind}`;
}

function schemaProblems(name: string, object: ManifestObject): readonly string[] {
  const Model = require(name)[object.kind] as new (data: object) => { validate: () => void };
  try {
    new Model(object).validate();
    return [];
  } catch (error) {
    return [String(error)];
  }
}

function unknownKeys(value: unknown, type: TypeKeys | undefined, at: string): readonly string[] {
  if (type === undefined || typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const written = type.keys.get(key);
    if (written === undefined) return [`${at}.${key} is unknown`];
    return unknownKeysOf(inner, { written, file: type.file }, `${at}.${key}`);
  });
}

function unknownKeysOf(
  value: unknown,
  { written, file }: { readonly written: string; readonly file: string },
  at: string,
): readonly string[] {
  const list = /^Array<(.+)>$/s.exec(written)?.[1];
  if (list !== undefined) {
    if (!Array.isArray(value)) return [`${at} is no list`];
    return value.flatMap((one, index) => unknownKeysOf(one, { written: list, file }, `${at}[${index}]`));
  }
  const map = /^\{\s*\[key: string\]: (.+?);?\s*\}$/s.exec(written)?.[1];
  if (map !== undefined) {
    return Object.entries(value as object).flatMap(([key, one]) =>
      unknownKeysOf(one, { written: map, file }, `${at}.${key}`),
    );
  }
  return unknownKeys(value, importedType(written, file), at);
}

/** The type that a name in a declaration file stands for; undefined for texts, numbers and the like. */
function importedType(name: string, file: string): TypeKeys | undefined {
  if (!/^I[A-Z]\w+$/.test(name)) return undefined;
  const from = new RegExp(`import \\{[^}]*\\b${name}\\b[^}]*\\} from "([^"]+)"`).exec(
    readFileSync(file, 'utf8'),
  )?.[1];
  if (from === undefined) throw new Error(`${file} does not import ${name}`);
  const source = from.startsWith('.')
    ? path.resolve(path.dirname(file), from)
    : createRequire(file).resolve(from).replace(/\.js$/, '');
  return keysOf(`${source}.d.ts`);
}

function keysOf(file: string): TypeKeys | undefined {
  if (!known.has(file)) known.set(file, readKeys(file));
  return known.get(file);
}

function readKeys(file: string): TypeKeys | undefined {
  const text = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const body = /export interface \w+(?: extends TypeMeta)? \{\n([\s\S]*?)\n\}/.exec(text)?.[1];
  // Quantities, times, names of ports: a value, not a section.
  if (body === undefined) return undefined;
  const keys = new Map<string, string>();
  for (const entry of `\n${body}`.split(/\n(?= {4}")/)) {
    const [, key, written] = /^ {4}"([^"]+)"\??: ([\s\S]*);\s*$/.exec(entry) ?? [];
    if (key !== undefined && written !== undefined) keys.set(key, written);
  }
  if (keys.size === 0) throw new Error(`no keys found in ${file}`);
  return { file, keys };
}
