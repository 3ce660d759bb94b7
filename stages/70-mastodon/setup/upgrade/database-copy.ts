import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type DeviceTask, StepFailure } from '../../../90-first-boot/agent/device/door.ts';
import { localMediaFolder, type MastodonPlan } from '../manifests/plan.ts';
import { dumpFile } from './journal.ts';

type CopyTask = Pick<DeviceTask, 'path' | 'run' | 'remove' | 'write'>;

const programs = '/usr/lib/postgresql/17/bin';
/** As the database's own administrator, over its socket: only root of the device gets in that way. */
const entrance: readonly string[] = ['--host=/run/postgresql', '--username=postgres'];
const hoursMs = 6 * 3_600_000;

/** Copies the database to `dumpFile`, whole or not at all. Throws StepFailure. */
export async function copyDatabase(task: CopyTask, plan: MastodonPlan): Promise<void> {
  const { database } = plan.services.postgres;
  await refuseWithoutRoom(task, database);
  const draft = `${dumpFile}.draft`;
  // Makes the folder, and the file for root only: pg_dump then writes into it.
  task.write(draft, '', 0o600);
  await program(task, 'pg_dump', ['--format=custom', `--file=${draft}`, database], messages.notCopied);
  await must(task, 'sync', [], messages.notCopied);
  await must(task, 'mv', ['--', draft, dumpFile], messages.notCopied);
  await must(task, 'sync', [], messages.notCopied);
}

/** Puts the copy in the place of the database. Nothing may work on it meanwhile. Safe to do again. */
export async function restoreDatabase(task: CopyTask, plan: MastodonPlan): Promise<void> {
  const { database, user } = plan.services.postgres;
  const draft = `${database}_back`;
  // Beside the old one first: a copy that turns out to be damaged must not cost what is there.
  await sql(task, `DROP DATABASE IF EXISTS "${draft}" WITH (FORCE)`);
  await sql(task, `CREATE DATABASE "${draft}" OWNER "${user}" TEMPLATE template0`);
  const words = [
    '--exit-on-error',
    '--no-owner',
    '--no-acl',
    `--role=${user}`,
    `--dbname=${draft}`,
    dumpFile,
  ];
  await program(task, 'pg_restore', words, messages.notRestored);
  await sql(task, `DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`);
  await sql(task, `ALTER DATABASE "${draft}" RENAME TO "${database}"`);
  await sql(task, `REVOKE CONNECT, TEMPORARY ON DATABASE "${database}" FROM PUBLIC`);
}

/** Removes the copy. */
export function removeCopy(task: Pick<DeviceTask, 'remove'>): void {
  task.remove(dirname(dumpFile));
}

async function refuseWithoutRoom(task: CopyTask, database: string): Promise<void> {
  const size = await sql(task, `SELECT pg_database_size('${database}')`);
  const { bavail, bsize } = statfsSync(task.path(dirname(dirname(localMediaFolder))));
  // Copies are packed: a third of the database is usual.
  const needed = Number(size) / 2 + 200e6;
  if (bavail * bsize >= needed) return;
  const megabytes = Math.ceil(needed / 1e6);
  throw new StepFailure(
    {
      en: `There is not enough room for a copy of the database: ${megabytes} MB are needed.`,
      de: `Für eine Kopie der Datenbank ist nicht genug Platz: Es werden ${megabytes} MB gebraucht.`,
    },
    messages.roomTodo,
  );
}

async function sql(task: CopyTask, statement: string): Promise<string> {
  const words = ['--no-psqlrc', '--tuples-only', '--no-align', '--set=ON_ERROR_STOP=1'];
  return await program(
    task,
    'psql',
    [...words, '--dbname=postgres', `--command=${statement}`],
    messages.notRestored,
  );
}

async function program(
  task: CopyTask,
  name: string,
  args: readonly string[],
  why: { readonly en: string; readonly de: string },
): Promise<string> {
  return await must(task, `${programs}/${name}`, [...entrance, ...args], why);
}

async function must(
  task: CopyTask,
  name: string,
  args: readonly string[],
  why: { readonly en: string; readonly de: string },
): Promise<string> {
  const { exitCode, stdout } = await task.run(name, args, { timeoutMs: hoursMs });
  if (exitCode !== 0) throw new StepFailure(why, messages.todo);
  return stdout.trim();
}

const messages = {
  notCopied: {
    en: 'The database could not be copied.',
    de: 'Die Datenbank konnte nicht kopiert werden.',
  },
  notRestored: {
    en: 'The copy of the database could not be put back.',
    de: 'Die Kopie der Datenbank konnte nicht zurückgespielt werden.',
  },
  todo: {
    en: 'See "journalctl -u hearth-postgres" and whether there is free space, then try again.',
    de: 'Sehen Sie nach, was „journalctl -u hearth-postgres“ sagt und ob genug Platz frei ist, und versuchen Sie es noch einmal.',
  },
  roomTodo: {
    en: 'Make room, for example by removing old backups, then try again.',
    de: 'Schaffen Sie Platz, etwa indem Sie alte Sicherungen löschen, und versuchen Sie es noch einmal.',
  },
} as const;
