import type { Stage } from '../stage/stage.ts';
import { compareParts, type Fingerprint, type FingerprintParts, type PartChange } from './fingerprint.ts';

export interface Action {
  readonly stage: string;
  readonly kind: 'build' | 'reuse' | 'skip';
  /** Why, for people: "file 00-packages changed", "10-boot is built anew". */
  readonly reason: string;
  /** Hex digest; '' for a skipped stage. */
  readonly fingerprint: string;
  readonly parts: FingerprintParts;
}

export interface PlannedStage {
  readonly stage: Stage;
  /** Undefined for a skipped stage. */
  readonly fingerprint: Fingerprint | undefined;
  /**
   * `finished`: all its layers are in the cache. `unknown`: a stage before it will be built, so nobody knows yet.
   * Else the number of its steps that are done, and the one that is next.
   */
  readonly progress: 'finished' | 'unknown' | { readonly done: number; readonly next: string };
}

/** Decides for each stage whether its result is there or must be built, and says why. Pure: it touches no disk. */
export function makePlan(
  stages: readonly PlannedStage[],
  lastParts: (stageName: string) => FingerprintParts | undefined,
): Action[] {
  let rebuiltBefore: string | undefined;
  return stages.map(({ stage, fingerprint, progress }) => {
    if (!fingerprint) {
      return { stage: stage.name, kind: 'skip', reason: 'it has a SKIP file', fingerprint: '', parts: {} };
    }
    const { digest, parts } = fingerprint;
    const last = lastParts(stage.name);
    if (progress === 'finished') {
      return { stage: stage.name, kind: 'reuse', reason: 'nothing changed', fingerprint: digest, parts };
    }
    const reason = reasonToBuild(last, parts, rebuiltBefore);
    const goesOn = progress !== 'unknown' && progress.done > 0 ? `; goes on at ${progress.next}` : '';
    rebuiltBefore ??= stage.name;
    return { stage: stage.name, kind: 'build', reason: reason + goesOn, fingerprint: digest, parts };
  });
}

/** One change in words: `file 00-packages changed`, `config.yaml hostname: "a" → "b"`. */
export function describeChange(change: PartChange): string {
  const { part, before, after } = change;
  if (part === 'parent') return 'the stage before it changed';
  if (part.startsWith('file ') || part.startsWith('artifact ')) {
    return before === undefined
      ? `${part} is new`
      : after === undefined
        ? `${part} is gone`
        : `${part} changed`;
  }
  if (part.startsWith('package ')) return describePackageChange(part.slice(8), before, after);
  return `${part}: ${before ?? 'unset'} → ${after ?? 'unset'}`;
}

function describePackageChange(name: string, before: string | undefined, after: string | undefined): string {
  if (before === undefined) return `the archive adds ${name} ${after}`;
  if (after === undefined) return `the archive needs ${name} no more`;
  return `the archive has moved: ${name} ${before} → ${after}`;
}

function reasonToBuild(
  last: FingerprintParts | undefined,
  parts: FingerprintParts,
  rebuiltBefore: string | undefined,
): string {
  if (!last) return rebuiltBefore === undefined ? 'never built' : `never built; ${rebuiltBefore} is built`;
  const changes = compareParts(last, parts);
  const own = changes.filter((change) => change.part !== 'parent');
  if (own[0]) {
    const more = own.length > 1 ? ` and ${own.length - 1} more` : '';
    return describeChange(own[0]) + more;
  }
  if (rebuiltBefore !== undefined) return `${rebuiltBefore} is built anew`;
  return changes.length > 0 ? 'the stage before it changed' : 'its result is not in the cache';
}
