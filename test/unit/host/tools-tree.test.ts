import { describe, expect, it } from 'vitest';
import { accelerationOffReason, withoutAcceleration } from '../../../builder/host/tools-tree.ts';

describe('withoutAcceleration', () => {
  it('takes the handler that emulates everything, and leaves the rest', () => {
    const tools = { path: '/t', key: 'k', dispatcher: '/t/dispatcher', emulator: '/t/emulator' };

    expect(withoutAcceleration(tools)).toEqual({ ...tools, dispatcher: '/t/emulator' });
  });

  it('changes nothing where programs run without a handler of ours', () => {
    const tools = { path: '/t', key: 'k', dispatcher: undefined, emulator: undefined };

    expect(withoutAcceleration(tools)).toEqual(tools);
  });
});

describe('accelerationOffReason', () => {
  it.each([
    ['x64', '6.7.0-generic'],
    ['x64', '7.3.4'],
  ])('has none on %s with Linux %s', (arch, kernel) => {
    expect(accelerationOffReason(arch, kernel)).toBeUndefined();
  });

  it.each([
    ['x64', '6.6.9', /6\.6\.9 is older than 6\.7/],
    ['arm64', '7.3.4', /arm64 programs run by themselves/],
  ])('says on %s with Linux %s why, in one line', (arch, kernel, wanted) => {
    const reason = accelerationOffReason(arch, kernel);

    expect(reason).toMatch(wanted);
    expect(reason).not.toContain('\n');
  });
});
