import { isAbsolute, normalize } from 'node:path';
import { readIfThere } from '../device/look.ts';
import type { DeviceArtifact, DeviceArtifactList } from './device-artifact.ts';

/** What the image says about its artifacts. Without a file it has none. */
export type ImageArtifacts =
  | { readonly state: 'known'; readonly list: DeviceArtifactList }
  /** `reason` is for the log: English, no secret. */
  | { readonly state: 'damaged'; readonly reason: string };

export const noArtifacts: ImageArtifacts = {
  state: 'known',
  list: { format: 1, mirrors: [], artifacts: [] },
};

/** Reads the list of the image. A damaged one is an answer, too: steps that need nothing of it must go on. */
export function readImageArtifacts(path: string): ImageArtifacts {
  try {
    const text = readIfThere(path);
    return text === undefined ? noArtifacts : { state: 'known', list: checkedList(JSON.parse(text)) };
  } catch (error) {
    return { state: 'damaged', reason: `${path}: ${(error as Error).message}` };
  }
}

type Fields = Readonly<Record<string, unknown>>;
type Rule = (value: unknown) => boolean;

function checkedList(value: unknown): DeviceArtifactList {
  const list = fieldsOf(value, 'the list');
  if (list['format'] !== 1) throw new Error(`format ${String(list['format'])} is unknown`);
  const mirrors = arrayOf(list, 'mirrors');
  for (const mirror of mirrors) if (!isWebAddress(mirror)) throw new Error('a mirror is no web address');
  const artifacts = arrayOf(list, 'artifacts').map(checkedArtifact);
  const names = artifacts.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`"${twice}" stands in it twice`);
  return { format: 1, mirrors: mirrors as readonly string[], artifacts };
}

function arrayOf(fields: Fields, key: string): readonly unknown[] {
  const value = fields[key];
  if (!Array.isArray(value)) throw new Error(`"${key}" is no list`);
  return value;
}

function checkedArtifact(value: unknown): DeviceArtifact {
  const fields = fieldsOf(value, 'an artifact');
  const { name, kind } = fields;
  // Becomes part of the name of a step, and so of files.
  if (typeof name !== 'string' || !/^[a-z][a-z0-9.-]*$/.test(name))
    throw new Error('an artifact has no plain name');
  const rules = rulesOf(kind);
  if (rules === undefined) throw new Error(`the kind of "${name}" is unknown`);
  for (const [key, isRight] of Object.entries(rules)) {
    if (!isRight(fields[key])) throw new Error(`"${key}" of "${name}" is missing or wrong`);
  }
  return value as DeviceArtifact;
}

function rulesOf(kind: unknown): Readonly<Record<string, Rule>> | undefined {
  if (kind === 'file') return fileRules;
  if (kind === 'apt-package') return packageRules;
  return kind === 'container-image' ? imageRules : undefined;
}

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${what} is not what it should be`);
  return value as Fields;
}

const placeRules: Readonly<Record<string, Rule>> = {
  delivery: (value) => value === 'baked' || value === 'first-boot',
  path: (value) => isText(value) && isAbsolute(value) && normalize(value) === value && !value.endsWith('/'),
  mode: (value) => Number.isInteger(value) && (value as number) > 0 && (value as number) <= 0o7777,
};

const fileRules: Readonly<Record<string, Rule>> = {
  ...placeRules,
  version: isText,
  url: isWebAddress,
  sizeBytes: (value) => Number.isSafeInteger(value) && (value as number) > 0,
  sha256: (value) => isText(value) && /^[0-9a-f]{64}$/.test(value),
};

const imageRules: Readonly<Record<string, Rule>> = {
  ...placeRules,
  // Becomes part of an address.
  reference: (value) => isText(value) && /^[A-Za-z0-9.:[\]-]+\/[a-z0-9._/-]+:[A-Za-z0-9_.-]+$/.test(value),
  arm64Digest: isDigest,
  indexDigest: isDigest,
};

const packageRules: Readonly<Record<string, Rule>> = {
  repository: isWebAddress,
  suite: isText,
  component: isText,
  package: isText,
  keyUrl: isWebAddress,
  keyFingerprint: (value) => isText(value) && /^[0-9A-F]{40}$/.test(value),
  minimumVersion: isText,
  file: (value) => value === undefined || isPackageFile(value),
};

function isPackageFile(value: unknown): boolean {
  const fields = fieldsOf(value, 'the file of a package');
  return ['path', 'version', 'sizeBytes', 'sha256'].every((key) => fileRules[key]?.(fields[key]) === true);
}

function isDigest(value: unknown): boolean {
  return isText(value) && /^sha256:[0-9a-f]{64}$/.test(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isWebAddress(value: unknown): boolean {
  return isText(value) && /^https?:\/\//.test(value) && URL.canParse(value);
}
