import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { setup } from '../../../stages/60-k3s/setup.ts';
import { checkTopic, choicesOf } from '../../../stages/90-first-boot/agent/setup/check-topic.ts';
import type {
  ChoiceField,
  SetupStep,
  Topic,
  Values,
} from '../../../stages/90-first-boot/agent/setup/define.ts';
import { atEveryCut, type FakeDevice } from '../20-system-setup/fake-device.ts';
import { data, envFile, makeDevice } from './cluster-device.ts';

const [topic] = setup.topics as readonly [Topic];
const [config] = setup.steps as readonly [SetupStep];
const token = `K10${'a1'.repeat(32)}::node:canary-of-a-password`;
const server: Values = { role: 'server', others: 'no', disk: 'system' };
const agent: Values = { role: 'agent', address: 'hearth.local', token };
const serverFile = '/etc/rancher/k3s/config.yaml.d/50-setup.yaml';
const agentFile = '/etc/rancher/k3s/agent.yaml.d/50-setup.yaml';
const rulesFile = '/etc/nftables.d/61-k3s-join.nft';
const run = (device: FakeDevice, cluster: Values | undefined, cutAt?: number, name = 'kitchen') =>
  device.run(config, { device: { name }, ...(cluster === undefined ? {} : { cluster }) }, cutAt);
const problems = (values: Values) =>
  checkTopic({ topic, values, answers: {}, source: 'page' }, makeDevice().look);
const ranKillall = (device: FakeDevice) =>
  device.calls.some(({ program }) => program === '/usr/lib/hearth/k3s-killall');

describe('the question about apps', () => {
  test('takes a device on its own, with nothing more to say', async () => {
    expect(await problems({ role: 'server' })).toEqual([]);
  });

  test('asks who joins for address and token', async () => {
    expect((await problems({ role: 'agent' })).map(({ field }) => field)).toEqual(['address', 'token']);
    expect(await problems(agent)).toEqual([]);
  });

  test.each(['https://hearth.local', 'hearth.local:6443', 'hearth', '300.1.2.3', 'a b.local', '-a.local'])(
    'refuses the address %s',
    async (address) => {
      expect((await problems({ ...agent, address })).map(({ field }) => field)).toEqual(['address']);
    },
  );

  test.each([
    'secret',
    'K10abc::server:x',
    `${token} `,
    `K10${'a1'.repeat(32)}:node:x`,
    'abcdef.0123456789abcdef',
  ])('refuses %s as a token, which does not prove who the other device is', async (wrong) => {
    expect((await problems({ ...agent, token: wrong })).map(({ field }) => field)).toEqual(['token']);
  });

  test('offers the disk that is mounted below /srv, and none that others can rename things on', async () => {
    const field = topic.fields.find(({ name }) => name === 'disk') as ChoiceField;
    const choices = await choicesOf(field, makeDevice().look);
    expect(choices.map(({ value }) => value)).toEqual(['system', '/srv/ssd']);
    expect(choices[1]?.label).toBe('/srv/ssd, Samsung T7, 500 GB');
  });

  test('offers only the own disk when the disks can not be listed', async () => {
    const device = makeDevice();
    device.programs['lsblk'] = () => ({ stdout: '{"blockdevices": 1}' });
    const field = topic.fields.find(({ name }) => name === 'disk') as ChoiceField;
    expect((await choicesOf(field, device.look)).map(({ value }) => value)).toEqual(['system']);
  });
});

describe('a server', () => {
  test('is switched on, by the name of the device, closed to others', async () => {
    const device = makeDevice();
    await run(device, server);
    expect(device.get(envFile)).toBe(`HEARTH_K3S_COMMAND=server\nHEARTH_K3S_DATA=${data}\n`);
    expect(device.get(serverFile)).toBe(
      '# Written by the setup.\nnode-name: "kitchen"\nagent-token-file: /etc/rancher/k3s/agent-token\ntls-san:\n  - "kitchen.local"\n',
    );
    expect(device.mode(serverFile)).toBe(0o600);
    expect(device.mode('/etc/rancher/k3s/agent-token')).toBe(0o600);
    expect(device.has(rulesFile)).toBe(false);
    expect(device.calls.map(({ args }) => args.join(' '))).toContain('--no-block restart k3s.service');
  });

  test('opens its door to the home network only when others may join, and closes it again', async () => {
    const device = makeDevice();
    await run(device, { ...server, others: 'yes' });
    const rules = (device.get(rulesFile) ?? '').split('\n').filter((line) => line.startsWith('add'));
    expect(rules).toHaveLength(2);
    expect(rules.every((line) => / saddr \{ [^}]+ \} tcp dport 6443 accept$/.test(line))).toBe(true);
    const before = device.get('/etc/rancher/k3s/agent-token');
    await run(device, server);
    expect(device.has(rulesFile)).toBe(false);
    expect(device.get('/etc/rancher/k3s/agent-token')).toBe(before);
    expect(ranKillall(device)).toBe(false);
  });

  test('keeps its name in the cluster when the device is renamed', async () => {
    const device = makeDevice();
    await run(device, server);
    await run(device, server, undefined, 'cellar');
    expect(device.get(serverFile)).toContain('node-name: "kitchen"\n');
    expect(device.get(serverFile)).toContain('"cellar.local"');
  });

  test('keeps its data on the disk that was chosen, and does not start without it', async () => {
    const device = makeDevice();
    await run(device, { ...server, disk: '/srv/ssd' });
    expect(device.get(serverFile)).toContain('data-dir: "/srv/ssd/hearth-k3s"\n');
    expect(device.get(envFile)).toContain('HEARTH_K3S_DATA=/srv/ssd/hearth-k3s\n');
    expect(device.get('/etc/systemd/system/k3s.service.d/50-disk.conf')).toBe(
      '[Unit]\nRequiresMountsFor=/srv/ssd/hearth-k3s\nConditionPathIsMountPoint=/srv/ssd\n',
    );
    await run(device, server);
    expect(device.has('/etc/systemd/system/k3s.service.d/50-disk.conf')).toBe(false);
  });

  test('is not set up on a disk that has gone since', async () => {
    const device = makeDevice();
    device.programs['lsblk'] = () => ({ stdout: '{"blockdevices": []}' });
    await expect(run(device, { ...server, disk: '/srv/ssd' })).rejects.toThrow('not there: /srv/ssd');
    expect(device.has(envFile)).toBe(false);
  });

  test('is not switched on by a kernel that can not limit memory', async () => {
    const device = makeDevice();
    device.put('/sys/fs/cgroup/cgroup.controllers', 'cpuset cpu io pids\n');
    await expect(run(device, server)).rejects.toThrow('memory');
    expect(device.has(envFile)).toBe(false);
  });
});

describe('a device that joins', () => {
  test('has address and token in files for root, and the token nowhere else', async () => {
    const device = makeDevice();
    await run(device, agent);
    expect(device.get('/etc/rancher/k3s/join-token')).toBe(`${token}\n`);
    expect(device.mode('/etc/rancher/k3s/join-token')).toBe(0o600);
    expect(device.get(agentFile)).toMatch(
      /^# .*\nnode-name: "kitchen-[0-9a-f]{6}"\nserver: "https:\/\/hearth\.local:6443"\ntoken-file: \/etc\/rancher\/k3s\/join-token\n$/,
    );
    expect(device.get(envFile)).toBe(
      `HEARTH_K3S_COMMAND="agent --config /etc/rancher/k3s/agent.yaml"\nHEARTH_K3S_DATA=${data}\nHEARTH_K3S_SERVER=hearth.local\n`,
    );
    expect(JSON.stringify([device.calls, device.log])).not.toContain('canary');
    const withToken = Object.entries(device.snapshot()).filter(([, text]) => text.includes('canary'));
    expect(withToken.map(([path]) => path)).toEqual(['/etc/rancher/k3s/join-token']);
  });

  test('needs no look-up for an address in numbers, and keeps its name when only the token is another', async () => {
    const device = makeDevice();
    await run(device, { ...agent, address: '192.168.1.20' });
    expect(device.get(envFile)).not.toContain('HEARTH_K3S_SERVER');
    const before = device.get(agentFile);
    await run(device, { ...agent, address: '192.168.1.20', token: token.replace('node:', 'server:') });
    expect(device.get(agentFile)).toBe(before);
  });

  test('begins anew, under another name, when its server is another one', async () => {
    const device = makeDevice();
    await run(device, agent);
    const before = device.get(agentFile);
    device.put(`${data}/agent/client-kubelet.crt`, 'of the first server');
    await run(device, { ...agent, address: 'cellar.local' });
    expect(ranKillall(device)).toBe(true);
    expect(device.has(`${data}/agent/client-kubelet.crt`)).toBe(false);
    expect(device.get(agentFile)).toContain('https://cellar.local:6443');
    expect(device.get(agentFile)?.split('\n')[1]).not.toBe(before?.split('\n')[1]);
  });

  test('leaves nothing of its former cluster when it joins another one', async () => {
    const device = makeDevice();
    await run(device, server);
    for (const path of [
      `${data}/server/tls/ca.key`,
      `${data}/agent/kubelet.kubeconfig`,
      '/etc/rancher/node/password',
    ])
      device.put(path, 'secret', 0o600);
    device.put(`${data}/agent/images/.cache.json`, '{"imported": true}', 0o600);
    await run(device, agent);
    expect(ranKillall(device)).toBe(true);
    for (const path of [serverFile, '/etc/rancher/k3s/agent-token', `${data}/server`, '/etc/rancher/node'])
      expect(device.has(path)).toBe(false);
    expect(readdirSync(join(device.root, data, 'agent'))).toEqual(['images']);
    expect(device.get(`${data}/agent/images/.cache.json`)).toBe('');
    expect(device.get(`${data}/agent/images/00-k3s-0123456789ab.tar.zst`)).toBe('archive');
  });
});

describe('apps that nobody wants', () => {
  test('change nothing on the device', async () => {
    const device = makeDevice();
    const before = device.snapshot();
    await run(device, undefined);
    expect(device.snapshot()).toEqual(before);
    expect(device.calls).toEqual([]);
  });

  test('are taken back when they were wanted before', async () => {
    const device = makeDevice();
    const before = device.snapshot();
    await run(device, { ...server, others: 'yes' });
    await run(device, undefined);
    expect(device.snapshot()).toEqual(before);
    expect(ranKillall(device)).toBe(true);
  });

  test('are fetched for no device that skipped them', () => {
    expect(setup.steps?.find(({ id }) => id === 'k3s.start')).toMatchObject({
      uses: ['cluster'],
      needs: ['k3s', 'k3s-images'],
    });
    expect(config.needs).toBeUndefined();
  });
});

describe('a power cut at any moment', () => {
  /** The token for others is made by chance. */
  const files = (device: FakeDevice) =>
    Object.entries(device.snapshot()).filter(([path]) => !path.endsWith('/agent-token'));

  test('is made good by the next run', async () => {
    const whole = makeDevice();
    await run(whole, { ...server, others: 'yes' });
    const before = files(whole);
    const cuts = await atEveryCut(
      makeDevice,
      (device, cutAt) => run(device, { ...server, others: 'yes' }, cutAt),
      async (device) => {
        await run(device, { ...server, others: 'yes' });
        expect(files(device)).toEqual(before);
      },
    );
    expect(cuts).toBeGreaterThan(7);
  });

  test('never leaves k3s switched on without its configuration', async () => {
    await atEveryCut(
      makeDevice,
      async (device, cutAt) => {
        await run(device, server);
        await run(device, { ...server, disk: '/srv/ssd' }, cutAt);
      },
      async (device) => {
        if (device.has(envFile)) expect(device.has(serverFile)).toBe(true);
        await run(device, server);
        expect(device.get(envFile)).toContain(`HEARTH_K3S_DATA=${data}\n`);
        expect(device.has('/etc/systemd/system/k3s.service.d/50-disk.conf')).toBe(false);
      },
    );
  });

  test('in a factory reset leaves, after the next one, the device as the image was', async () => {
    const untouched = makeDevice().snapshot();
    const fill = (device: FakeDevice) => {
      device.put('/srv/ssd/hearth-k3s/server/token', 'secret', 0o600);
      device.put('/etc/rancher/k3s/agent.yaml.d/60-address.yaml', 'server: x\n');
      device.put('/etc/rancher/k3s/k3s.yaml', 'key', 0o600);
    };
    const cuts = await atEveryCut(
      makeDevice,
      async (device, cutAt) => {
        await run(device, { ...server, others: 'yes', disk: '/srv/ssd' });
        fill(device);
        await device.undo(config, cutAt);
      },
      async (device) => {
        await device.undo(config);
        expect(device.snapshot()).toEqual(untouched);
      },
    );
    expect(cuts).toBeGreaterThan(10);
  });
});
