import { describe, expect, test } from 'vitest';
import { makeStartStep } from '../../../stages/60-k3s/setup/start-step.ts';
import type { Values } from '../../../stages/90-first-boot/agent/setup/define.ts';
import type { FakeDevice } from '../20-system-setup/fake-device.ts';
import { makeDevice } from './cluster-device.ts';

const start = makeStartStep({ limitMs: 60_000, pauseMs: 1 });
const impatient = makeStartStep({ limitMs: 20, pauseMs: 1 });
const server: Values = { role: 'server' };
const agent: Values = { role: 'agent', address: 'hearth.local', token: 'K10' };
describe('starting k3s', () => {
  const states = (device: FakeDevice, ...all: readonly string[]) => {
    const left = [...all];
    const others = device.programs['systemctl'];
    device.programs['systemctl'] = (args, input) => {
      if (args[0] !== 'show') return others?.(args, input);
      return { stdout: (left.length > 1 ? left.shift() : left[0]) ?? '' };
    };
  };
  const state = (active: string, condition = 'yes', result = 'success', job = '') =>
    `Job=${job}\nActiveState=${active}\nConditionResult=${condition}\nResult=${result}\n`;

  test('waits until the server says that it is ready', async () => {
    const device = makeDevice();
    states(device, state('inactive', 'no', 'success', '417'), state('activating'), state('active'));
    let asked = 0;
    device.programs['/usr/local/bin/k3s'] = (args) => {
      if (args.join(' ') !== 'kubectl get --raw /readyz') return undefined;
      asked++;
      return asked < 3 ? { exitCode: 1, stderr: 'refused' } : { stdout: 'ok' };
    };
    device.programs['journalctl'] = () => ({ stdout: '' });
    await device.run(start, { cluster: server });
    expect(asked).toBe(3);
  });

  test.each([
    ['no', 'success'],
    ['yes', 'exec-condition'],
  ])('fails at once when systemd passed over it (condition %s, result %s)', async (condition, result) => {
    const device = makeDevice();
    states(device, state('inactive', condition, result));
    await expect(device.run(start, { cluster: server })).rejects.toThrow('container images are missing');
  });

  test.each([
    ['level=fatal msg="token CA hash does not match the Cluster CA certificate hash"', 'another device'],
    ['server is not ready: 401 Unauthorized', 'does not accept the token'],
    ['Node password rejected, duplicate hostname', 'of this name already'],
  ])('tells what keeps an agent out: %s', async (words, why) => {
    const device = makeDevice();
    states(device, state('activating'));
    device.programs['journalctl'] = () => ({ stdout: words });
    await expect(device.run(start, { cluster: agent })).rejects.toThrow(why);
  });

  test('gives up after its time, and says so when the network is the reason', async () => {
    const device = makeDevice();
    states(device, state('activating'));
    device.programs['journalctl'] = () => ({ stdout: 'no default routes found in "/proc/net/route"' });
    await expect(device.run(impatient, { cluster: server })).rejects.toThrow('a network with a router');
    device.programs['journalctl'] = () => ({ stdout: '' });
    await expect(device.run(impatient, { cluster: server })).rejects.toThrow('after 15 minutes');
  });
});
