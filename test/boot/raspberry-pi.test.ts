import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HttpAnswer, Vm } from '../../builder/vm/vm.ts';
import { gibibyte, startTestVm } from '../helpers/vm.ts';
import { isFilled, orderingCycles, readCardUse } from '../helpers/vm-device.ts';

/** QEMU's Pi 3: the image's own kernel, device tree and SD controller, with USB network instead of the Pi's chip. */
describe('the first start on QEMU raspi3b', () => {
  let vm: Vm;
  let page: HttpAnswer;
  let secondsToPage: number;

  beforeAll(async () => {
    const startedAt = Date.now();
    vm = await startTestVm('raspi3b', { board: 'raspi3b', cardSizeBytes: 4 * gibibyte });
    page = await vm.waitForHttp(80, '/', { timeoutMs: 720_000 });
    secondsToPage = (Date.now() - startedAt) / 1000;
    await vm.waitForBoot({ timeoutMs: 720_000 });
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await vm.saveEvidence();
  });

  afterAll(async () => {
    await vm?.[Symbol.asyncDispose]();
  });

  it('shows the page', async ({ annotate }) => {
    await annotate(`the page answered ${secondsToPage.toFixed(1)} s after the start`);

    expect(page.status).toBe(200);
  });

  it('runs on the device tree of a Pi 3 from an SD card', async () => {
    expect(await vm.mustRun('tr -d "\\0" </proc/device-tree/model')).toContain('Raspberry Pi 3 Model B');
    expect(await vm.mustRun('findmnt -no SOURCE /')).toMatch(/^\/dev\/mmcblk0p2/);
  });

  it('has no failed unit', async () => {
    expect(await vm.failedUnits()).toEqual([]);
  });

  it('has no units that wait for each other in a circle', async () => {
    expect(await orderingCycles(vm)).toBe('');
  });

  it('fills the card', async () => {
    const use = await readCardUse(vm);

    expect(isFilled(use), JSON.stringify(use)).toBe(true);
  });
});
