import { describe, expect, test } from 'vitest';
import { addressStep } from '../../../stages/50-data/setup/data/address-step.ts';
import { postgresCheck, roomCheck, valkeyCheck } from '../../../stages/50-data/setup/data/data-checks.ts';
import { type DataRecord, ensureRecord } from '../../../stages/50-data/setup/data/data-record.ts';
import { diskKind, memoryMebibytes } from '../../../stages/50-data/setup/data/hardware.ts';
import { poolSettings } from '../../../stages/50-data/setup/data/pool-step.ts';
import { postgresRules, postgresSettings } from '../../../stages/50-data/setup/data/postgres-settings.ts';
import { postgresStep } from '../../../stages/50-data/setup/data/postgres-step.ts';
import { scramSecret } from '../../../stages/50-data/setup/data/scram.ts';
import { valkeySettings } from '../../../stages/50-data/setup/data/valkey-step.ts';
import { setup } from '../../../stages/50-data/setup.ts';
import { atEveryCut, type FakeDevice, fakeDevice } from '../20-system-setup/fake-device.ts';
import { renderTemplates } from '../stage-tree.ts';

const answers = { mastodon: { domain: 'example.org' }, device: { name: 'hearth' } };
const record: DataRecord = {
  address: '10.44.0.1',
  postgres: { port: 5432, database: 'mastodon_production', user: 'mastodon', password: 'secret-one' },
  pgbouncer: { port: 6432 },
  valkey: { port: 6379, password: 'secret-two' },
  smtp: { port: 25 },
};

describe('settings for the hardware', () => {
  test.each([
    [945, 64, 96],
    [1_846, 115, 115],
    [3_792, 237, 237],
    [7_804, 488, 488],
    [16_000, 1_000, 1_000],
    [64_000, 1_024, 1_024],
  ])('a device with %i MiB gives PostgreSQL %i and Valkey %i', (memory, shared, queues) => {
    expect(postgresSettings(record, memory, 'card')).toContain(`shared_buffers = ${shared}MB\n`);
    expect(valkeySettings(record, memory)).toContain(`maxmemory ${queues}mb\n`);
  });

  test('a card, a turning disk and an SSD are told apart', async () => {
    const found = async (source: string, rota?: string) => {
      using device = disposable(fakeDevice({ '/proc/meminfo': 'MemTotal:        3883252 kB\n' }));
      device.programs['findmnt'] = () => ({ stdout: `${source}\n` });
      if (rota !== undefined)
        device.programs['lsblk'] = (args) =>
          args.at(-1) === source ? { stdout: `    ${rota}\n` } : undefined;
      expect(memoryMebibytes(device.look)).toBe(3_792);
      return await diskKind(device.look);
    };
    expect(await found('/dev/mmcblk0p2')).toBe('card');
    expect(await found('/dev/sda2', '1')).toBe('disk');
    expect(await found('/dev/nvme0n1p2', '0')).toBe('ssd');
    expect(await found('/dev/sda2')).toBe('card');
    expect(await found('overlay')).toBe('card');
  });
});

describe('who may come in', () => {
  test('PostgreSQL has rules for the socket, the device and containers, all with a password that is never sent', () => {
    const rules = postgresRules(record)
      .split('\n')
      .filter((line) => /^(local|host)/.test(line));
    expect(rules).toEqual([
      'local all postgres peer map=hearth',
      'host mastodon_production mastodon 127.0.0.1/32 scram-sha-256',
      'host mastodon_production mastodon 10.44.0.1/32 scram-sha-256',
      'host mastodon_production mastodon 10.42.0.0/16 scram-sha-256',
    ]);
  });

  test('nothing listens on all addresses', () => {
    expect(postgresSettings(record, 4_000, 'ssd')).toContain("listen_addresses = '127.0.0.1,10.44.0.1'\n");
    expect(poolSettings(record)).toContain('listen_addr = 127.0.0.1,10.44.0.1\n');
    expect(valkeySettings(record, 4_000)).toContain('bind 127.0.0.1 10.44.0.1\n');
  });

  test('what PostgreSQL keeps of a password is that of RFC 7677', () => {
    expect(scramSecret('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'))).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    );
  });
});

describe('the steps', () => {
  test('run after the question, before Mastodon, and can be left out', () => {
    const places = setup.steps
      ?.filter(({ id }) => id.startsWith('data.'))
      .map(({ id, order }) => [id, order]);
    expect(places).toEqual([
      ['data.address', 148],
      ['data.prepare', 150],
      ['data.pool', 151],
      ['data.valkey', 152],
    ]);
    expect(setup.steps?.every(({ isOptional }) => isOptional === true)).toBe(true);
  });

  test('a power cut at any moment changes no password and leaves no half cluster in use', async () => {
    const passwords = new Map<FakeDevice, string>();
    const cuts = await atEveryCut(
      withPrograms,
      async (device, cutAt) => {
        await device.run(postgresStep, answers, cutAt);
      },
      async (device) => {
        const before = device.get('/var/lib/hearth/data.json');
        if (before !== undefined) passwords.set(device, before);
        if (device.get('/srv/hearth/postgres/17/PG_VERSION') !== undefined)
          expect(device.get('/srv/hearth/postgres/17/whole')).toBe('yes');
        await device.run(postgresStep, answers);
        if (before !== undefined) expect(device.get('/var/lib/hearth/data.json')).toBe(before);
        expect(device.get('/srv/hearth/postgres/17/whole')).toBe('yes');
      },
    );
    expect(cuts).toBeGreaterThan(15);
    expect(passwords.size).toBeGreaterThan(10);
  });

  test('no secret is in an argument or in the log', async () => {
    using device = disposable(withPrograms());
    await device.run(postgresStep, answers);
    const { postgres, valkey } = JSON.parse(device.get('/var/lib/hearth/data.json') ?? '') as DataRecord;
    const seen = [...device.log, ...device.calls.flatMap(({ args, input }) => [...args, input])].join('\n');
    expect(seen).not.toContain(postgres.password);
    expect(seen).not.toContain(valkey.password);
    expect(device.mode('/var/lib/hearth/data.json')).toBe(0o600);
  });

  test('a factory reset removes data and settings, also when it is cut off', async () => {
    const gone = [
      '/srv/hearth/postgres/17/x',
      '/srv/hearth/valkey/x',
      '/etc/hearth/data/x',
      '/var/lib/hearth/data.json',
    ];
    await atEveryCut(
      () => fakeDevice(Object.fromEntries([...gone, '/srv/hearth/other'].map((path) => [path, 'x']))),
      async (device, cutAt) => await device.undo(addressStep, cutAt),
      async (device) => {
        await device.undo(addressStep);
        for (const path of gone) expect(device.has(path), path).toBe(false);
        expect(device.has('/srv/hearth/other')).toBe(true);
      },
    );
  });

  test('the record is made once', () => {
    using device = disposable(fakeDevice());
    const task = { read: device.look.read, write: device.put } as unknown as Parameters<
      typeof ensureRecord
    >[0];
    const first = ensureRecord(task);
    expect(first.postgres.password).toMatch(/^[0-9a-f]{48}$/);
    expect(first.postgres.password).not.toBe(first.valkey.password);
    expect(ensureRecord(task)).toEqual(first);
  });
});

describe('the doctor', () => {
  const on = { '/var/lib/hearth/data/on': '', '/var/lib/hearth/data.json': JSON.stringify(record) };
  const psql = '/usr/lib/postgresql/17/bin/psql';

  test.each([
    ['answers', { stdout: '1\n' }, 'good'],
    ['is starting', { exitCode: 2, stderr: 'FATAL:  the database system is starting up' }, 'warning'],
    ['has no database yet', { exitCode: 2, stderr: 'database "mastodon_production" does not exist' }, 'bad'],
    ['is away', { exitCode: 2, stderr: 'No such file or directory' }, 'bad'],
  ] as const)('PostgreSQL that %s', async (_what, answer, state) => {
    using device = disposable(fakeDevice(on));
    device.programs[psql] = () => answer;
    expect((await postgresCheck.run(device.look)).state).toBe(state);
  });

  test.each([
    ['has room', 'aof_last_write_status:ok\r\nused_memory:10\r\nmaxmemory:100\r\n', 'good'],
    ['is nearly full', 'aof_last_write_status:ok\r\nused_memory:90\r\nmaxmemory:100\r\n', 'warning'],
    ['can not write', 'aof_last_write_status:err\r\nused_memory:10\r\nmaxmemory:100\r\n', 'bad'],
    ['is away', '', 'bad'],
  ] as const)('Valkey that %s', async (_what, stdout, state) => {
    using device = disposable(fakeDevice(on));
    device.programs['valkey-cli'] = (_args, input) => {
      expect(input).toContain('AUTH secret-two\n');
      return { stdout };
    };
    expect((await valkeyCheck.run(device.look)).state).toBe(state);
    expect(device.calls.flatMap(({ args }) => args)).not.toContain('secret-two');
  });

  test.each([
    ['much', '1000000 4096', 'good'],
    ['little', '200000 4096', 'warning'],
  ] as const)('a disk with %s room', async (_what, stdout, state) => {
    using device = disposable(fakeDevice(on));
    device.programs['stat'] = () => ({ stdout });
    expect((await roomCheck.run(device.look)).state).toBe(state);
    device.put('/run/hearth-data/full', '100\n');
    for (const check of [roomCheck, postgresCheck, valkeyCheck])
      expect((await check.run(device.look)).state).toBe('bad');
  });
});

test('each service waits for the switch, and none starts while the disk is full', async () => {
  const files = [...(await renderTemplates('50-data'))];
  for (const name of [
    'hearth-postgres.service',
    'pgbouncer.service.d/50-data.conf',
    'valkey-server.service.d/50-data.conf',
  ]) {
    const text = files.find(([path]) => path.endsWith(name))?.[1];
    expect(text, name).toContain('ConditionPathExists=/var/lib/hearth/data/on\n');
    expect(text, name).toContain('ConditionPathExists=!/run/hearth-data/full\n');
  }
});

function withPrograms(): FakeDevice {
  const device = fakeDevice({ '/proc/meminfo': 'MemTotal: 4000000 kB\n' });
  const nothing = () => ({});
  for (const name of ['install', 'chown', 'systemctl']) device.programs[name] = nothing;
  device.programs['systemctl'] = ([verb]) => (verb === 'is-active' ? { stdout: 'active\n' } : {});
  device.programs['findmnt'] = () => ({ stdout: '/dev/mmcblk0p2\n' });
  device.programs['stat'] = () => ({ stdout: '1000000 4096' });
  device.programs['/usr/lib/postgresql/17/bin/psql'] = nothing;
  device.programs['setpriv'] = (args) => {
    const folder = args.find((word) => word.startsWith('--pgdata='))?.slice('--pgdata='.length);
    if (folder !== '/srv/hearth/postgres/17.new') return undefined;
    device.put(`${folder}/PG_VERSION`, '17\n');
    device.put(`${folder}/whole`, 'yes');
    return {};
  };
  device.programs['mv'] = () => {
    for (const name of ['PG_VERSION', 'whole'])
      device.put(`/srv/hearth/postgres/17/${name}`, device.get(`/srv/hearth/postgres/17.new/${name}`) ?? '');
    return {};
  };
  return device;
}

function disposable(device: FakeDevice): FakeDevice & Disposable {
  return { ...device, [Symbol.dispose]: device.remove };
}
