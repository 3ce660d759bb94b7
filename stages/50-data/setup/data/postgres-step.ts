import type { StepTask } from '../../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../../90-first-boot/agent/setup/define.ts';
import { type DataRecord, ensureRecord } from './data-record.ts';
import { diskKind, freeMebibytes, memoryMebibytes } from './hardware.ts';
import { clusterFolder, postgresFolder, postgresPrograms, settingsFolder, units } from './places.ts';
import { postgresNames, postgresRules, postgresSettings } from './postgres-settings.ts';
import { sql } from './psql.ts';
import { scramSecret } from './scram.ts';
import { diskFull, startService } from './service.ts';
import { writeSettings } from './settings-file.ts';
import { takeOverDump } from './take-over.ts';

/** Makes the database and whoever may use it, and takes over what a restore has brought. */
export const postgresStep: SetupStep = {
  id: 'data.prepare',
  order: 150,
  title: { en: 'Preparing the database (PostgreSQL)', de: 'Datenbank vorbereiten (PostgreSQL)' },
  uses: ['mastodon'],
  seconds: 30,
  isOptional: true,
  run: async (task) => {
    if (task.answers('mastodon') === undefined) return;
    const record = ensureRecord(task);
    const isChanged = await writePostgresSettings(task, record);
    await makeCluster(task);
    await startService(task, units.postgres, isChanged);
    await makeDatabase(task, record);
    await takeOverDump(task, record);
  },
};

/** Makes the role and the database, or gives them what they lack. Safe to run again. */
export async function makeDatabase(task: Pick<StepTask, 'must'>, { postgres }: DataRecord): Promise<void> {
  const { user, database, password } = postgres;
  if ((await sql(task, `SELECT 1 FROM pg_roles WHERE rolname = '${user}';`)) === '')
    await sql(task, `CREATE ROLE ${user};`);
  await sql(
    task,
    `ALTER ROLE ${user} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD '${scramSecret(password)}';`,
  );
  if ((await sql(task, `SELECT 1 FROM pg_database WHERE datname = '${database}';`)) === '')
    await sql(task, `CREATE DATABASE ${database} OWNER ${user} TEMPLATE template0;`);
  await sql(task, `REVOKE CONNECT, TEMPORARY ON DATABASE ${database}, postgres FROM PUBLIC;`);
}

async function writePostgresSettings(task: StepTask, record: DataRecord): Promise<boolean> {
  const own = `${settingsFolder}/postgresql.d/90-own.conf`;
  if (task.read(own) === undefined)
    task.write(own, "# Your own settings: they count more than the setup's.\n", 0o644);
  const changed = [
    await writeSettings(task, `${settingsFolder}/pg_hba.conf`, postgresRules(record)),
    await writeSettings(task, `${settingsFolder}/pg_ident.conf`, postgresNames),
    await writeSettings(
      task,
      `${settingsFolder}/postgresql.conf`,
      postgresSettings(record, memoryMebibytes(task), await diskKind(task)),
    ),
  ];
  return changed.includes(true);
}

/** A cluster is made under another name: one that is half made is never used. */
async function makeCluster(task: StepTask): Promise<void> {
  if (task.read(`${clusterFolder}/PG_VERSION`) !== undefined) return;
  const free = await freeMebibytes(task);
  if (free !== undefined && free < 1_024) throw diskFull();
  const draft = `${clusterFolder}.new`;
  task.remove(draft);
  await task.must('install', ['-d', '-m', '700', '-o', 'postgres', '-g', 'postgres', postgresFolder]);
  await task.must(
    'setpriv',
    [
      ...['--reuid=postgres', '--regid=postgres', '--clear-groups', `${postgresPrograms}/initdb`],
      ...[`--pgdata=${draft}`, '--username=postgres', '--data-checksums', '--encoding=UTF8'],
      // PostgreSQL's own order of texts: that of the C library may change with an update, and spoils indexes.
      ...['--locale=C.UTF-8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
      ...['--auth-local=peer', '--auth-host=scram-sha-256', '--no-instructions'],
    ],
    { timeoutMs: 900_000 },
  );
  await task.must('mv', ['--no-target-directory', draft, clusterFolder]);
  await task.must('sync', ['--file-system', postgresFolder]);
}
