import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectDoor } from '../../../../stages/90-first-boot/agent/door/client.ts';

let folder: string;
let socketPath: string;
let server: Server | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hearth-door-'));
  socketPath = join(folder, 'keeper.sock');
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function answerWith(listener: RequestListener): Promise<void> {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((resolve) => started.listen(socketPath, resolve));
}

const token = 'A'.repeat(43);

describe('connectDoor', () => {
  it('sends the call as JSON and gives the answer', async () => {
    let seen = '';
    await answerWith(async (request, response) => {
      for await (const part of request) seen += String(part);
      seen = `${request.method} ${request.url} ${request.headers['content-type']} ${seen}`;
      response.end('{"problems":[]}');
    });

    expect(await connectDoor(socketPath).call('skip', { token, topic: 'wifi' })).toEqual({ problems: [] });
    expect(seen).toBe(`POST /skip application/json {"token":"${token}","topic":"wifi"}`);
  });

  it.each([
    [400, 'bad'],
    [401, 'session'],
    [409, 'phase'],
    [413, 'bad'],
    [500, 'unreachable'],
    [302, 'unreachable'],
  ])('turns status %i into the reason %s', async (status, reason) => {
    await answerWith((_request, response) => response.writeHead(status).end('{}'));
    const door = connectDoor(socketPath);

    await expect(door.call('hello', {})).rejects.toMatchObject({ name: 'DoorRefusal', reason });
    await expect(door.bundle(token)).rejects.toMatchObject({ reason });
    await expect(async () => {
      for await (const _event of door.events(token, 0));
    }).rejects.toMatchObject({ reason });
  });

  it('says so when nobody is there', async () => {
    await expect(connectDoor(socketPath).call('hello', {})).rejects.toMatchObject({ reason: 'unreachable' });
  });

  it.each([
    ['no JSON', '<html>'],
    ['half an answer', undefined],
  ])('says so when there is %s', async (_what, body) => {
    await answerWith((_request, response) => {
      if (body !== undefined) return void response.end(body);
      response.writeHead(200, { 'Content-Length': 100 });
      response.write('{"problems"', () => response.destroy());
    });

    await expect(connectDoor(socketPath).call('retry', { token })).rejects.toMatchObject({
      reason: 'unreachable',
    });
  });

  it('gives events as they come, cut anywhere, and leaves out the signs of life', async () => {
    await answerWith((_request, response) => {
      response.write('{"id":1,"type":"goOn"}\n{}\n{"id":2,');
      setTimeout(() => response.end('"type":"runFinished","ä":"ö"}\n'), 20);
    });
    const ids: number[] = [];
    for await (const event of connectDoor(socketPath).events(token, 0)) ids.push(event.id);

    expect(ids).toEqual([1, 2]);
  });

  it('lets go of the stream when its reader does, or when it is told to', async () => {
    let open = 0;
    await answerWith((_request, response) => {
      open += 1;
      response.on('close', () => (open -= 1));
      response.write('{"id":1,"type":"goOn"}\n');
    });
    const door = connectDoor(socketPath);
    for await (const _event of door.events(token, 0)) break;
    const end = new AbortController();
    for await (const _event of door.events(token, 0, end.signal)) end.abort();

    await expect.poll(() => open).toBe(0);
  });

  it('gives the bundle as bytes', async () => {
    await answerWith((_request, response) => response.end(Buffer.from([0x1f, 0x8b, 0xff])));
    const parts: Buffer[] = [];
    for await (const part of await connectDoor(socketPath).bundle(token)) parts.push(part as Buffer);

    expect(Buffer.concat(parts)).toEqual(Buffer.from([0x1f, 0x8b, 0xff]));
  });
});
