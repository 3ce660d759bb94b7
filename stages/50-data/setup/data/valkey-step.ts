import type { SetupStep } from '../../../90-first-boot/agent/setup/define.ts';
import { type DataRecord, ensureRecord } from './data-record.ts';
import { memoryMebibytes } from './hardware.ts';
import { settingsFolder, units, valkeyFolder } from './places.ts';
import { startService } from './service.ts';
import { writeSettings } from './settings-file.ts';

/** Starts Valkey, which holds the queues of work and what is shown first. */
export const valkeyStep: SetupStep = {
  id: 'data.valkey',
  order: 152,
  title: { en: 'Preparing the queues (Valkey)', de: 'Warteschlangen vorbereiten (Valkey)' },
  uses: ['mastodon'],
  seconds: 3,
  isOptional: true,
  run: async (task) => {
    if (task.answers('mastodon') === undefined) return;
    const record = ensureRecord(task);
    await task.must('install', ['-d', '-m', '700', '-o', 'valkey', '-g', 'valkey', valkeyFolder]);
    const isChanged = await writeSettings(
      task,
      `${settingsFolder}/valkey.conf`,
      valkeySettings(record, memoryMebibytes(task)),
      'valkey',
    );
    await startService(task, units.valkey, isChanged);
  },
};

/** Text of valkey.conf for a device with so much memory in MiB. */
export function valkeySettings({ address, valkey }: DataRecord, memory: number): string {
  return `# Written by the setup.
bind 127.0.0.1 ${address}
port ${valkey.port}
protected-mode yes
pidfile /run/valkey/valkey-server.pid
requirepass ${valkey.password}
# Nobody with the password may write files of his own choice.
rename-command CONFIG ""
rename-command MODULE ""
rename-command REPLICAOF ""
rename-command SLAVEOF ""
rename-command MIGRATE ""

# Jobs lie in here: none may be dropped to make room.
maxmemory ${Math.round(Math.min(1_024, Math.max(96, memory / 16)))}mb
maxmemory-policy noeviction

# Each change goes to a file, which is on the disk a second later. A power cut costs that second.
dir ${valkeyFolder}
appendonly yes
appendfsync everysec
aof-load-truncated yes
auto-aof-rewrite-percentage 100
auto-aof-rewrite-min-size 16mb
save ""

# To the journal, which is small.
logfile ""
loglevel warning
tcp-backlog 128
databases 4
`;
}
