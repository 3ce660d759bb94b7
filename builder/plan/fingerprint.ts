import { lstat, readlink } from 'node:fs/promises';
import { stringify } from 'safe-stable-stringify';
import type { BakedFile, InputFile } from '../stage/stage.ts';
import { digestOf, hashFile } from '../text/digest.ts';

/** What a stage's result depends on: names of parts and a value or digest for each. */
export type FingerprintParts = Readonly<Record<string, string>>;

export interface Fingerprint {
  /** SHA-256 over the parts, 64 hex digits. */
  readonly digest: string;
  readonly parts: FingerprintParts;
}

/** Raise it when the same parts begin to give another tree: when the runner's way of running steps changes. */
const formatVersion = '1';

export interface FingerprintSource {
  /** Fingerprint of the stage before; undefined for the first. */
  readonly parent: string | undefined;
  readonly stageName: string;
  /** The config values that the stage sees. */
  readonly config: unknown;
  readonly files: readonly InputFile[];
  readonly baked?: readonly BakedFile[];
  /** What is the same for all stages: architecture, tools, time stamp. */
  readonly base: Readonly<Record<string, string>>;
}

/**
 * Computes a stage's fingerprint. Contents and run bits count; times, owners, absolute paths and the order of
 * directory reads do not.
 */
export async function fingerprintStage(source: FingerprintSource): Promise<Fingerprint> {
  const parts: Record<string, string> = { format: formatVersion, stage: source.stageName };
  for (const [name, value] of Object.entries(source.base)) parts[name] = value;
  if (source.parent !== undefined) parts['parent'] = source.parent;
  for (const [path, value] of flatten(source.config)) parts[`config.yaml ${path}`] = value;
  for (const file of source.files) parts[`file ${file.label}`] = await describeFile(file.path);
  for (const file of source.baked ?? []) parts[`artifact ${file.name}`] = describeBaked(file);
  return { digest: digestOf(parts), parts };
}

/** A baked file as a part of a fingerprint. */
export function describeBaked({ sha256, reference, path, mode, keepImages }: BakedFile): string {
  const image = reference === undefined ? '' : ` of ${reference}`;
  const kept = keepImages === undefined ? '' : `, only ${keepImages.join(', ')}`;
  return `${sha256}${image} at /${path} (${mode.toString(8)})${kept}`;
}

export interface PartChange {
  readonly part: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** The parts that differ, sorted by name. */
export function compareParts(before: FingerprintParts, after: FingerprintParts): PartChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => ({ part: name, before: before[name], after: after[name] }));
}

/** A file as a part of a fingerprint: its content and run bit, or where a link leads. */
export async function describeFile(path: string): Promise<string> {
  const info = await lstat(path);
  if (info.isSymbolicLink()) return `link to ${await readlink(path)}`;
  return `${info.mode & 0o100 ? 'executable' : 'plain'} ${await hashFile(path)}`;
}

/** Leaves of a config object as `a.b.c` and their JSON. */
export function flatten(value: unknown, path = ''): [string, string][] {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([key, child]) => flatten(child, path ? `${path}.${key}` : key));
  }
  return path === '' ? [] : [[path, stringify(value) ?? 'null']];
}
