import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { loadStage, renderTemplates, StageTree } from '../stage-tree.ts';

const card = '/var/lib/rancher/k3s';
const archive = `${card}/agent/images/00-k3s-0123456789ab.tar.zst`;
const trees: StageTree[] = [];

afterEach(async () => {
  for (const tree of trees.splice(0)) await tree[Symbol.asyncDispose]();
});

async function device(files: Readonly<Record<string, string>> = {}): Promise<StageTree> {
  const rendered = await renderTemplates('60-k3s');
  const tree = await StageTree.create({
    ...Object.fromEntries(rendered),
    [archive]: 'archive',
    '/run/systemd/timesync/synchronized': '',
    '/proc/self/mounts': '',
    ...files,
  });
  trees.push(tree);
  await tree.stub('sleep');
  await tree.stub('sync');
  return tree;
}

async function run(
  tree: StageTree,
  program: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const path = `${tree.path}.programs:${process.env['PATH']}`;
  const { stderr } = await promisify(execFile)('sh', [`${tree.path}/usr/lib/hearth/${program}`, tree.path], {
    env: { PATH: path, ...env },
  });
  return stderr;
}

describe('what is done before each start of k3s', () => {
  test('makes the list of imported archives, and empties it when what was imported is gone', async () => {
    const tree = await device();
    await run(tree, 'k3s-prepare');
    const cache = `${card}/agent/images/.cache.json`;
    expect(await tree.read(cache)).toBe('');
    await tree.write(cache, '{"known": 1}');
    mkdirSync(`${tree.path}${card}/agent/containerd`);
    await run(tree, 'k3s-prepare');
    expect(await tree.read(cache)).toBe('{"known": 1}');
    const other = await device({ [cache]: '{"known": 1}' });
    await run(other, 'k3s-prepare');
    expect(await other.read(cache)).toBe('');
  });

  test('brings the archives to the disk that was chosen, each once and whole', async () => {
    const made = '10-app-0123456789ab.tar';
    const tree = await device({
      '/srv/ssd/': '',
      [`${card}/agent/images/${made}`]: 'made by the device',
      [`${card}/agent/images/${made}.made`]: '18',
      [`${card}/agent/images/${made}.hearth-new`]: 'half',
    });
    const env = { HEARTH_K3S_DATA: '/srv/ssd/hearth-k3s' };
    await run(tree, 'k3s-prepare', env);
    const images = '/srv/ssd/hearth-k3s/agent/images';
    expect(readdirSync(tree.path + images).sort()).toEqual([
      ...['.cache.json', '00-k3s-0123456789ab.tar.zst', made],
    ]);
    expect(statSync(`${tree.path}/srv/ssd/hearth-k3s`).mode & 0o777).toBe(0o711);
    await tree.write(`${images}/00-k3s-0123456789ab.tar.zst`, 'kept');
    await run(tree, 'k3s-prepare', env);
    expect(await tree.read(`${images}/00-k3s-0123456789ab.tar.zst`)).toBe('kept');
    expect(await tree.read('/srv/ssd/hearth-k3s/agent/etc/kubelet.conf.d/10-hearth.conf')).toContain(
      'shutdownGracePeriod: 60s',
    );
  });

  test('waits for the time, longer before the first start, and never for ever', async () => {
    for (const [made, seconds] of [
      [{}, 180],
      [{ [`${card}/server/tls/`]: '' }, 30],
      [{ [`${card}/agent/client-kubelet.crt`]: '' }, 30],
    ] as const) {
      const tree = await device(made);
      await promisify(execFile)('rm', [`${tree.path}/run/systemd/timesync/synchronized`]);
      expect(await run(tree, 'k3s-prepare')).toContain(`not been set for ${seconds} s`);
      expect((await tree.calls()).filter((call) => call === 'sleep 3')).toHaveLength(seconds / 3);
    }
  });

  test('finds the server by its name in the home network, and fails when nobody has it', async () => {
    const tree = await device();
    await tree.stub('getent', "echo '192.168.1.20    STREAM hearth.local'; echo '192.168.1.20    DGRAM'");
    await run(tree, 'k3s-prepare', { HEARTH_K3S_SERVER: 'hearth.local' });
    expect(await tree.read('/etc/rancher/k3s/agent.yaml.d/60-address.yaml')).toBe(
      'server: https://192.168.1.20:6443\n',
    );
    expect(await tree.calls()).toContain('getent ahostsv4 hearth.local');
    await tree.stub('getent', 'exit 2');
    await expect(run(tree, 'k3s-prepare', { HEARTH_K3S_SERVER: 'hearth.local' })).rejects.toThrow(
      'not in this network',
    );
  });
});

test.each([
  ['before the setup', '', false],
  ['that joined another one', 'HEARTH_K3S_COMMAND="agent --config x"\nHEARTH_K3S_DATA=/srv/ssd/k3s\n', false],
  ['that is a server', 'HEARTH_K3S_COMMAND=server\nHEARTH_K3S_DATA=/srv/ssd/k3s\n', true],
])('a device %s tells address and token: %s', async (_what, chosen, isTold) => {
  const tree = await device({
    ...(chosen === '' ? {} : { '/etc/rancher/k3s/hearth.env': chosen }),
    '/srv/ssd/k3s/server/agent-token': 'K10abc::node:def\n',
  });
  const told = await promisify(execFile)('sh', [`${tree.path}/usr/sbin/hearth-join-token`, tree.path]).catch(
    (error: { readonly stderr: string }) => error,
  );

  if (isTold)
    expect(told).toMatchObject({ stdout: `Address: ${hostname()}.local\nToken:   K10abc::node:def\n` });
  else expect(told).toMatchObject({ code: 1, stderr: expect.stringContaining('allow it on the setup page') });
});

test('the end of all containers takes back mounts, cards and rules, and nothing of others', async () => {
  const tree = await device({
    '/sys/fs/cgroup/kubepods.slice/cgroup.kill': '',
    '/sys/class/net/cni0/': '',
    '/proc/self/mounts':
      'tmpfs /var/lib/kubelet/pods/1/volumes/a\\040b tmpfs rw 0 0\noverlay /run/k3s/containerd/x/rootfs overlay rw 0 0\n/dev/sda1 /srv/ssd ext4 rw 0 0\n',
  });
  for (const program of ['systemctl', 'umount', 'ip', 'ip6tables-save']) await tree.stub(program);
  await tree.stub('iptables-save', "printf '*nat\\n-A KUBE-SERVICES -j X\\n-A OWN -j Y\\nCOMMIT\\n'");
  await tree.stub('iptables-restore', `cat > '${tree.path}/restored'`);
  await run(tree, 'k3s-killall');
  const calls = await tree.calls();
  expect(calls[0]).toBe('systemctl stop k3s.service');
  expect(calls.filter((call) => call.startsWith('umount'))).toEqual([
    'umount --lazy /var/lib/kubelet/pods/1/volumes/a b',
    'umount --lazy /run/k3s/containerd/x/rootfs',
  ]);
  expect(calls.filter((call) => call.startsWith('ip '))).toEqual(['ip link delete cni0']);
  expect(await tree.read('/sys/fs/cgroup/kubepods.slice/cgroup.kill')).toBe('1\n');
  expect(await tree.read('/restored')).toBe('*nat\n-A OWN -j Y\nCOMMIT\n');
});

describe('60-k3s', () => {
  test('never starts k3s before the setup, nor without its program and its container images', async () => {
    const unit = (await renderTemplates('60-k3s')).get('/usr/lib/systemd/system/k3s.service') ?? '';
    expect(unit).toMatch(/^ConditionPathExists=\/etc\/rancher\/k3s\/hearth\.env$/m);
    expect(unit).toMatch(/^ConditionFileIsExecutable=\/usr\/local\/bin\/k3s$/m);
    const [archives] = /\/var\/lib\/rancher\/k3s\/agent\/images\/\S+/.exec(unit) ?? [];
    const stage = await loadStage('60-k3s');
    const path = stage.artifacts?.find(({ name }) => name === 'k3s-images')?.path ?? '';
    expect(path.replace('@DIGEST@', '*')).toBe(archives);
    expect(path).toContain('@DIGEST@');
  });

  test('has one path for the program in its unit and its artifact', async () => {
    const unit = (await renderTemplates('60-k3s')).get('/usr/lib/systemd/system/k3s.service') ?? '';
    const stage = await loadStage('60-k3s');
    expect(unit).toContain(`ExecStart=${stage.artifacts?.find(({ name }) => name === 'k3s')?.path} `);
    expect(unit).not.toMatch(/token/i);
  });

  test('has logind wait longer than the apps may take to end, and the server longer than a lease', async () => {
    const files = await renderTemplates('60-k3s');
    const seconds = (path: string, key: string) =>
      Number(new RegExp(`${key}[=:] ?(\\d+)`).exec(files.get(path) ?? '')?.[1]);
    const kubelet = '/usr/lib/hearth/k3s/kubelet.yaml';
    const grace = seconds(kubelet, 'shutdownGracePeriod');
    expect(grace).toBeGreaterThan(seconds(kubelet, 'shutdownGracePeriodCriticalPods'));
    expect(seconds('/etc/systemd/logind.conf.d/zz-k3s.conf', 'InhibitDelayMaxSec')).toBeGreaterThan(grace);
    expect(seconds('/etc/rancher/k3s/config.yaml', 'node-monitor-grace-period')).toBeGreaterThan(
      seconds(kubelet, 'nodeLeaseDurationSeconds'),
    );
  });

  test('opens nothing to the home network in the image', async () => {
    const rules = ((await renderTemplates('60-k3s')).get('/etc/nftables.d/60-k3s.nft') ?? '').split('\n');
    expect(rules.filter((line) => /\baccept\b/.test(line))).toEqual([
      'add rule inet hearth input iifname "cni0" tcp dport @pod_tcp_in accept',
    ]);
    expect(rules.join('\n')).not.toMatch(/ (tcp|udp)_in /);
  });

  test('keeps avahi away from the containers, once, and needs no k3s for that', async () => {
    const tree = await device({
      '/etc/avahi/avahi-daemon.conf': '[server]\ndeny-interfaces=lo\nuse-ipv6=no\n',
    });
    await tree.stub('systemctl');
    await tree.run('60-k3s/01-run.sh');
    await tree.run('60-k3s/01-run.sh');
    expect(await tree.read('/etc/avahi/avahi-daemon.conf')).toBe(
      '[server]\ndeny-interfaces=lo,cni0,flannel.1\nuse-ipv6=no\n',
    );
    expect(existsSync(`${tree.path}/usr/local/bin/kubectl`)).toBe(false);
    expect(readdirSync(`${tree.path}/usr/local/bin`).sort()).toEqual(['crictl', 'ctr', 'kubectl']);
    expect(await tree.read(`${card}/agent/images/.cache.json`)).toBe('');
  });
});
