import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { makeMastodonService } from '../../../../stages/70-mastodon/setup/service-state.ts';
import { makeStartStep } from '../../../../stages/70-mastodon/setup/steps/start-step.ts';
import type { FakeDevice } from '../../20-system-setup/fake-device.ts';
import { healthyKeys, processHash } from '../sidekiq/sidekiq-keys.ts';
import { valkeyServer } from '../sidekiq/valkey-server.ts';
import { answers, makeDevice, times } from './mastodon-device.ts';

const start = makeStartStep(times);

test('is not shown on a device without Mastodon', async () => {
  const { device } = makeDevice();
  expect(await (await serviceFor(device, 200)).look(device.look)).toBeUndefined();
});

test('runs when its pages, its stream and all its queues are served', async () => {
  const { device } = makeDevice();
  await device.run(start, answers);
  expect(await (await serviceFor(device, 200)).look(device.look)).toBe('running');
});

test.each([
  ['the pages do not answer', 503, undefined],
  ['nobody works on a queue', 200, ['default']],
])('starts, or has failed a quarter of an hour after the start, when %s', async (_why, status, queues) => {
  const { device } = makeDevice();
  await device.run(start, answers);
  const service = await serviceFor(device, status, queues);
  device.put('/proc/uptime', '120.50 400.00\n');
  const early = await service.look(device.look);
  device.put('/proc/uptime', '901.00 3000.00\n');

  expect([early, await service.look(device.look)]).toEqual(['starting', 'failed']);
});

async function serviceFor(device: FakeDevice, status: number, queues?: readonly string[]) {
  const keys = healthyKeys(Date.now());
  const hashes =
    queues === undefined ? keys.hashes : { 'sidekiq-all:1:abc': processHash(queues, 3, Date.now()) };
  const valkey = await valkeyServer('canary-valkey', {
    ...keys,
    ...(hashes === undefined ? {} : { hashes }),
  });
  const data = JSON.parse(device.get('/var/lib/hearth/data.json') ?? '{}');
  const services = { ...data, valkey: { port: valkey.port, password: 'canary-valkey' } };
  device.put('/var/lib/hearth/data.json', JSON.stringify(services), 0o600);
  const server = createServer((_request, response) => response.writeHead(status).end('OK'));
  await listening(server);
  onTestFinished(() => void server.close());
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return makeMastodonService({
    web: `${origin}/health`,
    streaming: `${origin}/api/v1/streaming/health`,
    valkeyHost: '127.0.0.1',
  });
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}
