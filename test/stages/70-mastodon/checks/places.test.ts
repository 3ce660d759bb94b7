import { rmSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startObjectStore } from '../../../understudies/object-store.ts';
import type { StoreRight } from '../../../understudies/object-store-state.ts';
import { scenery } from './checks-device.ts';
import { web } from './fake-mastodon.ts';

describe('the check of the tunnel', () => {
  const id = 'mastodon.tunnel';
  const front = { hostname: web, service: 'http://localhost:80' };
  const rest = { service: 'http_status:404' };
  const toWeb = { hostname: web, service: 'http://10.43.0.30:3000' };
  const toStream = { hostname: web, path: '^/api/v1/streaming', service: 'http://10.43.0.40:4000' };

  test('is content without a tunnel', async () => {
    expect(await (await scenery()).look(id)).toMatchObject({ state: 'good' });
  });

  test.each([[[front, rest]], [[{ ...front, hostname: '*.example.org' }, rest]], [[toStream, toWeb, rest]]])(
    'is content with the rules %j',
    async (ingress) => {
      expect(await lookAt(4, ingress)).toMatchObject({ state: 'good' });
    },
  );

  test.each([
    [0, [front, rest], 'bad', 'no connection'],
    [1, [front, rest], 'warning', 'only one connection'],
    [4, [rest], 'bad', 'does not lead visitors'],
    [4, [{ ...front, service: 'http://localhost:8080' }, rest], 'bad', 'to http://localhost:8080'],
    [4, [toWeb, toStream, rest], 'bad', 'past the program'],
    [4, [toWeb, rest], 'bad', 'past the program'],
    [4, [{ ...front, originRequest: { httpHostHeader: 'localhost' } }, rest], 'bad', 'Host Header'],
  ])('with %i connections and the rules %j is %s', async (connections, ingress, state, words) => {
    expect(await lookAt(connections, ingress)).toMatchObject({ state, says: expect.stringContaining(words) });
  });

  test('tells that it does not run', async () => {
    const { device, look } = await scenery();
    device.put('/var/lib/hearth/tunnel/token', 'x\n');
    device.put('/usr/lib/hearth/cloudflared.json', JSON.stringify({ metrics: '127.0.0.1:9' }));
    expect(await look(id)).toMatchObject({ state: 'bad', says: 'The tunnel does not run.' });
  });

  async function lookAt(connections: number, ingress: readonly object[]) {
    const { device, look } = await scenery();
    const answers: Readonly<Record<string, object>> = {
      '/ready': { status: connections > 0 ? 200 : 503, readyConnections: connections },
      '/config': { version: 1, config: { ingress } },
    };
    const server = createHttp(({ url = '' }, response) => {
      const answer = answers[url];
      response.writeHead(url === '/ready' && connections === 0 ? 503 : 200);
      response.end(answer === undefined ? '' : JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    device.put('/var/lib/hearth/tunnel/token', 'x\n');
    device.put('/usr/lib/hearth/cloudflared.json', JSON.stringify({ metrics: `127.0.0.1:${port}` }));
    return await look(id);
  }
});

describe('the check of pictures and videos', () => {
  const id = 'mastodon.media';
  const host = 'files.example.org';

  test('has nothing to do with local ones', async () => {
    expect(await (await scenery()).look(id)).toMatchObject({ state: 'good' });
  });

  test('puts, sees and deletes, and leaves nothing behind', async () => {
    const { look, bucket, store } = await withStore();
    expect(await look(id)).toMatchObject({ state: 'good' });
    expect(bucket.objects.size).toBe(0);
    expect(store.mistakes).toEqual([]);
    expect(store.calls.length).toBeGreaterThanOrEqual(3);
  });

  test('misses the permission for the pages (CORS), and has the rule for it', async () => {
    const { look, bucket } = await withStore({ corsOrigins: [] });
    const { state, says, todo } = await look(id);
    expect([state, says]).toEqual(['bad', expect.stringContaining('can not show them')]);
    expect(JSON.parse(todo.slice(todo.indexOf('[')))).toMatchObject([
      { AllowedOrigins: [`https://${web}`], AllowedMethods: ['GET', 'HEAD'] },
    ]);
    expect(bucket.objects.size).toBe(0);
  });

  test('notices a public name that leads elsewhere', async () => {
    const { look, bucket } = await withStore({ publicHost: 'other.example.org' });
    expect((await look(id)).says).toContain('can not show them');
    expect(bucket.objects.size).toBe(0);
  });

  test('notices a name that leads nowhere', async () => {
    const { look, internet } = await withStore();
    delete internet.places[host];
    expect((await look(id)).todo).toContain(`${host} leads nowhere`);
  });

  test.each([
    ['accessKey', 'can not be stored'],
    ['bucket', 'can not be stored'],
  ])('notices a wrong %s', async (field, words) => {
    const { look } = await withStore({}, { [field]: 'another' });
    expect(await look(id)).toMatchObject({ state: 'bad', says: expect.stringContaining(words) });
  });

  test('notices keys that may not delete', async () => {
    const { look } = await withStore({}, {}, ['read', 'write']);
    expect(await look(id)).toMatchObject({ state: 'warning', says: expect.stringContaining('not deleted') });
  });

  async function withStore(
    traits: object = {},
    wrong: object = {},
    rights: readonly StoreRight[] = ['read', 'write', 'delete', 'list'],
  ) {
    const store = await startObjectStore();
    onTestFinished(store.close);
    const bucket = store.addBucket('media', { publicHost: host, corsOrigins: [`https://${web}`], ...traits });
    store.addKey('AKIAKEY', { secretKey: 'secret', buckets: ['media'], rights });
    const scene = await scenery({
      media: {
        where: 'bucket',
        endpoint: store.endpoint,
        region: 'auto',
        bucket: 'media',
        accessKey: 'AKIAKEY',
        secretKey: 'secret',
        publicHost: host,
        ...wrong,
      },
    });
    scene.internet.places[host] = Number(new URL(store.endpoint).port);
    return { ...scene, store, bucket };
  }
});

describe('the check of the clock', () => {
  const id = 'mastodon.clock';

  test.each([
    [0.4, 'good', 'is right'],
    [-29, 'good', 'is right'],
    [31, 'bad', '31 seconds fast'],
    [-4_000, 'bad', '4000 seconds slow'],
    [undefined, 'good', 'is right'],
  ])('judges a clock that is %s seconds ahead as %s', async (ahead, state, words) => {
    const { look, internet } = await scenery();
    internet.aheadSeconds = ahead;
    expect(await look(id)).toMatchObject({ state, says: expect.stringContaining(words) });
  });

  test('warns of a clock that nobody has set', async () => {
    const { look, device } = await scenery();
    rmSync(device.look.path('/run/systemd/timesync/synchronized'));
    expect(await look(id)).toMatchObject({
      state: 'warning',
      says: expect.stringContaining('has not been set'),
    });
  });
});
