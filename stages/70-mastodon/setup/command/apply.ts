import { rolloutTimes, waitForParts } from '../cluster/rollout.ts';
import { applyPlan } from '../steps/start-step.ts';
import { done, planOfDevice, type Subcommand } from './subcommand.ts';

/** Puts the answers as they are into the cluster once more, and waits until Mastodon works. */
export const applyCommand: Subcommand = {
  options: {},
  words: [0, 0],
  run: async (task) => {
    const { call } = task;
    const plan = planOfDevice(task);
    await call.alone(async () => {
      await applyPlan(call.device, plan);
      await waitForParts(call.device, rolloutTimes);
    });
    call.say('Mastodon is as the answers say, and works.');
    return done;
  },
};
