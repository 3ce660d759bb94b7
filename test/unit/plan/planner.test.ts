import { describe, expect, it } from 'vitest';
import type { FingerprintParts, PartChange } from '../../../builder/plan/fingerprint.ts';
import { describeChange, makePlan, type PlannedStage } from '../../../builder/plan/planner.ts';
import { digestOf } from '../../../builder/text/digest.ts';
import { makeStage } from '../../helpers/make-stage.ts';

const names = ['00-a', '10-b', '20-c'];

/** The chain of stages as a build would plan it; `changes` adds parts to a stage, null stands for a SKIP file. */
function chain(changes: Readonly<Record<string, FingerprintParts | null>> = {}): PlannedStage[] {
  let parent: string | undefined;
  return names.map((name) => {
    const change = changes[name];
    if (change === null) {
      return { stage: makeStage(name, { isSkipped: true }), fingerprint: undefined, progress: 'finished' };
    }
    const parts = { stage: name, ...(parent === undefined ? {} : { parent }), ...change };
    parent = digestOf(parts);
    return { stage: makeStage(name), fingerprint: { digest: parent, parts }, progress: 'finished' };
  });
}

/** The same, with what the cache has of it: from this stage on, layers are missing. */
function missingFrom(
  name: string,
  stages: readonly PlannedStage[],
  progress: PlannedStage['progress'] = { done: 0, next: '00-packages' },
): PlannedStage[] {
  const first = names.indexOf(name);
  return stages.map((stage, index) => ({
    ...stage,
    progress: index < first ? 'finished' : index === first ? progress : 'unknown',
  }));
}

type LastParts = (name: string) => FingerprintParts | undefined;

const nothingKnown: LastParts = () => undefined;

/** What a project's history knows after a build of this chain. */
function builtBefore(stages: readonly PlannedStage[]): LastParts {
  return (name) => stages.find(({ stage }) => stage.name === name)?.fingerprint?.parts;
}

function planOf(stages: readonly PlannedStage[], lastParts: LastParts): string[] {
  return makePlan(stages, lastParts).map(({ stage, kind, reason }) => `${stage} ${kind}: ${reason}`);
}

describe('makePlan', () => {
  it.each<[string, PlannedStage[], LastParts, string[]]>([
    [
      'builds everything the first time',
      missingFrom('00-a', chain()),
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
      builtBefore(chain()),
      ['00-a reuse: nothing changed', '10-b reuse: nothing changed', '20-c reuse: nothing changed'],
    ],
    [
      'rebuilds the stage whose file changed and all that follow',
      missingFrom('10-b', chain({ '10-b': { 'file 00-packages': 'plain 2' } })),
      builtBefore(chain({ '10-b': { 'file 00-packages': 'plain 1' } })),
      [
        '00-a reuse: nothing changed',
        '10-b build: file 00-packages changed',
        '20-c build: 10-b is built anew',
      ],
    ],
    [
      'counts further changes',
      missingFrom('20-c', chain({ '20-c': { 'file a': '1', 'file b': '2', 'file c': '3' } })),
      builtBefore(chain()),
      ['00-a reuse: nothing changed', '10-b reuse: nothing changed', '20-c build: file a is new and 2 more'],
    ],
    [
      'names a change of its own rather than that of the stage before',
      missingFrom('00-a', chain({ '00-a': { architecture: 'b' }, '10-b': { architecture: 'b' } })),
      builtBefore(chain({ '00-a': { architecture: 'a' }, '10-b': { architecture: 'a' } })),
      [
        '00-a build: architecture: a → b',
        '10-b build: architecture: a → b',
        '20-c build: 00-a is built anew',
      ],
    ],
    [
      'leaves a stage with SKIP out',
      chain({ '10-b': null }),
      builtBefore(chain({ '10-b': null })),
      ['00-a reuse: nothing changed', '10-b skip: it has a SKIP file', '20-c reuse: nothing changed'],
    ],
    [
      'rebuilds what followed a stage that is skipped now',
      missingFrom('20-c', chain({ '10-b': null })),
      builtBefore(chain()),
      [
        '00-a reuse: nothing changed',
        '10-b skip: it has a SKIP file',
        '20-c build: the stage before it changed',
      ],
    ],
    [
      'builds a result that is gone from the cache, and what follows as far as it must',
      missingFrom('10-b', chain()),
      builtBefore(chain()),
      [
        '00-a reuse: nothing changed',
        '10-b build: its result is not in the cache',
        '20-c build: 10-b is built anew',
      ],
    ],
    [
      'goes on inside a stage at the step that was running',
      missingFrom('10-b', chain(), { done: 2, next: '03-run.sh' }),
      builtBefore(chain()),
      [
        '00-a reuse: nothing changed',
        '10-b build: its result is not in the cache; goes on at 03-run.sh',
        '20-c build: 10-b is built anew',
      ],
    ],
    [
      'says when packages moved',
      missingFrom('10-b', chain({ '10-b': { 'package bash': '5.3', 'package sed': '4.10' } })),
      builtBefore(chain({ '10-b': { 'package bash': '5.2', 'package sed': '4.9' } })),
      [
        '00-a reuse: nothing changed',
        '10-b build: the archive has moved: bash 5.2 → 5.3 and 1 more',
        '20-c build: 10-b is built anew',
      ],
    ],
    [
      'counts one further change',
      missingFrom('20-c', chain({ '20-c': { 'file a': '1', 'file b': '2' } })),
      builtBefore(chain()),
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
