import { jobTimes } from '../cluster/run-job.ts';
import { type Owner, ownerFile, passwordFile, readJson } from '../steps/mastodon-files.ts';
import { resetPassword } from '../steps/owner-account.ts';
import { agree, done, planOfDevice, type Subcommand, sayJson, UsageProblem } from './subcommand.ts';

/** Gives an account a new password and shows it; without a name, the owner's. */
export const passwordCommand: Subcommand = {
  options: { json: { type: 'boolean' }, yes: { type: 'boolean' } },
  words: [0, 1],
  run: async (task) => {
    const { call, words, options } = task;
    const plan = planOfDevice(task);
    const owner = readJson<Owner>(call.device, ownerFile);
    const name = words[0] ?? owner?.name ?? '';
    if (!/^[A-Za-z0-9_]{1,30}$/.test(name)) throw new UsageProblem('password: the name of an account');
    await agree(task, `The password of ${name} stops working. Make a new one?`);
    const run = String(Date.now());
    const password = await resetPassword(call.device, plan, { name, run, times: jobTimes });
    // The first one is of no use any more.
    if (name === owner?.name && call.device.read(passwordFile) !== undefined)
      call.device.remove(passwordFile);
    if (options['json'] === true) sayJson(task, { name, password });
    else call.say(`New password of ${name}: ${password}`);
    return done;
  },
};
