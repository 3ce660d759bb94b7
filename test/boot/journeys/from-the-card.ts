import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Vm } from '../../../builder/vm/vm.ts';
import type { VmSnapshot } from '../../../builder/vm/vm-options.ts';
import { isExhaustive, testLogFolder } from '../../helpers/vm.ts';
import { answers, hearthYaml } from './answers.ts';
import {
  expectAnswersApplied,
  makeSshKey,
  placesWithCanary,
  readEvents,
  waitUntilComplete,
} from './device-facts.ts';

const card = '/boot/firmware';

/** When the power is cut: at the begin of the nth step, or so many seconds after the start. */
type Moment = { readonly step: number } | { readonly seconds: number };

const everyStep = Array.from({ length: 8 }, (_, step): Moment => ({ step }));
const tenMoments = [3, 8, 14, 21, 27, 33, 38, 44, 52, 65].map((seconds): Moment => ({ seconds }));
const moments: readonly Moment[] = isExhaustive ? [...everyStep, ...tenMoments] : [{ step: 3 }];

/** No page at all: hearth.yaml on the card answers everything, and the power fails on the way. */
export function describeSetupFromCard(snapshot: () => VmSnapshot): void {
  describe('a device that finds hearth.yaml on its card', () => {
    let vm: Vm | undefined;

    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') await vm?.saveEvidence();
    });

    afterAll(async () => {
      await vm?.[Symbol.asyncDispose]();
    });

    it.each(moments)('sets itself up, and goes on after a power cut: %j', async (moment) => {
      await vm?.[Symbol.asyncDispose]();
      const name = 'step' in moment ? `step-${moment.step}` : `second-${moment.seconds}`;
      vm = await snapshot().clone({ logFolder: await testLogFolder(`from-card-${name}`) });
      const sshKey = await makeSshKey(vm);
      await vm.writeFile(`${card}/hearth.yaml`, hearthYaml(sshKey));
      await vm.mustRun('sync');
      await vm.cutPower();

      await vm.powerOn();
      await untilMoment(vm, moment);
      const before = await readEvents(vm);
      await vm.cutPower();

      await vm.powerOn();
      await waitUntilComplete(vm);

      const events = await readEvents(vm);
      expect(events.slice(0, before.length)).toEqual(before);
      expect(new Set(events.map((event) => event.run)), 'one run').toEqual(new Set([1]));
      const finished = events.filter((event) => event.type === 'stepFinished').map((event) => event.step);
      expect(new Set(finished).size, `done once: ${finished.join(' ')}`).toBe(finished.length);
      await vm.waitForBoot();
      await expectAnswersApplied(vm);
      expect(await vm.failedUnits()).toEqual([]);
      expect(await placesWithCanary(vm)).toBe('');
      const left = await vm.mustRun(`cat ${card}/hearth.yaml`);
      expect(left).toContain(answers.device.name);
      expect(left).not.toContain('Kanarienvogel');
    });
  });
}

async function untilMoment(vm: Vm, moment: Moment): Promise<void> {
  if ('seconds' in moment) {
    await vm.run('true', { timeoutMs: 300_000 });
    await new Promise((resolve) => setTimeout(resolve, moment.seconds * 1000));
    return;
  }
  // The guest looks itself: a question from outside would come too late.
  const started = `test "$(grep -c '"stepStarted"' /var/lib/hearth/events.jsonl 2>/dev/null || echo 0)" -gt ${moment.step}`;
  await vm.run(`until ${started} || test -e /var/lib/hearth/complete; do sleep 0.2; done`, {
    timeoutMs: 400_000,
  });
}
