import { describe, expect, it } from 'vitest';
import type { Action } from '../../../builder/plan/planner.ts';
import { durationKey, Estimate } from '../../../builder/run/estimate.ts';
import type { Stage } from '../../../builder/stage/stage.ts';
import { makeStage } from '../../helpers/make-stage.ts';

/** A stage of scripts with these names. */
function stageOf(name: string, steps: readonly string[], parts: Partial<Stage> = {}): Stage {
  const path = `/project/stages/${name}`;
  return makeStage(name, {
    substages: [
      {
        ...{ name: '', path },
        steps: steps.map((label, number) => ({ kind: 'run', number, label, path: `${path}/${label}` })),
      },
    ],
    ...parts,
  });
}

function action(stage: Stage, kind: Action['kind']): Action {
  return { stage: stage.name, kind, reason: '', fingerprint: '', parts: {} };
}

const first = stageOf('10-a', ['00-run.sh', '01-run.sh']);
const second = stageOf('20-b', ['00-run.sh']);
const third = stageOf('30-c', ['00-run.sh'], { exportImage: '/project/stages/30-c/EXPORT_IMAGE' });
const durations = {
  '10-a/00-run.sh': 1000,
  '10-a/01-run.sh': 200,
  '20-b/00-run.sh': 30,
  '30-c/00-run.sh': 4,
  '30-c/image': 50_000,
  '90-gone/00-run.sh': 1_000_000,
};

/** The estimate of a build with these decisions. */
function estimateOf(
  kinds: readonly Action['kind'][],
  known: Readonly<Record<string, number>> = durations,
): Estimate {
  const stages = [first, second, third];
  const actions = stages.map((stage, index) => action(stage, kinds[index] ?? 'build'));
  return new Estimate(stages, actions, { parts: {}, durations: known, layers: [] });
}

describe('the time that is left', () => {
  it('is that of this step, all later ones and the image', () => {
    const estimate = estimateOf(['build', 'build', 'build']);

    expect(estimate.leftFrom('10-a', '00-run.sh')).toBe(51_234);
    expect(estimate.leftFrom('10-a', '01-run.sh')).toBe(50_234);
    expect(estimate.leftFrom('20-b', '00-run.sh')).toBe(50_034);
    expect(estimate.leftFrom('30-c', 'image')).toBe(50_000);
  });

  it.each<Action['kind']>(['reuse', 'skip'])('does not count stages that do not run: %s', (kind) => {
    expect(estimateOf(['build', kind, 'build']).leftFrom('10-a', '01-run.sh')).toBe(50_204);
  });

  it('does not count the image of a stage that exports none', () => {
    expect(estimateOf(['build', 'build', 'reuse']).leftFrom('20-b', '00-run.sh')).toBe(30);
  });

  it('is unknown while a step is to come that never ran, and known behind it', () => {
    const { '20-b/00-run.sh': _, ...others } = durations;
    const estimate = estimateOf(['build', 'build', 'build'], others);

    expect(estimate.leftFrom('10-a', '00-run.sh')).toBeUndefined();
    expect(estimate.leftFrom('20-b', '00-run.sh')).toBeUndefined();
    expect(estimate.leftFrom('30-c', '00-run.sh')).toBe(50_004);
  });

  it('takes a step of no time as known', () => {
    expect(
      estimateOf(['reuse', 'build', 'reuse'], { '20-b/00-run.sh': 0 }).leftFrom('20-b', '00-run.sh'),
    ).toBe(0);
  });

  it('is unknown for a step that the plan does not run', () => {
    const estimate = estimateOf(['reuse', 'build', 'build']);

    expect(estimate.leftFrom('10-a', '00-run.sh')).toBeUndefined();
    expect(estimate.leftFrom('20-b', 'none')).toBeUndefined();
  });

  it('counts overlays and templates as a step', () => {
    const stage = makeStage('10-a', { definition: { summary: 'a', overlays: ['o'] } });
    const known = { [durationKey('10-a', 'overlays and templates')]: 7 };
    const estimate = new Estimate([stage], [action(stage, 'build')], {
      parts: {},
      durations: known,
      layers: [],
    });

    expect(estimate.leftFrom('10-a', 'overlays and templates')).toBe(7);
  });
});
