import { describe, expect, test } from 'vitest';
import { certificateState } from '../../../stages/60-k3s/setup/cluster-checks.ts';
import { setup } from '../../../stages/60-k3s/setup.ts';
import type { DoctorCheck, Values } from '../../../stages/90-first-boot/agent/setup/define.ts';
import type { FakeDevice } from '../20-system-setup/fake-device.ts';
import { certificate, validFromMs } from './certificate.ts';
import { data, envFile, makeDevice } from './cluster-device.ts';

describe('the doctor', () => {
  const checks = setup.checks ?? [];
  const look = async (id: string, device: FakeDevice) =>
    await (checks.find((check) => check.id === id) as DoctorCheck).run(device.look);

  test('is content with a device without apps', async () => {
    for (const { id } of checks) expect((await look(id, makeDevice())).state).toBe('good');
  });

  test.each([
    ['active', 'ok', 'good'],
    ['active', '[-]etcd failed', 'bad'],
    ['activating', '', 'warning'],
    ['failed', '', 'bad'],
  ])('calls a server that is %s and answers "%s" %s', async (unit, answer, expected) => {
    const device = makeDevice();
    device.put(envFile, `HEARTH_K3S_COMMAND=server\nHEARTH_K3S_DATA=${data}\n`);
    device.programs['systemctl'] = () => ({ stdout: `${unit}\n` });
    device.programs['systemd-run'] = (args) =>
      args.slice(-5).join(' ') === '/usr/local/bin/k3s kubectl get --raw /readyz'
        ? { stdout: answer }
        : undefined;
    expect((await look('k3s.service', device)).state).toBe(expected);
  });

  test('misses the memory controller', async () => {
    const device = makeDevice();
    device.put('/sys/fs/cgroup/cgroup.controllers', 'cpuset cpu\n');
    device.put(envFile, 'HEARTH_K3S_COMMAND=server\n');
    expect(await look('k3s.controllers', device)).toMatchObject({ state: 'bad' });
  });

  test.each([
    [1, 'good'],
    [330, 'warning'],
    [366, 'bad'],
    [-30, 'bad'],
  ])('judges certificates of one year after %i days as %s', (days, expected) => {
    const device = makeDevice();
    device.put(envFile, 'HEARTH_K3S_COMMAND=server\nHEARTH_K3S_DATA=/srv/ssd/hearth-k3s\n');
    device.put('/srv/ssd/hearth-k3s/server/tls/client-admin.crt', certificate);
    device.put('/srv/ssd/hearth-k3s/server/tls/client-admin.key', 'never read');
    expect(certificateState(device.look, validFromMs + days * 86_400_000).state).toBe(expected);
  });
});

describe('the status page', () => {
  const [link] = setup.links ?? [];
  const address = (values: Values) =>
    link?.address({ cluster: { state: 'answered', values } }, 'hearth') ?? undefined;

  test('tells how another device joins, if it may', () => {
    expect(address({ role: 'server', others: 'yes' })).toBe('hearth.local');
    expect(address({ role: 'server', others: 'no' })).toBeUndefined();
    expect(address({ role: 'agent', others: 'yes' })).toBeUndefined();
    expect(link?.address({ cluster: { state: 'skipped' } }, 'hearth')).toBeUndefined();
  });

  test('has the token for it from the folder that was chosen, once k3s has made it', () => {
    const device = makeDevice();
    device.put('/var/lib/hearth/k3s.json', JSON.stringify({ dataFolder: '/srv/ssd/hearth-k3s' }));
    expect(link?.secret?.read(device.look)).toBeUndefined();
    device.put('/srv/ssd/hearth-k3s/server/agent-token', 'K10abc::node:def\n');
    expect(link?.secret?.read(device.look)).toBe('K10abc::node:def');
  });
});
