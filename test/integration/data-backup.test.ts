import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { postgresPart } from '../../stages/50-data/setup/data/backup-part.ts';
import { postgresStep } from '../../stages/50-data/setup/data/postgres-step.ts';
import type { StepTask } from '../../stages/90-first-boot/agent/device/door.ts';
import { answers, ask, makeHost, setUp, valkey } from '../helpers/data-host.ts';

describe('the backup of the database', () => {
  it('is proved in a scratch database, and comes back whole on another device', async () => {
    const host = await makeHost();
    const { postgres } = await setUp(host);
    const to = { host: '127.0.0.1', port: 5432, password: postgres.password };
    await ask(
      host.look,
      "CREATE TABLE t (n int PRIMARY KEY, s text); INSERT INTO t VALUES (42, 'Grüße');",
      to,
    );
    await host.shell('mkdir -m 700 /root/part');
    await postgresPart.save(host.task(postgresStep, answers), '/root/part');
    await postgresPart.verify?.(host.task(postgresStep, answers), '/root/part');
    const names = await host.shell(
      'psql -XAt -h /run/postgresql -U postgres -c "SELECT datname FROM pg_database ORDER BY 1"',
    );
    expect(names.stdout).toBe('mastodon_production\npostgres\ntemplate0\ntemplate1\n');

    const fresh = await makeHost();
    await fresh.shell('mkdir -p /var/lib/hearth/restore/postgres');
    await promisify(execFile)('cp', [
      `${host.root}/root/part/mastodon.dump`,
      `${fresh.root}/var/lib/hearth/restore/postgres/mastodon.dump`,
    ]);
    const other = await setUp(fresh);
    expect(other.postgres.password).not.toBe(postgres.password);
    const there = { host: '127.0.0.1', port: 6432, password: other.postgres.password };
    expect((await ask(fresh.look, 'SELECT s FROM t; INSERT INTO t VALUES (43);', there)).stdout).toContain(
      'Grüße',
    );
    expect(fresh.has('/var/lib/hearth/restore/postgres')).toBe(false);
    await setUp(fresh);
    expect((await ask(fresh.look, 'SELECT count(*) FROM t;', there)).stdout.trim()).toBe('2');
  });

  it('that is damaged is told, and the database in use stays', async () => {
    const host = await makeHost();
    const { postgres } = await setUp(host);
    const to = { host: '127.0.0.1', port: 5432, password: postgres.password };
    await ask(host.look, 'CREATE TABLE t AS SELECT generate_series(1, 5000) AS n;', to);
    const task = host.task(postgresStep, answers);
    await host.shell('mkdir -m 700 /root/part');
    await postgresPart.save(task, '/root/part');
    await host.shell('truncate -s -300 /root/part/mastodon.dump');
    await expect(postgresPart.verify?.(task, '/root/part')).rejects.toThrow();
    await expect(postgresPart.restore(task, '/root/part')).rejects.toThrow();
    expect((await ask(host.look, 'SELECT count(*) FROM t;', to)).stdout.trim()).toBe('5000');
  });

  it('comes back on the device itself, without the queues of meanwhile, whenever the power is cut', async () => {
    const host = await makeHost();
    const { postgres } = await setUp(host);
    const to = { host: '127.0.0.1', port: 5432, password: postgres.password };
    await ask(host.look, 'CREATE TABLE t AS SELECT 42 AS n;', to);
    const task = host.task(postgresStep, answers);
    await host.shell('mkdir -m 700 /root/part');
    await postgresPart.save(task, '/root/part');
    await ask(host.look, 'UPDATE t SET n = 43;', to);
    await valkey(host, 'LPUSH queue:default job');
    const seen = new Set<string>();
    await postgresPart.pause?.(task);
    for (let cutAt = 1; cutAt < 20; cutAt++) {
      const isDone = await postgresPart.restore(cutting(task, cutAt), '/root/part').then(
        () => true,
        () => false,
      );
      if (isDone) break;
      // Whole at any moment, the old one or the new one; the next run takes it from there.
      seen.add((await ask(host.look, 'SELECT n FROM t;', to)).stdout.trim());
    }
    // Between the names' change and the end there is nothing that asks: so both were seen, and nothing else.
    expect([...seen].sort()).toEqual(['42', '43']);
    await setUp(host);
    expect((await ask(host.look, 'SELECT n FROM t;', { ...to, port: 6432 })).stdout.trim()).toBe('42');
    expect(await valkey(host, 'LLEN queue:default')).toBe('0');
    const names = await host.shell(
      'psql -XAt -h /run/postgresql -U postgres -c "SELECT count(*) FROM pg_database"',
    );
    expect(names.stdout).toBe('4\n');
  }, 120_000);
});

/** The power goes before the n-th thing that is done. */
function cutting(task: StepTask, cutAt: number): StepTask {
  let count = 0;
  const step = () => {
    count++;
    if (count >= cutAt) throw new Error('power cut');
  };
  return {
    ...task,
    must: async (...parts) => {
      step();
      return await task.must(...parts);
    },
    remove: (path) => {
      step();
      task.remove(path);
    },
  };
}
