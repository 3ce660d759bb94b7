import { describe, expect, it } from 'vitest';
import { planAsText } from '../../../builder/cli/commands/plan.ts';
import type { Action } from '../../../builder/plan/planner.ts';

function action(stage: string, kind: Action['kind'], reason: string): Action {
  return { stage, kind, reason, fingerprint: '', parts: {} };
}

describe('planAsText', () => {
  it('is a table with the reasons, and a count', () => {
    const actions = [
      action('00-bootstrap', 'reuse', 'nothing changed'),
      action('10-boot', 'build', 'file 00-packages changed'),
      action('20-system', 'skip', 'it has a SKIP file'),
    ];

    expect(planAsText(actions)).toBe(`\
00-bootstrap  reuse  nothing changed
10-boot       build  file 00-packages changed
20-system     skip   it has a SKIP file

1 of 3 stages would be built.
`);
  });

  it('says when there is nothing to do', () => {
    expect(planAsText([action('00-bootstrap', 'reuse', 'nothing changed')])).toBe(
      '00-bootstrap  reuse  nothing changed\n\nNothing to build.\n',
    );
  });
});
