import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Vm } from '../../builder/vm/vm.ts';
import { gibibyte, isExhaustive, slowness, startTestVm } from '../helpers/vm.ts';
import { type CardUse, isFilled, readCardUse, readIdentity } from '../helpers/vm-device.ts';

/**
 * 8 and 16 GB are seen in first-boot.test.ts. Growth happens early, so this start is cut short as soon as the card
 * is filled: that also is a power cut in the middle of a first start.
 */
describe('a 4 GB card', () => {
  let vm: Vm;
  let use: CardUse;

  beforeAll(async () => {
    vm = await startTestVm('card-4-gb', { cardSizeBytes: 4 * gibibyte });
    use = await waitUntilFilled(vm);
  });

  afterAll(async () => {
    await vm?.[Symbol.asyncDispose]();
  });

  it('is filled by the root file system', () => {
    expect(use.cardBytes).toBe(4 * gibibyte);
    expect(isFilled(use), JSON.stringify(use)).toBe(true);
  });

  it.skipIf(!isExhaustive)(
    'starts again after the plug was pulled at that moment (only with --exhaustive)',
    async () => {
      await vm.cutPower();
      await vm.powerOn();
      await vm.waitForHttp(80, '/');
      await vm.waitForBoot();

      const { machineId, hostKeys, setupCode } = await readIdentity(vm);
      expect(await vm.failedUnits()).toEqual([]);
      expect(await readCardUse(vm)).toEqual(use);
      expect(machineId).toMatch(/^[0-9a-f]{32}$/);
      expect(setupCode).not.toBe('');
      expect(hostKeys).not.toEqual([]);
    },
  );
});

async function waitUntilFilled(vm: Vm): Promise<CardUse> {
  const deadline = Date.now() + 300_000 * slowness;
  for (;;) {
    const use = await readCardUse(vm);
    if (isFilled(use) || Date.now() > deadline) return use;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
