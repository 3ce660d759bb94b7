import { existsSync } from 'node:fs';
import type { DeviceTask } from '../../../90-first-boot/agent/device/door.ts';
import type { DataRecord } from './data-record.ts';
import { restoreFolder } from './places.ts';
import { postgresProgram, sql } from './psql.ts';

/** Name of the dump in a folder of the backup. */
export const dumpName = 'mastodon.dump';
const draft = 'hearth_draft';
const former = 'hearth_former';

/** Takes over the dump that a restore has left for a fresh device; what it was made from is gone then. */
export async function takeOverDump(task: DeviceTask, record: DataRecord): Promise<void> {
  const dump = `${restoreFolder}/${dumpName}`;
  // Not its text: it may be larger than the memory.
  if (!existsSync(task.path(dump))) return;
  await putInPlace(task, record, dump);
  task.remove(restoreFolder);
}

/**
 * Reads a dump into a new database and gives that the name of the one in use: a power cut leaves the old one or the new one.
 * Nothing else may be connected. Throws StepFailure.
 */
export async function putInPlace(task: DeviceTask, { postgres }: DataRecord, dump: string): Promise<void> {
  await readInto(task, draft, postgres.user, dump);
  const names = [postgres.database, draft].map((name) => `'${name}'`).join(', ');
  await sql(task, `DROP DATABASE IF EXISTS ${former} WITH (FORCE);`);
  await sql(
    task,
    `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname IN (${names});
BEGIN;
ALTER DATABASE ${postgres.database} RENAME TO ${former};
ALTER DATABASE ${draft} RENAME TO ${postgres.database};
COMMIT;
REVOKE CONNECT, TEMPORARY ON DATABASE ${postgres.database} FROM PUBLIC;`,
  );
  await sql(task, `DROP DATABASE IF EXISTS ${former} WITH (FORCE);`);
}

/** Reads a dump into a database of this name, made anew; its owner is `user`. Throws StepFailure. */
export async function readInto(
  task: Pick<DeviceTask, 'must'>,
  database: string,
  user: string,
  dump: string,
): Promise<void> {
  await sql(task, `DROP DATABASE IF EXISTS ${database} WITH (FORCE);`);
  await sql(task, `CREATE DATABASE ${database} OWNER ${user} TEMPLATE template0;`);
  await postgresProgram(task, 'pg_restore', [
    ...[`--dbname=${database}`, '--exit-on-error', '--no-owner', '--no-acl', `--role=${user}`, dump],
  ]);
}
