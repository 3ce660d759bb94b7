import type { SetupStep } from '../../../90-first-boot/agent/setup/define.ts';
import { type DataRecord, ensureRecord } from './data-record.ts';
import { settingsFolder, units } from './places.ts';
import { startService } from './service.ts';
import { writeSettings } from './settings-file.ts';

const usersFile = `${settingsFolder}/pgbouncer-users.txt`;

/** Starts PgBouncer, by which many processes share few connections to the database. */
export const poolStep: SetupStep = {
  id: 'data.pool',
  order: 151,
  title: { en: 'Preparing the database (PgBouncer)', de: 'Datenbank vorbereiten (PgBouncer)' },
  uses: ['mastodon'],
  seconds: 3,
  isOptional: true,
  run: async (task) => {
    if (task.answers('mastodon') === undefined) return;
    const record = ensureRecord(task);
    const { user, password } = record.postgres;
    const changed = [
      // Plain: with it PgBouncer logs in to PostgreSQL, too.
      await writeSettings(task, usersFile, `"${user}" "${password}"\n`, 'postgres'),
      await writeSettings(task, `${settingsFolder}/pgbouncer.ini`, poolSettings(record)),
    ];
    await startService(task, units.pool, changed.includes(true));
  },
};

/** Text of pgbouncer.ini. */
export function poolSettings({ address, postgres, pgbouncer }: DataRecord): string {
  return `; Written by the setup.
[databases]
${postgres.database} = host=127.0.0.1 port=${postgres.port} dbname=${postgres.database}

[pgbouncer]
listen_addr = 127.0.0.1,${address}
listen_port = ${pgbouncer.port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${usersFile}
server_tls_sslmode = disable
client_tls_sslmode = disable

; A connection belongs to a client for one transaction only. Nothing that outlives it can work.
pool_mode = transaction
max_prepared_statements = 0
ignore_startup_parameters = extra_float_digits
default_pool_size = 15
reserve_pool_size = 5
max_client_conn = 400
; PostgreSQL may be away for a moment.
server_login_retry = 2

; To the journal, which is small.
logfile =
log_connections = 0
log_disconnections = 0
log_stats = 0
`;
}
