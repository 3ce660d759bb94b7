import { StepFailure } from '../../../90-first-boot/agent/device/door.ts';
import type { BackupPart, BackupTask } from '../../../90-first-boot/agent/setup/define.ts';
import { type DataRecord, readRecord } from './data-record.ts';
import { postgresPrograms, switchFile, units, valkeyFolder } from './places.ts';
import { asPostgres, postgresProgram, sql } from './psql.ts';
import { dumpName, putInPlace, readInto } from './take-over.ts';

const scratch = 'hearth_verify';

/** The database of the backup: a dump in PostgreSQL's own format, made while all goes on. */
export const postgresPart: BackupPart = {
  id: 'postgres',
  title: { en: 'Database', de: 'Datenbank' },
  order: 50,
  isPresent: (device) => device.read(switchFile) !== undefined && readRecord(device) !== undefined,
  save: async (task, folder) => {
    const { database } = recordOf(task).postgres;
    await postgresProgram(task, 'pg_dump', [
      ...['--format=custom', '--compress=zstd:3', `--file=${folder}/${dumpName}`, database],
    ]);
  },
  sizeBytes: async (device) => {
    const record = readRecord(device);
    if (record === undefined) return 0;
    const { stdout } = await device.run(
      `${postgresPrograms}/psql`,
      [...['-X', '-A', '-t'], ...asPostgres, '--dbname=postgres'],
      { input: `SELECT pg_database_size('${record.postgres.database}');`, timeoutMs: 30_000 },
    );
    return Number(stdout.trim()) || 0;
  },
  verify: async (task, folder) => {
    const { user } = recordOf(task).postgres;
    try {
      await readInto(task, scratch, user, `${folder}/${dumpName}`);
    } finally {
      await sql(task, `DROP DATABASE IF EXISTS ${scratch} WITH (FORCE);`);
    }
  },
  pause: async (task) => {
    await task.must('systemctl', ['stop', units.pool, units.valkey], { timeoutMs: 600_000 });
  },
  restore: async (task, folder) => {
    await task.must('systemctl', ['start', units.address, units.postgres], { timeoutMs: 900_000 });
    await putInPlace(task, recordOf(task), `${folder}/${dumpName}`);
    // Queues and pages of a database that is not there any more. Mastodon fills them again.
    await task.must('systemctl', ['stop', units.valkey], { timeoutMs: 600_000 });
    task.remove(`${valkeyFolder}/appendonlydir`);
  },
  steps: ['data.address', 'data.prepare', 'data.pool', 'data.valkey'],
};

function recordOf(task: BackupTask): DataRecord {
  const record = readRecord(task);
  if (record !== undefined) return record;
  throw new StepFailure(
    { en: 'There is no database on this device.', de: 'Auf diesem Gerät gibt es keine Datenbank.' },
    { en: 'Set up Mastodon first.', de: 'Richten Sie zuerst Mastodon ein.' },
  );
}
