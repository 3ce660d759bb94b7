import { stageEnvironment } from '../config/environment.ts';
import { pick, sharedKeys } from '../config/pick.ts';
import type { Config } from '../config/schema.ts';
import type { Stage } from '../stage/stage.ts';

/** What one stage may see of the config: the same for its fingerprint, its templates and its scripts. */
export interface VisibleConfig {
  readonly data: Readonly<Record<string, unknown>>;
  readonly variables: Readonly<Record<string, string>>;
}

/** Where packages come from does not change what they are, and no stage may depend on it. */
const builderOnly = ['debian.mirror', 'debian.securityMirror', 'debian.snapshotMirror'];

/** Leaf keys that a folder written for pi-gen may read: all. */
export function allReadableKeys(): readonly string[] {
  const keys = sharedKeys();
  const isLeaf = (key: string) => !keys.some((other) => other.startsWith(`${key}.`));
  return keys.filter((key) => isLeaf(key) && !builderOnly.includes(key));
}

/** The shared keys that the stage `reads` and its own slice, and the variables made from them. */
export function visibleConfig(config: Config, stage: Stage): VisibleConfig {
  const keys = stage.definition ? (stage.definition.reads ?? []) : allReadableKeys();
  const shared = pick(config, keys);
  const sliceKey = stage.definition?.config?.key;
  const data = sliceKey === undefined ? shared : { ...shared, [sliceKey]: config[sliceKey] };
  return { data, variables: stageEnvironment(shared) };
}

/** Midnight UTC of `image.date`, in seconds since 1970. */
export function epochOf(config: Config): number {
  return Date.parse(`${config.image.date}T00:00:00Z`) / 1000;
}
