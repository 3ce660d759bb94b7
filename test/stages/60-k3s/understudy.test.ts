import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { linkSync, statSync, utimesSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { K3sDevice } from './k3s-device.ts';

const data = '/var/lib/rancher/k3s';
const setupFile = '/etc/rancher/k3s/config.yaml.d/50-setup.yaml';
const up = /up and running/;
const serverSetup =
  'node-name: "kitchen"\nagent-token-file: /etc/rancher/k3s/agent-token\ntls-san:\n  - "kitchen.local"\n';

async function server(): Promise<K3sDevice> {
  const device = await K3sDevice.create();
  device.put(setupFile, serverSetup, 0o600);
  device.put('/etc/rancher/k3s/agent-token', `${'0f'.repeat(32)}\n`, 0o600);
  return device;
}

/** What an archive of container images has in it, by file; digests are filled in. */
function archive(
  device: K3sDevice,
  name: string,
  files: Readonly<Record<string, string>>,
  zstd = ['-3'],
): string {
  const place = `${device.root}/work-${name}`;
  for (const [path, text] of Object.entries(files)) device.put(`/work-${name}/${path}`, text);
  const tar = execFileSync('tar', ['-C', place, '-cf', '-', '.']);
  device.put(`${data}/agent/images/${name}`, execFileSync('zstd', ['-qc', ...zstd], { input: tar }));
  return `${data}/agent/images/${name}`;
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');

function ociFiles(reference: string, layer = 'layer'): Record<string, string> {
  const config = '{"architecture":"arm64"}';
  const blob = (text: string) => ({ digest: `sha256:${digestOf(text)}`, size: text.length });
  const manifest = JSON.stringify({ config: blob(config), layers: [blob(layer)] });
  const annotations = { 'io.containerd.image.name': reference };
  return {
    'oci-layout': '{"imageLayoutVersion":"1.0.0"}',
    'index.json': JSON.stringify({ manifests: [{ ...blob(manifest), annotations }] }),
    ...Object.fromEntries([config, layer, manifest].map((text) => [`blobs/sha256/${digestOf(text)}`, text])),
  };
}

const pause = 'docker.io/rancher/mirrored-pause:3.10.2';

describe("the stage's configuration", () => {
  test('lets a server come up, which answers, and lets an agent join with its token', async () => {
    using device = await server();
    archive(device, '00-k3s-0123456789ab.tar.zst', ociFiles(pause));
    device.put(
      `${data}/agent/etc/kubelet.conf.d/10-hearth.conf`,
      device.get('/usr/lib/hearth/k3s/kubelet.yaml'),
    );
    expect(await device.k3s(['server'], up)).toMatchObject({ code: -1 });
    expect(await device.k3s(['kubectl', 'get', '--raw', '/readyz'])).toMatchObject({ code: 0, stdout: 'ok' });
    expect((await device.k3s(['crictl', 'images', '-q'])).stdout).toBe(`${pause}\n`);
    for (const path of [`${data}/server/token`, `${data}/server/agent-token`, '/etc/rancher/k3s/k3s.yaml'])
      expect(statSync(device.root + path).mode & 0o777).toBe(0o600);

    using other = await K3sDevice.create();
    other.put('/etc/rancher/k3s/join-token', device.get(`${data}/server/agent-token`), 0o600);
    other.put(
      '/etc/rancher/k3s/agent.yaml.d/50-setup.yaml',
      `node-name: "cellar-0a1b2c"\nserver: "${device.address}"\ntoken-file: /etc/rancher/k3s/join-token\n`,
      0o600,
    );
    const config = ['agent', '--config', '/etc/rancher/k3s/agent.yaml'];
    expect(await other.k3s(config, up)).toMatchObject({ code: -1 });
    other.put('/etc/rancher/k3s/join-token', `K10${'00'.repeat(32)}::node:${'0f'.repeat(32)}\n`, 0o600);
    expect((await other.k3s(config)).stderr).toContain('token CA hash does not match');
    const [hash] = device.get(`${data}/server/token`).split('::');
    other.put('/etc/rancher/k3s/join-token', `${hash}::node:${'00'.repeat(32)}\n`, 0o600);
    expect(await other.k3s(config, /401 Unauthorized/)).toMatchObject({ code: -1 });
  });

  test('of a server is refused for an agent, whose flags are fewer', async () => {
    using device = await server();
    expect((await device.k3s(['agent'])).stderr).toMatch(/flag provided but not defined: -\S+ \(agent\)/);
  });
});

describe('the understudy of k3s refuses', () => {
  const cases: readonly (readonly [string, (device: K3sDevice) => unknown, string])[] = [
    ['an unknown key', (one) => one.put(setupFile, 'tls-sans:\n  - "a"\n'), 'not defined: -tls-sans'],
    ['a text for a list', (one) => one.put(setupFile, 'disable: "traefik"\n'), 'disable is a list'],
    ['a key that is there twice', (one) => one.put(setupFile, 'node-name: a\nnode-name: b\n'), 'twice'],
    ['a component that does not exist', (one) => one.put(setupFile, 'disable+:\n  - treafik\n'), 'treafik'],
    ['a secret in its configuration', (one) => one.put(setupFile, 'agent-token: abc\n'), 'file of its own'],
    [
      'a token that others can read',
      (one) => one.put('/etc/rancher/k3s/agent-token', '0123456789abcdef\n', 0o644),
      'not for root alone',
    ],
    [
      'a kernel without the memory controller',
      (one) => one.put('/sys/fs/cgroup/cgroup.controllers', 'cpuset cpu pids\n'),
      'failed to find memory cgroup',
    ],
    ['a network without a way out', (one) => one.put('/proc/net/route', 'Iface\n'), 'no default routes'],
    [
      'a list of images to fetch',
      (one) => one.put(`${data}/agent/images/a.txt`, pause),
      'nothing is fetched',
    ],
    [
      'an image without its whole name',
      (one) => archive(one, 'a.tar.zst', ociFiles('pause:3')),
      'whole name',
    ],
    [
      'an image with a layer that is not what it says',
      (one) => {
        const files = ociFiles(pause);
        archive(one, 'a.tar.zst', { ...files, [`blobs/sha256/${digestOf('layer')}`]: 'other' });
      },
      'has the digest',
    ],
    [
      'an image with a layer missing',
      (one) => {
        const { [`blobs/sha256/${digestOf('layer')}`]: _, ...rest } = ociFiles(pause);
        archive(one, 'a.tar.zst', rest);
      },
      'is missing',
    ],
    [
      'an archive with too large a window',
      (one) => archive(one, 'a.tar.zst', ociFiles(pause, 'x'.repeat(100)), ['--ultra', '--long=27', '-19']),
      'larger than 32 MiB',
    ],
  ];
  test.each(cases)('%s', async (_what, change, why) => {
    using device = await server();
    change(device);
    const { code, stderr } = await device.k3s(['server'], up);
    expect(stderr).toContain(why);
    expect(code).toBe(1);
  });

  test('a token in its environment and flags that it does not know', async () => {
    using device = await server();
    expect((await device.k3s(['server'], up, { K3S_TOKEN: 'x' })).stderr).toContain('in the environment');
    expect((await device.k3s(['server', '--disable', 'traefik'], up)).stderr).toContain(
      'flags are not known',
    );
  });
});

describe('the understudy of k3s', () => {
  test('imports an archive once if it may note that, and again at each start if not', async () => {
    for (const [cache, imports] of [
      [true, 1],
      [false, 2],
    ] as const) {
      using device = await server();
      if (cache) device.put(`${data}/agent/images/.cache.json`, '', 0o600);
      archive(device, '00-k3s-a.tar.zst', ociFiles(pause));
      const first = await device.k3s(['server'], up, { HEARTH_UNDERSTUDY_PORT: '0' });
      const second = await device.k3s(['server'], up, { HEARTH_UNDERSTUDY_PORT: '0' });
      const said = first.stderr + second.stderr;
      expect(said.match(/Imported images/g)).toHaveLength(imports);
    }
  });

  test('passes over other content under a known name whose time is not newer', async () => {
    using device = await server();
    device.put(`${data}/agent/images/.cache.json`, '', 0o600);
    const path = `${device.root}${archive(device, 'a.tar.zst', ociFiles(pause))}`;
    const long = new Date('2026-01-01');
    utimesSync(path, long, long);
    await device.k3s(['server'], up, { HEARTH_UNDERSTUDY_PORT: '0' });
    archive(device, 'a.tar.zst', ociFiles('docker.io/rancher/other:1', 'another layer'));
    utimesSync(path, long, long);
    await device.k3s(['server'], up, { HEARTH_UNDERSTUDY_PORT: '0' });
    expect((await device.k3s(['ctr', 'images', 'ls', '-q'])).stdout).toBe(`${pause}\n`);
  });

  test('reads the folder of manifests, and names what is wrong with a file', async () => {
    using device = await server();
    const good = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: mastodon\n';
    device.put(`${data}/server/manifests/00-namespace.yaml`, good);
    device.put(`${data}/server/manifests/10-tab.yaml`, good.replace('  name', '\tname'));
    device.put(`${data}/server/manifests/20-kind.yaml`, good.replace('kind: Namespace\n', ''));
    device.put(`${data}/server/manifests/30-off.yaml`, 'nonsense');
    device.put(`${data}/server/manifests/30-off.yaml.skip`, '');
    device.put(`${data}/server/manifests/more/00-namespace.yml`, good);
    await device.k3s(['server'], up);
    const addons = JSON.parse(device.get(`${data}/server/understudy-addons.json`)) as Record<string, unknown>;
    expect(addons).toEqual({
      '00-namespace': { error: 'two files are called 00-namespace' },
      '10-tab': { error: expect.stringContaining('a tab in YAML') },
      '20-kind': { error: expect.stringContaining('kind is missing') },
    });
  });

  test('works as kubectl under its name, and fails while no server runs', async () => {
    using device = await server();
    linkSync(`${device.root}/usr/local/bin/k3s`, `${device.root}/usr/local/bin/kubectl`);
    const kubectl = [`${device.root}/usr/local/bin/kubectl`, 'get', '--raw', '/readyz'];
    expect(await device.run(kubectl)).toMatchObject({ code: 1 });
    await device.k3s(['server'], up);
    expect(await device.run(kubectl)).toMatchObject({ code: 0, stdout: 'ok' });
    expect((await device.k3s(['--version'])).stdout).toMatch(
      /^k3s version v\d+\.\d+\.\d+\+k3s\d+ \(understudy\)\n$/,
    );
  });
});
