import { statfsSync } from 'node:fs';
import { blackenSecrets } from '../apply/blacken.ts';
import { openStepLog } from '../apply/step-log.ts';
import { makeDeviceTask } from '../apply/task.ts';
import type { AgentContext } from '../context.ts';
import type { BackupTask } from '../setup/define.ts';
import { readSetup } from '../store/setup-store.ts';
import type { BackupSettings } from './settings.ts';
import type { BackupTarget } from './target.ts';

/** What making, looking at and bringing back a backup have in hand. */
export interface BackupRun {
  readonly context: AgentContext;
  readonly settings: BackupSettings;
  readonly target: BackupTarget;
  readonly task: BackupTask;
  readonly now: () => Date;
  /** Bytes that are free where this folder of the host is. */
  readonly freeBytes: (folder: string) => number;
}

/** Name of the log of backups, beside those of the steps. */
export const backupLogName = 'backup';

/** Does something with a task whose log is kept for `hearthctl logs backup`. */
export async function withBackupTask<Result>(
  context: AgentContext,
  signal: AbortSignal,
  work: (task: BackupTask) => Promise<Result>,
): Promise<Result> {
  const { answers } = readSetup(context.paths);
  const blacken = blackenSecrets(context.setups.topics, answers);
  const log = openStepLog(context.paths, backupLogName, blacken);
  log.write(`--- ${new Date().toISOString()} begins`);
  try {
    const task = makeDeviceTask({ look: context.look, blacken, log: log.write, signal });
    const answersOf: BackupTask['answers'] = (topic) => {
      const answer = answers[topic];
      return answer?.state === 'answered' ? answer.values : undefined;
    };
    return await work({ ...task, answers: answersOf });
  } catch (error) {
    log.write(error instanceof Error ? (error.stack ?? error.message) : String(error));
    throw error;
  } finally {
    log.close();
  }
}

/** Bytes that are free where the folder is. */
export function freeBytesAt(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** The path by which stages know a folder of the host: without the root that tests have. */
export function devicePathOf({ root }: Pick<AgentContext, 'root'>, path: string): string {
  return `/${path.slice(root.length).replace(/^\/+/, '')}`;
}
