import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { FingerprintParts } from './fingerprint.ts';

/** What is known of a project's earlier builds; only reasons, estimates and cleaning depend on it. */
export interface History {
  /** The parts that each stage was last built from. */
  readonly parts: Readonly<Record<string, FingerprintParts>>;
  /** Milliseconds that each step took when it last ran, by `STAGE/STEP`. */
  readonly durations: Readonly<Record<string, number>>;
  /** Keys of the layers of the last builds, newest first. */
  readonly layers: readonly (readonly string[])[];
}

/** Builds whose layers are kept. */
const keptBuilds = 3;

/** The file of a project's history in the cache. */
export function historyFile(cacheDir: string, projectDir: string): string {
  const project = createHash('sha256').update(projectDir).digest('hex').slice(0, 12);
  return `${cacheDir}/plans/${project}.json`;
}

/** Empty if there is none, or if it can not be read: then every reason is "never built", which harms nobody. */
export async function readHistory(file: string): Promise<History> {
  const empty: History = { parts: {}, durations: {}, layers: [] };
  try {
    const found: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isHistory(found) ? found : empty;
  } catch {
    return empty;
  }
}

/** The history with one more build. */
export function withBuild(history: History, keys: readonly string[]): History {
  const others = history.layers.filter((layers) => layers.join() !== keys.join());
  return { ...history, layers: [keys, ...others].slice(0, keptBuilds) };
}

/** Keys of the layers that any project's last builds need. */
export async function layersInUse(cacheDir: string): Promise<Set<string>> {
  const names = await readdir(`${cacheDir}/plans`).catch(() => []);
  const histories = await Promise.all(
    names.map(async (name) => await readHistory(`${cacheDir}/plans/${name}`)),
  );
  return new Set(histories.flatMap(({ layers }) => layers.flat()));
}

function isHistory(value: unknown): value is History {
  if (typeof value !== 'object' || value === null) return false;
  const { parts, durations, layers } = value as Partial<Record<keyof History, unknown>>;
  return (
    typeof parts === 'object' &&
    parts !== null &&
    typeof durations === 'object' &&
    durations !== null &&
    Array.isArray(layers)
  );
}
