import { randomBytes } from 'node:crypto';
import type { DeviceLook, StepTask } from '../../../90-first-boot/agent/device/door.ts';
import { address, recordFile } from './places.ts';

/** How the data services are reached, by containers at `address` and by the device at 127.0.0.1. */
export interface DataRecord {
  readonly address: string;
  readonly postgres: {
    readonly port: number;
    readonly database: string;
    readonly user: string;
    readonly password: string;
  };
  readonly pgbouncer: { readonly port: number };
  readonly valkey: { readonly port: number; readonly password: string };
  readonly smtp: { readonly port: number };
}

/** What is in data.json; undefined before the setup has made it. */
export function readRecord(device: Pick<DeviceLook, 'read'>): DataRecord | undefined {
  const text = device.read(recordFile);
  return text === undefined ? undefined : (JSON.parse(text) as DataRecord);
}

/** Makes data.json with passwords of this device, once: what has them in its settings must go on to work. */
export function ensureRecord(task: StepTask): DataRecord {
  const known = readRecord(task);
  if (known !== undefined) return known;
  const record: DataRecord = {
    address,
    postgres: {
      port: 5432,
      database: 'mastodon_production',
      user: 'mastodon',
      password: password(),
    },
    pgbouncer: { port: 6432 },
    valkey: { port: 6379, password: password() },
    smtp: { port: 25 },
  };
  task.write(recordFile, `${JSON.stringify(record, null, 2)}\n`, 0o600);
  return record;
}

/** Letters and digits only: it stands in settings of four programs, each with its own rules for quotes. */
function password(): string {
  return randomBytes(24).toString('hex');
}
