import { describe, expect, it } from 'vitest';
import { addressStep } from '../../stages/50-data/setup/data/address-step.ts';
import { roomCheck } from '../../stages/50-data/setup/data/data-checks.ts';
import { postgresStep } from '../../stages/50-data/setup/data/postgres-step.ts';
import {
  answers,
  ask,
  dataSteps,
  guard,
  makeHost,
  recordOf,
  setUp,
  until,
  valkey,
} from '../helpers/data-host.ts';

describe('a power cut or a killed daemon', () => {
  it('loses nothing that was written, whichever daemon it hits', async () => {
    const host = await makeHost();
    const { postgres } = await setUp(host);
    const to = { host: '127.0.0.1', port: 6432, password: postgres.password };
    await ask(host.look, 'CREATE TABLE t (n int); INSERT INTO t VALUES (42);', to);
    await valkey(host, 'LPUSH queue:default job');
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    for (const unit of ['hearth-postgres', 'pgbouncer', 'valkey-server'])
      await host.shell(`kill -KILL ${host.units.pid(unit)}`);
    await until(async () => (await ask(host.look, 'SELECT n FROM t;', to)).stdout.trim() === '42');
    await until(async () => (await valkey(host, 'LLEN queue:default')) === '1');
  }, 60_000);

  it('in the middle of making the database is made good by the next run', async () => {
    const host = await makeHost();
    await host.step(addressStep, answers);
    const first = host.step(postgresStep, answers).catch(() => {});
    await until(async () => host.has('/srv/hearth/postgres/17.new/base'));
    await host.shell('pkill -KILL initdb; pkill -KILL postgres; true');
    await first;
    expect(host.has('/srv/hearth/postgres/17')).toBe(false);
    const kept = recordOf(host).postgres.password;
    const { postgres } = await setUp(host);
    expect(postgres.password).toBe(kept);
    expect(
      (await ask(host.look, 'SELECT 1;', { host: '127.0.0.1', port: 6432, password: kept })).stdout.trim(),
    ).toBe('1');
  });
});

describe('a full disk', () => {
  it('stops the services cleanly, and they go on when there is room', async () => {
    const host = await makeHost();
    await host.shell('mkdir -p /srv/hearth && mount -t tmpfs -o size=1400m,mode=755 tmpfs /srv/hearth');
    const { postgres } = await setUp(host);
    const to = { host: '127.0.0.1', port: 6432, password: postgres.password };
    await ask(host.look, 'CREATE TABLE t (n int); INSERT INTO t VALUES (42);', to);
    await guard(host);
    expect(host.units.state('hearth-postgres')).toBe('active');
    await host.shell('fallocate -l 1150m /srv/hearth/filler');
    expect((await roomCheck.run(host.look)).state).toBe('warning');
    const words = await guard(host);
    expect(words).toContain('the disk is nearly full');
    for (const unit of ['hearth-postgres', 'pgbouncer', 'valkey-server'])
      expect(host.units.state(unit), unit).toBe('inactive');
    expect(host.units.journal('hearth-postgres').join('\n')).not.toContain('PANIC');
    expect((await roomCheck.run(host.look)).state).toBe('bad');
    await host.look.run('systemctl', ['start', 'hearth-postgres']);
    expect(host.units.state('hearth-postgres')).toBe('inactive');
    await expect(host.step(postgresStep, answers)).rejects.toThrow('no room left');
    await host.shell('rm /srv/hearth/filler');
    expect(await guard(host)).toContain('there is room again');
    await until(async () => (await ask(host.look, 'SELECT n FROM t;', to)).stdout.trim() === '42');
  });

  it('in one moment, before anybody could look, ends PostgreSQL without damage', async () => {
    const host = await makeHost();
    await host.shell('mkdir -p /srv/hearth && mount -t tmpfs -o size=1400m,mode=755 tmpfs /srv/hearth');
    const { postgres } = await setUp(host);
    const to = { host: '127.0.0.1', port: 5432, password: postgres.password };
    await ask(host.look, 'CREATE TABLE t (n int); INSERT INTO t VALUES (42);', to);
    await host.shell('dd if=/dev/zero of=/srv/hearth/filler bs=1M 2>/dev/null');
    const filled = await ask(
      host.look,
      "CREATE TABLE big AS SELECT repeat('x', 1000) || n FROM generate_series(1, 40000) AS n;",
      to,
    );
    expect(filled.exitCode).not.toBe(0);
    expect(filled.stderr).toMatch(/No space left|could not|terminat|closed/);
    await guard(host);
    await host.shell('rm /srv/hearth/filler');
    await guard(host);
    await until(async () => (await ask(host.look, 'SELECT n FROM t;', to)).stdout.trim() === '42');
    expect(await valkey(host, 'SET a 1')).toBe('OK');
  }, 60_000);

  it('keeps a database from being begun', async () => {
    const host = await makeHost();
    await host.shell('mkdir -p /srv/hearth && mount -t tmpfs -o size=600m,mode=755 tmpfs /srv/hearth');
    await host.step(addressStep, answers);
    await expect(host.step(postgresStep, answers)).rejects.toThrow('no room left');
  });
});

describe('skipping Mastodon and the factory reset', () => {
  it('stop the services and keep the data, or remove all of it', async () => {
    const host = await makeHost();
    const { postgres } = await setUp(host);
    await ask(host.look, 'CREATE TABLE t (n int);', {
      host: '127.0.0.1',
      port: 5432,
      password: postgres.password,
    });
    await host.step(addressStep, { device: { name: 'hearth' } });
    expect(
      (await host.shell('pgrep -l "postgres|pgbouncer|valkey"; ip address show dev lo | grep 10.44')).stdout,
    ).toBe('');
    await host.step(addressStep, answers);
    await until(async () => host.units.state('pgbouncer') === 'active');
    const again = await ask(host.look, 'SELECT count(*) FROM t;', {
      host: '127.0.0.1',
      port: 6432,
      password: postgres.password,
    });
    expect(again.stdout.trim()).toBe('0');
    await host.step(addressStep, { device: { name: 'hearth' } });
    for (const step of [...dataSteps].reverse()) await host.undo(step);
    const left = await host.shell('ls -A /srv/hearth /etc/hearth/data /var/lib/hearth 2>&1');
    expect(left.stdout).not.toMatch(/postgres|valkey|data\.json|\bon\b/);
  });
});
