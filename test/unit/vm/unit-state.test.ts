import { describe, expect, it } from 'vitest';
import { parseUnitNames, parseUnitState } from '../../../builder/vm/unit-state.ts';

describe('parseUnitState', () => {
  it.each([
    ['ActiveState=active\nJobs=3\n', 'active'],
    ['ActiveState=failed\nJobs=3\n', 'failed'],
    ['ActiveState=activating\nJobs=0\n', 'waiting'],
    ['ActiveState=inactive\nJobs=2\n', 'waiting'],
    ['ActiveState=inactive\nJobs=0\n', 'inactive'],
  ])('reads %j', (text, state) => {
    expect(parseUnitState(text)).toBe(state);
  });
});

describe('parseUnitNames', () => {
  it('takes the first word of each line', () => {
    expect(parseUnitNames('a.service loaded failed failed A\n  b.mount loaded failed failed B\n')).toEqual([
      'a.service',
      'b.mount',
    ]);
    expect(parseUnitNames('')).toEqual([]);
  });
});
