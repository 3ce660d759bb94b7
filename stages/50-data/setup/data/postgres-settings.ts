import type { DataRecord } from './data-record.ts';
import type { DiskKind } from './hardware.ts';
import { containers, settingsFolder } from './places.ts';

/** Text of postgresql.conf for a device with so much memory and such a disk. */
export function postgresSettings(record: DataRecord, memory: number, disk: DiskKind): string {
  const pace = paceOf[disk];
  return `# Written by the setup. Own settings: 90-own.conf in the folder postgresql.d beside this file.
listen_addresses = '127.0.0.1,${record.address}'
port = ${record.postgres.port}
unix_socket_directories = '/run/postgresql'
hba_file = '${settingsFolder}/pg_hba.conf'
ident_file = '${settingsFolder}/pg_ident.conf'
ssl = off
password_encryption = scram-sha-256

# PgBouncer has 15 to 20; jobs, backup and the doctor come directly.
max_connections = 50
shared_buffers = ${within(memory / 16, 64, 1_024)}MB
effective_cache_size = ${Math.round(memory / 3)}MB
work_mem = ${within(memory / 1_024, 2, 16)}MB
maintenance_work_mem = ${within(memory / 64, 32, 256)}MB
autovacuum_max_workers = 2
max_worker_processes = 4
max_parallel_workers_per_gather = 0
huge_pages = off
jit = off
# One bad question must not fill the disk.
temp_file_limit = 1GB

random_page_cost = ${pace.randomPageCost}
effective_io_concurrency = ${pace.parallelReads}

# Nobody reads this log but PostgreSQL itself. Few checkpoints: after each one, every page is written whole once more.
wal_level = minimal
max_wal_senders = 0
wal_compression = lz4
max_wal_size = ${pace.maxLogMebibytes}MB
checkpoint_timeout = 15min

# To the journal, which is small.
log_destination = 'stderr'
logging_collector = off
log_line_prefix = '%q%u@%d '
log_checkpoints = off
log_autovacuum_min_duration = -1
log_min_messages = warning
lc_messages = 'C'
timezone = 'UTC'
log_timezone = 'UTC'
cluster_name = 'hearth'
include_dir = 'postgresql.d'
`;
}

/** Text of pg_hba.conf: who may log in, from where and how. What fits no line is refused. */
export function postgresRules({ address, postgres: { database, user } }: DataRecord): string {
  return `# Written by the setup. root and postgres of this device, by the socket; the app, by password, from here and from containers.
local all postgres peer map=hearth
${['127.0.0.1/32', `${address}/32`, containers]
  .map((from) => `host ${database} ${user} ${from} scram-sha-256\n`)
  .join('')}`;
}

export const postgresNames = `# Written by the setup.
hearth root postgres
hearth postgres postgres
`;

interface Pace {
  readonly randomPageCost: number;
  readonly parallelReads: number;
  readonly maxLogMebibytes: number;
}

const paceOf: Readonly<Record<DiskKind, Pace>> = {
  card: { randomPageCost: 1.5, parallelReads: 4, maxLogMebibytes: 512 },
  disk: { randomPageCost: 4, parallelReads: 2, maxLogMebibytes: 1_024 },
  ssd: { randomPageCost: 1.1, parallelReads: 64, maxLogMebibytes: 1_024 },
};

function within(value: number, least: number, most: number): number {
  return Math.round(Math.min(most, Math.max(least, value)));
}
