import { mkdtempSync, rmSync } from 'node:fs';
import { request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWebServer } from '../../../../stages/90-first-boot/agent/web/server.ts';
import { FakeDoor } from './fake-door.ts';
import { sampleRules } from './sample-topics.ts';
import { startFakeWeb } from './web-server.ts';

let folder: string;
let door: FakeDoor;
let server: Server;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hearth-web-'));
  door = new FakeDoor();
  server = createWebServer({
    ownNames: () => ({ hostname: 'hearth', addresses: new Set(), searchDomains: [] }),
    door,
    topics: sampleRules,
    report: () => {},
  });
  await new Promise<void>((resolve) => server.listen(join(folder, 'socket'), resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

/** The address that the keeper is told of a visitor who tries a code. */
async function toldAddress(headers: Readonly<Record<string, string | string[]>>): Promise<unknown> {
  await new Promise<void>((resolve, reject) => {
    const call = request(
      {
        socketPath: join(folder, 'socket'),
        method: 'POST',
        path: '/claim',
        headers: {
          host: 'hearth.local',
          origin: 'http://hearth.local',
          'content-type': 'application/x-www-form-urlencoded',
          ...headers,
        },
      },
      (response) => response.resume().once('end', resolve),
    );
    call.once('error', reject);
    call.end('code=AAAA');
  });
  return door.asked.find(({ name }) => name === 'claim')?.ask['address'];
}

describe('behind nginx, by a socket that only nginx may open', () => {
  it.each([
    ['192.168.1.7', '192.168.1.7'],
    ['::ffff:192.168.1.7', '192.168.1.7'],
    ['2001:db8::7', '2001:db8::7'],
  ])('the visitor is who nginx says: %s', async (named, told) => {
    expect(await toldAddress({ 'x-real-ip': named })).toBe(told);
  });

  it.each([
    ['nothing', {}],
    ['no address', { 'x-real-ip': 'somebody' }],
    ['two addresses', { 'x-real-ip': ['192.168.1.7', '192.168.1.8'] }],
  ])('a visitor of whom it says %s has none', async (_what, headers) => {
    expect(await toldAddress(headers)).toBe('');
  });
});

it('without nginx, nobody can say to be somebody else', async () => {
  await using web = await startFakeWeb();

  await web.ask({
    method: 'POST',
    path: '/claim',
    headers: { 'x-real-ip': '192.168.1.7' },
    body: 'code=AAAA',
  });

  expect(web.door.asked.find(({ name }) => name === 'claim')?.ask['address']).toBe('127.0.0.1');
});
