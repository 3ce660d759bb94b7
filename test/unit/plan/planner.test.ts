import { describe, expect, it } from 'vitest';
import { digestOf, type FingerprintParts, type PartChange } from '../../../builder/plan/fingerprint.ts';
import {
  describeChange,
  type KnownResults,
  makePlan,
  type PlannedStage,
} from '../../../builder/plan/planner.ts';
import { makeStage } from '../../helpers/make-stage.ts';

const names = ['00-a', '10-b', '20-c'];

/** The chain of stages as a build would plan it; `changes` adds parts to a stage, null stands for a SKIP file. */
function chain(changes: Readonly<Record<string, FingerprintParts | null>> = {}): PlannedStage[] {
  let parent: string | undefined;
  return names.map((name) => {
    const change = changes[name];
    if (change === null) return { stage: makeStage(name, { isSkipped: true }), fingerprint: undefined };
    const parts = { stage: name, ...(parent === undefined ? {} : { parent }), ...change };
    parent = digestOf(parts);
    return { stage: makeStage(name), fingerprint: { digest: parent, parts } };
  });
}

/** What a cache knows after a build of this chain; the results of `lost` stages were removed since. */
function resultsOf(built: readonly PlannedStage[], lost: readonly string[] = []): KnownResults {
  const results = built.filter(({ stage }) => !lost.includes(stage.name));
  const digests = new Set(results.map(({ fingerprint }) => fingerprint?.digest));
  return {
    has: (digest) => digests.has(digest),
    lastParts: (name) => built.find(({ stage }) => stage.name === name)?.fingerprint?.parts,
  };
}

const nothingKnown: KnownResults = { has: () => false, lastParts: () => undefined };

function planOf(stages: readonly PlannedStage[], known: KnownResults): string[] {
  return makePlan(stages, known).map(({ stage, kind, reason }) => `${stage} ${kind}: ${reason}`);
}

describe('makePlan', () => {
  it.each<[string, PlannedStage[], KnownResults, string[]]>([
    [
      'builds everything the first time',
      chain(),
      nothingKnown,
      [
        '00-a build: never built',
        '10-b build: never built; 00-a is built',
        '20-c build: never built; 00-a is built',
      ],
    ],
    [
      'reuses everything when nothing changed',
      chain(),
      resultsOf(chain()),
      ['00-a reuse: nothing changed', '10-b reuse: nothing changed', '20-c reuse: nothing changed'],
    ],
    [
      'rebuilds the stage whose file changed and all that follow',
      chain({ '10-b': { 'file 00-packages': 'plain 2' } }),
      resultsOf(chain({ '10-b': { 'file 00-packages': 'plain 1' } })),
      [
        '00-a reuse: nothing changed',
        '10-b build: file 00-packages changed',
        '20-c build: 10-b is built anew',
      ],
    ],
    [
      'counts further changes',
      chain({ '20-c': { 'file a': '1', 'file b': '2', 'file c': '3' } }),
      resultsOf(chain()),
      ['00-a reuse: nothing changed', '10-b reuse: nothing changed', '20-c build: file a is new and 2 more'],
    ],
    [
      'names a change of its own rather than that of the stage before',
      chain({ '00-a': { architecture: 'b' }, '10-b': { architecture: 'b' } }),
      resultsOf(chain({ '00-a': { architecture: 'a' }, '10-b': { architecture: 'a' } })),
      [
        '00-a build: architecture: a → b',
        '10-b build: architecture: a → b',
        '20-c build: 00-a is built anew',
      ],
    ],
    [
      'leaves a stage with SKIP out',
      chain({ '10-b': null }),
      resultsOf(chain({ '10-b': null })),
      ['00-a reuse: nothing changed', '10-b skip: it has a SKIP file', '20-c reuse: nothing changed'],
    ],
    [
      'rebuilds what followed a stage that is skipped now',
      chain({ '10-b': null }),
      resultsOf(chain()),
      [
        '00-a reuse: nothing changed',
        '10-b skip: it has a SKIP file',
        '20-c build: the stage before it changed',
      ],
    ],
    [
      'builds a result that is gone from the cache, and nothing else',
      chain(),
      resultsOf(chain(), ['10-b']),
      [
        '00-a reuse: nothing changed',
        '10-b build: its result is not in the cache any more',
        '20-c reuse: nothing changed',
      ],
    ],
    [
      'counts one further change',
      chain({ '20-c': { 'file a': '1', 'file b': '2' } }),
      resultsOf(chain()),
      ['00-a reuse: nothing changed', '10-b reuse: nothing changed', '20-c build: file a is new and 1 more'],
    ],
  ])('%s', (_title, stages, known, plan) => {
    expect(planOf(stages, known)).toEqual(plan);
  });

  it('hands on the fingerprint and its parts, but none for a skipped stage', () => {
    const stages = chain({ '20-c': null });

    const [first, , last] = makePlan(stages, nothingKnown);

    expect(first).toMatchObject({ fingerprint: stages[0]?.fingerprint?.digest, parts: { stage: '00-a' } });
    expect(last).toMatchObject({ fingerprint: '', parts: {} });
  });
});

describe('describeChange', () => {
  it.each<[PartChange, string]>([
    [{ part: 'parent', before: 'a', after: 'b' }, 'the stage before it changed'],
    [{ part: 'file 00-packages', before: 'a', after: 'b' }, 'file 00-packages changed'],
    [{ part: 'file 00-packages', before: undefined, after: 'b' }, 'file 00-packages is new'],
    [{ part: 'file 00-packages', before: 'a', after: undefined }, 'file 00-packages is gone'],
    [{ part: 'config.yaml hostname', before: '"a"', after: '"b"' }, 'config.yaml hostname: "a" → "b"'],
    [
      { part: 'config.yaml plex.claim', before: undefined, after: '"b"' },
      'config.yaml plex.claim: unset → "b"',
    ],
    [
      { part: 'config.yaml plex.claim', before: '"b"', after: undefined },
      'config.yaml plex.claim: "b" → unset',
    ],
  ])('%j is "%s"', (change, text) => {
    expect(describeChange(change)).toBe(text);
  });
});
