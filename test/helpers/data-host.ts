import { createHash } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { addressStep } from '../../stages/50-data/setup/data/address-step.ts';
import { type DataRecord, readRecord } from '../../stages/50-data/setup/data/data-record.ts';
import { poolStep } from '../../stages/50-data/setup/data/pool-step.ts';
import { postgresStep } from '../../stages/50-data/setup/data/postgres-step.ts';
import { valkeyStep } from '../../stages/50-data/setup/data/valkey-step.ts';
import type { SetupStep } from '../../stages/90-first-boot/agent/setup/define.ts';
import { DebianHost, type Peer } from './debian-host.ts';

/** The steps of the data services in their order. */
export const dataSteps: readonly SetupStep[] = [addressStep, postgresStep, poolStep, valkeyStep];
export const answers = { mastodon: { domain: 'example.org' }, device: { name: 'hearth' } };

/** A Debian with the files of 50-data, for one test. */
export async function makeHost(): Promise<DebianHost> {
  const host = await DebianHost.create(['50-data']);
  onTestFinished(async () => await host[Symbol.asyncDispose]());
  return host;
}

/** Does all steps. */
export async function setUp(host: DebianHost): Promise<DataRecord> {
  for (const step of dataSteps) await host.step(step, answers);
  // It looks whenever it likes, and calls a systemctl that has nobody to talk to. Tests let it look.
  await host.look.run('systemctl', ['stop', 'hearth-data-guard.service']);
  return recordOf(host);
}

/** What is in data.json. */
export function recordOf(host: DebianHost): DataRecord {
  const record = readRecord(host.look);
  if (record === undefined) throw new Error('no data.json');
  return record;
}

/** Asks as an app does: by address, port and password. */
export async function ask(
  from: Pick<Peer, 'run'>,
  sql: string,
  to: {
    readonly host: string;
    readonly port: number;
    readonly user?: string;
    readonly password: string;
    readonly patienceSeconds?: number;
  },
) {
  const place = `host=${to.host} port=${to.port} user=${to.user ?? 'mastodon'} dbname=mastodon_production connect_timeout=${to.patienceSeconds ?? 30}`;
  return await from.run('/usr/lib/postgresql/17/bin/psql', ['-XAt', '-v', 'ON_ERROR_STOP=1', place], {
    input: sql,
    env: { PGPASSWORD: to.password, PGSSLMODE: 'prefer' },
  });
}

/** What Valkey says to commands, after the login. */
export async function valkey(host: DebianHost, ...commands: string[]): Promise<string> {
  const input = [`AUTH ${recordOf(host).valkey.password}`, ...commands].join('\n');
  const { stdout, stderr } = await host.inside('valkey-cli', [], { input });
  return `${stdout}${stderr}`.replace(/^OK\n/, '').trim();
}

/** Waits until something holds, at most 20 seconds. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('it did not come to hold');
}

/** Lets the guard look once, with the stand-in for systemctl. */
export async function guard(host: DebianHost): Promise<string> {
  const calls = `/run/calls-${createHash('sha1').update(String(Math.random())).digest('hex')}`;
  host.put('/run/programs/systemctl', `#!/bin/sh\necho "$*" >> ${calls}\n`, 0o755);
  const { stderr } = await host.shell('PATH=/run/programs:$PATH /usr/lib/hearth/data-guard once');
  if (host.has(calls))
    for (const line of host.get(calls).trim().split('\n')) await host.look.run('systemctl', line.split(' '));
  return stderr;
}
