import { doctorFile, readFacts } from '../checks/facts.ts';
import { rolloutTimes } from '../cluster/rollout.ts';
import { type JobTimes, jobTimes } from '../cluster/run-job.ts';
import { compareVersions } from '../steps/images-step.ts';
import { type KeptRelease, keepJson, readJson, releaseFile } from '../steps/mastodon-files.ts';
import { noteUpgrade, readUpgrade, type Upgrade } from '../upgrade/journal.ts';
import { imageInArchive, namedImage } from '../upgrade/new-images.ts';
import { runUpgrade } from '../upgrade/run-upgrade.ts';
import {
  agree,
  type CommandTask,
  done,
  NotPossible,
  planOfDevice,
  type Subcommand,
  UsageProblem,
} from './subcommand.ts';

export interface UpgradeTimes {
  readonly job: JobTimes;
  readonly rollout: JobTimes;
}

/** Another version of Mastodon, or on with an upgrade that was cut off, or back. */
export const upgradeCommand: Subcommand = makeUpgradeCommand({
  job: { ...jobTimes, limitMs: 44_000_000 },
  rollout: rolloutTimes,
});

/** The command with other times, for tests. */
export function makeUpgradeCommand(times: UpgradeTimes): Subcommand {
  return {
    options: {
      yes: { type: 'boolean' },
      continue: { type: 'boolean' },
      back: { type: 'boolean' },
      // For the unit that goes on after a start of the device: what failed is not tried again without a person.
      'unless-stuck': { type: 'boolean' },
    },
    words: [0, 2],
    run: async (task) => await task.call.alone(async () => await upgrade(task, times)),
  };
}

async function upgrade(task: CommandTask, times: UpgradeTimes): Promise<number> {
  const { call, words, options } = task;
  const isOn = options['continue'] === true;
  const isBack = options['back'] === true;
  if (words.length === 1 || [isOn, isBack, words.length === 2].filter(Boolean).length !== 1)
    throw new UsageProblem('upgrade: two images, or --continue, or --back');
  const pending = readUpgrade(call.device);
  if (words.length === 2) {
    if (pending !== undefined) throw new NotPossible('an upgrade is going on: use --continue or --back');
    return (await begin(task)) ? await goOn(task, times) : done;
  }
  if (pending === undefined) throw new NotPossible('no upgrade is going on');
  if (isBack) await turnBack(task, pending);
  else if (options['unless-stuck'] === true && pending.isStuck === true) return done;
  else noteUpgrade(call.device, { ...pending, isStuck: false });
  return await goOn(task, times);
}

async function goOn(task: CommandTask, times: UpgradeTimes): Promise<number> {
  const { call } = task;
  const plan = planOfDevice(task);
  const end = await runUpgrade({
    task: call.device,
    planOf: ({ version, web, streaming }) => ({ ...plan, release: { version, web, streaming } }),
    jobTimes: times.job,
    rolloutTimes: times.rollout,
    say: call.say,
  });
  const { version } = readJson<KeptRelease>(call.device, releaseFile) ?? plan.release;
  const facts = readFacts(call.device);
  if (facts !== undefined) keepJson(call.device, doctorFile, { ...facts, version });
  call.say(end === 'done' ? `Mastodon ${version} runs.` : `Mastodon ${version} runs again.`);
  return done;
}

/** Notes the upgrade that the words ask for. False: that version runs already. */
async function begin(task: CommandTask): Promise<boolean> {
  const { call } = task;
  const from = readJson<KeptRelease>(call.device, releaseFile);
  if (from === undefined) throw new NotPossible('Mastodon is not set up yet');
  const wanted = await wantedRelease(task);
  const order = compareVersions(wanted.to.version, from.version);
  if (order < 0) throw new NotPossible(`${from.version} runs: an older version can not use its database`);
  if (wanted.to.web === from.web && wanted.to.streaming === from.streaming) {
    call.say(`Mastodon ${from.version} runs already.`);
    return false;
  }
  await agree(task, `Upgrade Mastodon from ${from.version} to ${wanted.to.version}?`);
  noteUpgrade(call.device, { from, ...wanted, phase: 'images' });
  return true;
}

async function wantedRelease(task: CommandTask): Promise<Pick<Upgrade, 'to' | 'archives'>> {
  const [first = '', second = ''] = task.words;
  const { device } = task.call;
  if (first.startsWith('/') && second.startsWith('/')) {
    const [web, streaming] = [await imageInArchive(device, first), await imageInArchive(device, second)];
    const to = { version: web.version, web: web.reference, streaming: streaming.reference };
    refuseOthers(web.version, streaming.version);
    return { to, archives: { web: first, streaming: second } };
  }
  const [web, streaming] = [namedImage(first), namedImage(second)];
  if (web === undefined || streaming === undefined)
    throw new UsageProblem(
      'upgrade: two images like ghcr.io/mastodon/mastodon:v4.7.5@sha256:…, or the full paths of two archives',
    );
  refuseOthers(web.version, streaming.version);
  const sources = { web: web.source, streaming: streaming.source };
  return {
    to: { version: web.version, web: web.reference, streaming: streaming.reference, sources },
  };
}

function refuseOthers(web: string, streaming: string): void {
  if (web !== streaming) throw new UsageProblem(`upgrade: ${web} and ${streaming} do not belong together`);
}

async function turnBack(task: CommandTask, pending: Upgrade): Promise<void> {
  const isLate = pending.phase === 'after' || pending.phase === 'back';
  if (isLate) await agree(task, 'What was written on this server since the upgrade began is lost. Go back?');
  // A person has decided: the next start goes on with it by itself.
  noteUpgrade(task.call.device, { ...pending, phase: isLate ? 'back' : 'undo', isStuck: false });
}
