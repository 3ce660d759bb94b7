import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  poolCheck,
  postgresCheck,
  roomCheck,
  valkeyCheck,
} from '../../stages/50-data/setup/data/data-checks.ts';
import { ask, dataSteps, makeHost, setUp, until, valkey } from '../helpers/data-host.ts';

const overlay = `${import.meta.dirname}/../../overlays/network`;

describe('the data services', () => {
  it('do nothing on a device without Mastodon', async () => {
    const host = await makeHost();
    for (const step of dataSteps) await step.run(host.task(step, { device: { name: 'hearth' } }));
    await host.look.run('systemctl', ['start', 'hearth-postgres', 'pgbouncer', 'valkey-server']);
    expect((await host.shell('pgrep -l "postgres|pgbouncer|valkey"')).stdout).toBe('');
    expect(host.has('/var/lib/hearth/data.json')).toBe(false);
    expect((await postgresCheck.run(host.look)).state).toBe('good');
  });

  it('come up, each answers the app with its password, and the doctor is content', async () => {
    const host = await makeHost();
    const { postgres, address } = await setUp(host);
    expect(host.mode('/var/lib/hearth/data.json')).toBe(0o600);
    for (const to of [
      { host: '127.0.0.1', port: 5432 },
      { host: address, port: 5432 },
      { host: '127.0.0.1', port: 6432 },
      { host: address, port: 6432 },
    ]) {
      const answer = await ask(host.look, 'SELECT current_user, current_database();', {
        ...to,
        password: postgres.password,
      });
      expect(answer.stdout.trim()).toBe('mastodon|mastodon_production');
    }
    expect(await valkey(host, 'SET a 1', 'GET a')).toBe('OK\n1');
    const settings = await host.shell(
      `echo "SELECT name || '=' || setting FROM pg_settings WHERE name IN ('data_checksums', 'ssl', 'password_encryption', 'wal_level');
        SELECT datlocprovider, datcollate FROM pg_database WHERE datname = 'mastodon_production';" | psql -XAt -h /run/postgresql -U postgres`,
    );
    expect(settings.stdout).toBe(
      'data_checksums=on\npassword_encryption=scram-sha-256\nssl=off\nwal_level=minimal\nb|C.UTF-8\n',
    );
    for (const check of [postgresCheck, poolCheck, valkeyCheck, roomCheck])
      expect((await check.run(host.look)).state, check.id).toBe('good');
    const { stdout } = await host.shell(
      'ss -Hltn | grep -E ":(5432|6379|6432) " | tr -s " " | cut -d" " -f4 | sort',
    );
    expect(stdout.trim().split('\n')).toEqual(
      ['10.44.0.1', '127.0.0.1'].flatMap((one) => [5432, 6379, 6432].map((port) => `${one}:${port}`)),
    );
  });

  it('keep passwords, data and running daemons when the setup is done again', async () => {
    const host = await makeHost();
    const before = await setUp(host);
    await ask(host.look, 'CREATE TABLE kept (n int);', {
      host: '127.0.0.1',
      port: 5432,
      password: before.postgres.password,
    });
    const pids = ['hearth-postgres', 'pgbouncer', 'valkey-server'].map((unit) => host.units.pid(unit));
    expect(await setUp(host)).toEqual(before);
    expect(['hearth-postgres', 'pgbouncer', 'valkey-server'].map((unit) => host.units.pid(unit))).toEqual(
      pids,
    );
    const kept = await ask(host.look, 'SELECT count(*) FROM kept;', {
      ...{ host: '127.0.0.1', port: 6432, password: before.postgres.password },
    });
    expect(kept.stdout.trim()).toBe('0');
    for (const secret of [before.postgres.password, before.valkey.password])
      expect([...host.log, ...host.units.journal('hearth-postgres')].join('\n')).not.toContain(secret);
  });

  it('refuse a wrong password, another user, another database, and a login without one', async () => {
    const host = await makeHost();
    const { postgres } = await setUp(host);
    for (const port of [5432, 6432]) {
      const to = { host: '127.0.0.1', port };
      const wrong = await ask(host.look, 'SELECT 1;', { ...to, password: 'wrong' });
      expect(wrong.stderr).toMatch(/password authentication failed|SASL authentication failed/);
      const other = await ask(host.look, 'SELECT 1;', {
        ...to,
        user: 'postgres',
        password: postgres.password,
      });
      expect(other.exitCode).not.toBe(0);
    }
    const template = await host.inside(
      'psql',
      ['-XAt', 'host=127.0.0.1 user=mastodon dbname=template1', '-c', 'SELECT 1'],
      { env: { PGPASSWORD: postgres.password } },
    );
    expect(template.stderr).toContain('no pg_hba.conf entry');
    const nobody = await host.shell(
      'setpriv --reuid=33 --clear-groups psql -XAt -h /run/postgresql -U postgres -c "SELECT 1"',
    );
    expect(nobody.stderr).toContain('Peer authentication failed');
    const { stdout } = await host.shell(
      'echo "GET a" | valkey-cli; printf "AUTH no\\nGET a\\n" | valkey-cli',
    );
    expect(stdout).toMatch(/NOAUTH[\s\S]*WRONGPASS[\s\S]*NOAUTH/);
    expect(await valkey(host, 'CONFIG SET dir /tmp')).toContain('unknown command');
  });

  it('are reached by containers, and by nobody in the home network', async () => {
    const host = await makeHost();
    const { postgres, valkey: queues } = await setUp(host);
    host.put('/etc/nftables.conf', readFileSync(`${overlay}/etc/nftables.conf`, 'utf8'));
    host.put(
      '/etc/nftables.d/20-system.nft',
      readFileSync(`${overlay}/etc/nftables.d/20-system.nft`, 'utf8'),
    );
    host.put(
      '/etc/nftables.d/60-k3s.nft',
      readFileSync(
        `${import.meta.dirname}/../../stages/60-k3s/templates/etc/nftables.d/60-k3s.nft.hbs`,
        'utf8',
      ),
    );
    expect(await host.shell('nft -f /etc/nftables.conf')).toMatchObject({ exitCode: 0, stderr: '' });
    const pod = await host.peer('cni0', '10.42.0.1/24', '10.42.0.9/24');
    const lan = await host.peer('lan0', '192.168.7.1/24', '192.168.7.2/24');
    for (const port of [5432, 6432]) {
      const to = { host: '10.44.0.1', port, password: postgres.password };
      expect((await ask(pod, 'SELECT 1;', to)).stdout.trim()).toBe('1');
      expect((await ask(lan, 'SELECT 1;', { ...to, patienceSeconds: 2 })).exitCode).not.toBe(0);
      expect((await lan.run('curl', ['-sm', '1', `telnet://192.168.7.1:${port}`])).exitCode).not.toBe(0);
    }
    const ping = (host: string) => [
      '-h',
      host,
      '-t',
      '2',
      '-a',
      queues.password,
      '--no-auth-warning',
      'PING',
    ];
    expect((await pod.run('valkey-cli', ping('10.44.0.1'))).stdout.trim()).toBe('PONG');
    expect((await lan.run('valkey-cli', ping('10.44.0.1'))).stdout).not.toContain('PONG');
    // Without the firewall, PostgreSQL itself refuses: another address is in no rule.
    await host.shell('nft flush ruleset');
    const direct = await ask(lan, 'SELECT 1;', {
      host: '10.44.0.1',
      port: 5432,
      password: postgres.password,
    });
    expect(direct.stderr).toContain('no pg_hba.conf entry for host "192.168.7.2"');
  });

  it('share connections by transaction, so that what lives longer does not work', async () => {
    const host = await makeHost();
    const { postgres } = await setUp(host);
    const to = { host: '127.0.0.1', port: 6432, password: postgres.password };
    const many = await Promise.all(
      Array.from({ length: 40 }, () => ask(host.look, 'SELECT pg_sleep(0.2);', to)),
    );
    expect(many.map(({ exitCode }) => exitCode)).toEqual(many.map(() => 0));
    const server = await host.shell(
      `psql -XAt -h /run/postgresql -U postgres -c "SELECT count(*) FROM pg_stat_activity WHERE usename = 'mastodon'"`,
    );
    expect(Number(server.stdout)).toBeLessThanOrEqual(20);
    // It is made on a connection that another client has when it is asked for.
    const wait = '\\! touch /tmp/prepared; while [ ! -e /tmp/go ]; do sleep 0.05; done';
    const late = ask(host.look, `PREPARE named AS SELECT 1;\n${wait}\nEXECUTE named;`, to);
    await until(async () => host.has('/tmp/prepared'));
    const other = ask(host.look, 'BEGIN; SELECT pg_sleep(2); COMMIT;', to);
    const sleeping =
      "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(2)%' AND usename = 'mastodon'";
    await until(
      async () =>
        (await host.shell(`psql -XAt -h /run/postgresql -U postgres -c "${sleeping}"`)).stdout === '1\n',
    );
    host.put('/tmp/go', '');
    expect((await late).stderr).toContain('prepared statement "named" does not exist');
    await other;
  });
});
