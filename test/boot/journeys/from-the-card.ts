import { isDeepStrictEqual } from 'node:util';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Vm } from '../../../builder/vm/vm.ts';
import type { VmSnapshot } from '../../../builder/vm/vm-options.ts';
import type { SetupEvent } from '../../../stages/90-first-boot/agent/door/protocol.ts';
import { isExhaustive, testLogFolder } from '../../helpers/vm.ts';
import { answers, canary, hearthYaml } from './answers.ts';
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
/** Over the time that reading the card and all steps take in an emulated machine. */
const tenMoments = Array.from({ length: 10 }, (): Moment => ({ seconds: Math.random() * 40 }));

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

    const first: Moment = { step: 3 };
    it('sets itself up, and goes on after a power cut', async () => await cutAt(first));

    const others = [...everyStep.filter((moment) => !isDeepStrictEqual(moment, first)), ...tenMoments];
    it.skipIf(!isExhaustive).each(others)(
      'goes on after a power cut at %j (only with --exhaustive)',
      async (moment) => await cutAt(moment),
    );

    async function cutAt(moment: Moment): Promise<void> {
      await vm?.[Symbol.asyncDispose]();
      const name = 'step' in moment ? `step-${moment.step}` : `second-${moment.seconds.toFixed(1)}`;
      vm = await snapshot().clone({ logFolder: await testLogFolder(`from-card-${name}`) });
      await leaveOnCard(vm);
      // As at a start, without the start before it.
      await vm.mustRun(
        'systemctl restart --no-block hearth-card.service && systemctl start --no-block hearth-apply.service',
      );
      await untilMoment(vm, moment);

      await expectToGoOn(vm);
    }
  });
}

async function leaveOnCard(vm: Vm): Promise<void> {
  const sshKey = await makeSshKey(vm);
  await vm.writeFile(`${card}/hearth.yaml`, hearthYaml(sshKey));
  await vm.mustRun('sync');
}

/** Cuts the power, and sees that the next start ends as if nothing had happened. */
async function expectToGoOn(vm: Vm): Promise<void> {
  const before = await readEvents(vm);
  await vm.cutPower();
  await vm.powerOn();
  await waitUntilComplete(vm);

  const events = await readEvents(vm);
  const kept = durable(before);
  expect(durable(events).slice(0, kept.length)).toEqual(kept);
  expect(new Set(events.map((event) => event.run)), 'one run').toEqual(new Set([1]));
  const finished = events.filter((event) => event.type === 'stepFinished').map((event) => event.step);
  expect(new Set(finished).size, `done once: ${finished.join(' ')}`).toBe(finished.length);
  await vm.waitForBoot();
  await expectAnswersApplied(vm);
  expect(await vm.failedUnits()).toEqual([]);
  expect(await placesWithCanary(vm)).toBe('');
  const left = await vm.mustRun(`cat ${card}/hearth.yaml`);
  expect(left).toContain(answers.device.name);
  expect(left).not.toContain(canary);
}

/** How far a step is may be lost with the power; what was begun and what was done is not. */
function durable(events: readonly SetupEvent[]): readonly SetupEvent[] {
  return events.filter((event) => event.type !== 'stepProgress');
}

async function untilMoment(vm: Vm, moment: Moment): Promise<void> {
  if ('seconds' in moment) {
    await new Promise((resolve) => setTimeout(resolve, moment.seconds * 1000));
    return;
  }
  // The guest looks itself: a question from outside would come too late.
  const started = `test "$(grep -c '"stepStarted"' /var/lib/hearth/events.jsonl 2>/dev/null || echo 0)" -gt ${moment.step}`;
  await vm.run(`until ${started} || test -e /var/lib/hearth/complete; do sleep 0.2; done`, {
    timeoutMs: 400_000,
  });
}
