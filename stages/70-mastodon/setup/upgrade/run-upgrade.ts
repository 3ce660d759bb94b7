import { type DeviceTask, StepFailure } from '../../../90-first-boot/agent/device/door.ts';
import type { LocalText } from '../../../90-first-boot/agent/text/local-text.ts';
import { apply } from '../cluster/kubectl.ts';
import { waitForEnd, waitForParts, waitUntilGone } from '../cluster/rollout.ts';
import { forgetJob, type JobTimes, lastLines, runJob } from '../cluster/run-job.ts';
import { migrateJob } from '../manifests/jobs.ts';
import { renderManifests } from '../manifests/manifests.ts';
import type { MastodonPlan } from '../manifests/plan.ts';
import { type KeptRelease, keepJson, releaseFile } from '../steps/mastodon-files.ts';
import { applyPlan } from '../steps/start-step.ts';
import { copyDatabase, removeCopy, restoreDatabase } from './database-copy.ts';
import { noteUpgrade, type Phase, readUpgrade, type Upgrade, upgradeFile } from './journal.ts';
import { getImages } from './new-images.ts';

export interface UpgradeWorld {
  readonly task: DeviceTask;
  /** The plan of the answers with this release. */
  readonly planOf: (release: KeptRelease) => MastodonPlan;
  readonly jobTimes: JobTimes;
  readonly rolloutTimes: JobTimes;
  /** One line for the person who waits. */
  readonly say: (line: string) => void;
}

/** `back`: the old version runs again, because a person or a failure wanted it. */
export type UpgradeEnd = 'done' | 'back';

/**
 * Goes on with the upgrade in the journal, from the phase in which it is, to its end. Throws StepFailure after a failure;
 * before the second half of the database's changes the old version runs again by then. When it is stopped by a signal or
 * by a power cut, it can go on later.
 */
export async function runUpgrade(world: UpgradeWorld): Promise<UpgradeEnd> {
  for (;;) {
    const upgrade = readUpgrade(world.task);
    if (upgrade === undefined) throw new StepFailure(messages.none);
    world.task.signal.throwIfAborted();
    world.say(sentences[upgrade.phase]);
    const end = await attempt(world, upgrade);
    if (end !== undefined) return end;
  }
}

async function attempt(world: UpgradeWorld, upgrade: Upgrade): Promise<UpgradeEnd | undefined> {
  try {
    return await phases[upgrade.phase](world, upgrade);
  } catch (error) {
    // Neither a stop nor a power cut is a failure: the next run goes on.
    if (!(error instanceof StepFailure) || world.task.signal.aborted) throw error;
    return await fail(world, upgrade, error);
  }
}

const phases: Readonly<
  Record<Phase, (world: UpgradeWorld, upgrade: Upgrade) => Promise<UpgradeEnd | undefined>>
> = {
  images: async (world, upgrade) => {
    await getImages(world.task, upgrade);
    return next(world, upgrade, 'dump');
  },
  dump: async (world, upgrade) => {
    await copyDatabase(world.task, world.planOf(upgrade.from));
    return next(world, upgrade, 'before');
  },
  before: async (world, upgrade) => {
    await migrate(world, upgrade, 'before');
    return next(world, upgrade, 'roll');
  },
  roll: async (world, upgrade) => {
    await roll(world, upgrade.to);
    return next(world, upgrade, 'after');
  },
  after: async (world, upgrade) => {
    await migrate(world, upgrade, 'after');
    keepJson(world.task, releaseFile, upgrade.to);
    return end(world, 'done');
  },
  undo: async (world, upgrade) => {
    await endMigrations(world, upgrade);
    await roll(world, upgrade.from);
    return end(world, 'back');
  },
  back: async (world, upgrade) => {
    await endMigrations(world, upgrade);
    const plan = world.planOf(upgrade.from);
    const { foundation, workloads } = renderManifests(plan, { isStopped: true });
    await apply(world.task, [...foundation, ...workloads]);
    await waitForEnd(world.task, world.rolloutTimes);
    await restoreDatabase(world.task, plan);
    await roll(world, upgrade.from);
    keepJson(world.task, releaseFile, upgrade.from);
    return end(world, 'back');
  },
};

function next({ task }: UpgradeWorld, upgrade: Upgrade, phase: Phase): undefined {
  noteUpgrade(task, { ...upgrade, phase });
}

/** The journal goes last: all that it stands for is done. */
function end({ task }: UpgradeWorld, how: UpgradeEnd): UpgradeEnd {
  task.remove(upgradeFile);
  removeCopy(task);
  return how;
}

async function fail(world: UpgradeWorld, upgrade: Upgrade, failure: StepFailure): Promise<undefined> {
  switch (upgrade.phase) {
    case 'images':
    case 'dump':
      end(world, 'back');
      throw failure;
    case 'before':
    case 'roll':
      noteUpgrade(world.task, { ...upgrade, phase: 'undo' });
      world.say(english(failure.why));
      await runUpgrade(world);
      throw new StepFailure(rolledBack(failure.why, upgrade.from.version), failure.todo);
    case 'after':
      noteUpgrade(world.task, { ...upgrade, isStuck: true });
      throw new StepFailure(failure.why, messages.stuckTodo);
    case 'undo':
    case 'back':
      throw new StepFailure(failure.why, messages.goOnTodo);
  }
}

async function migrate(world: UpgradeWorld, { to }: Upgrade, when: 'before' | 'after'): Promise<void> {
  const plan = world.planOf(to);
  const job = migrateJob(plan, when);
  await apply(world.task, renderManifests(plan).foundation);
  const { isDone, log } = await runJob(world.task, job, world.jobTimes);
  if (!isDone) {
    for (const line of lastLines(log, 10).split('\n')) world.say(`  ${line}`);
    throw new StepFailure(messages.notMigrated, messages.migrateTodo);
  }
  await forgetJob(world.task, job);
}

/**
 * The cluster goes on with a job by itself, also after a power cut: one that still runs would change the database that was
 * put back. One that is done would count for the next attempt, which has another database.
 */
async function endMigrations({ task, planOf, rolloutTimes }: UpgradeWorld, { to }: Upgrade): Promise<void> {
  for (const when of ['before', 'after'] as const) await forgetJob(task, migrateJob(planOf(to), when));
  await waitUntilGone(task, rolloutTimes, (component) => component.startsWith('job-migrate-'));
}

async function roll(world: UpgradeWorld, release: KeptRelease): Promise<void> {
  await applyPlan(world.task, world.planOf(release));
  await waitForParts(world.task, world.rolloutTimes);
}

function english(text: LocalText): string {
  return typeof text === 'string' ? text : text.en;
}

function rolledBack(why: LocalText, version: string): LocalText {
  const german = typeof why === 'string' ? why : (why['de'] ?? why.en);
  return {
    en: `${english(why)} Mastodon ${version} runs again.`,
    de: `${german} Mastodon ${version} läuft wieder.`,
  };
}

const sentences: Readonly<Record<Phase, string>> = {
  images: 'Fetching the new version',
  dump: 'Copying the database',
  before: 'Changing the database, first half',
  roll: 'Starting the new version',
  after: 'Changing the database, second half',
  undo: 'Starting the old version again',
  back: 'Putting the old version and the copy of the database back',
};

const messages = {
  none: {
    en: 'No upgrade of Mastodon is going on.',
    de: 'Es läuft kein Upgrade von Mastodon.',
  },
  notMigrated: {
    en: 'The database could not be changed for the new version.',
    de: 'Die Datenbank konnte nicht für die neue Version umgebaut werden.',
  },
  migrateTodo: {
    en: 'Nothing is lost. Try again later, or with a newer version.',
    de: 'Es ist nichts verloren. Versuchen Sie es später noch einmal, oder mit einer neueren Version.',
  },
  stuckTodo: {
    en: 'The new version runs, with a part of its changes missing. "sudo hearthctl mastodon upgrade --continue" tries again; with --back the old version and the copy of the database come back, and what was written since is lost.',
    de: 'Die neue Version läuft, aber ein Teil der Umbauten fehlt. „sudo hearthctl mastodon upgrade --continue“ versucht es noch einmal; mit --back kommen die alte Version und die Kopie der Datenbank zurück, und was seitdem geschrieben wurde, geht verloren.',
  },
  goOnTodo: {
    en: 'Restart the device: it goes on by itself. Or: sudo hearthctl mastodon upgrade --continue',
    de: 'Starten Sie das Gerät neu: Dann geht es von selbst weiter. Oder: sudo hearthctl mastodon upgrade --continue',
  },
} as const;
