import { afterEach, describe, expect, it } from 'vitest';
import type { Vm } from '../../builder/vm/vm.ts';
import { gibibyte, isExhaustive, startTestVm } from '../helpers/vm.ts';
import { failedChecks, isFilled, readCardUse, readIdentity, stageChecks } from '../helpers/vm-device.ts';

/** Seconds after the guest's first sign of life; a first start takes about a minute from there. */
const momentsSeconds = [0, 3, 8, 15, 30];

describe.skipIf(!isExhaustive)('a power cut in the first start (only with --exhaustive)', () => {
  let vm: Vm | undefined;

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await vm?.saveEvidence();
    await vm?.[Symbol.asyncDispose]();
  });

  it.each(momentsSeconds)('after %d s: the next start ends as an undisturbed one does', async (seconds) => {
    vm = await startTestVm(`power-cut-${seconds}`, { cardSizeBytes: 8 * gibibyte });
    await vm.run('true', { timeoutMs: 300_000 });
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    await vm.cutPower();

    await vm.powerOn();
    await vm.waitForHttp(80, '/');
    await vm.waitForBoot();

    const { machineId, hostKeys, setupCode } = await readIdentity(vm);
    expect(await vm.failedUnits()).toEqual([]);
    expect(await failedChecks(vm, await stageChecks())).toEqual([]);
    expect(isFilled(await readCardUse(vm))).toBe(true);
    expect(machineId).toMatch(/^[0-9a-f]{32}$/);
    expect(setupCode).toMatch(/^[A-Z0-9]{4}(-[A-Z0-9]{4})+$/);
    expect(hostKeys.length).toBeGreaterThan(0);
  });
});
