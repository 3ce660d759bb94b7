import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  openValkey,
  ValkeyError,
  ValkeyFailure,
  withValkey,
} from '../../../../stages/70-mastodon/setup/sidekiq/valkey.ts';
import { valkeyServer } from './valkey-server.ts';

const password = 'größe $5\r\n';

describe('the client of Valkey', () => {
  test('signs in and reads texts, numbers, lists and nothing', async () => {
    const { port } = await valkeyServer(password, {
      sets: { queues: ['default', 'schön\r\nzwei'] },
      lists: { 'queue:push': ['b', 'a'] },
      texts: { here: '' },
    });
    const valkey = await openValkey({ port, password });
    onTestFinished(valkey.close);

    expect(
      await Promise.all([
        valkey.ask('SMEMBERS', 'queues'),
        valkey.ask('LLEN', 'queue:push'),
        valkey.ask('GET', 'gone'),
        valkey.ask('GET', 'here'),
        valkey.ask('SMEMBERS', 'gone'),
      ]),
    ).toEqual([['default', 'schön\r\nzwei'], 2, null, '', []]);
  });

  test.each([1, 2, 7])('understands answers that come in pieces of %i bytes', async (splitAt) => {
    const { port } = await valkeyServer(password, { sets: { queues: ['eins', 'zwei'] } }, splitAt);
    const reply = await withValkey({ port, password }, ({ ask }) => ask('SMEMBERS', 'queues'));
    expect(reply).toEqual(['eins', 'zwei']);
  });

  test('tells an error of Valkey apart and goes on', async () => {
    const { port } = await valkeyServer(password, {});
    await withValkey({ port, password }, async ({ ask }) => {
      await expect(ask('FLUSHALL')).rejects.toThrow(ValkeyError);
      expect(await ask('LLEN', 'queue:push')).toBe(0);
    });
  });

  test('tells a refused password, and never what it was', async () => {
    const { port } = await valkeyServer('other', {});
    const failure: unknown = await openValkey({ port, password }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'ValkeyFailure', reason: 'refused' });
    expect(String(failure)).not.toContain('größe');
  });

  test('tells a closed port', async () => {
    const port = await rawServer(() => {}, true);
    expect(await reasonOf(port)).toBe('unreachable');
  });

  test('tells a server that is silent, in time', async () => {
    const port = await rawServer(() => {});
    expect(await reasonOf(port, 100)).toBe('unreachable');
  });

  test('tells a server that closes the connection', async () => {
    const port = await rawServer((socket) => socket.end());
    expect(await reasonOf(port)).toBe('unreachable');
  });

  test.each(['HTTP/1.1 400 Bad Request\r\n\r\n', ':1x\r\n', '$3\r\nabcdef\r\n'])(
    'tells a stranger who says %j',
    async (words) => {
      const port = await rawServer((socket) => socket.write(words));
      expect(await reasonOf(port)).toBe('stranger');
    },
  );

  test('trusts no server that says more than it was asked', async () => {
    const port = await rawServer((socket) => socket.write('+OK\r\n+more\r\n'));
    const valkey = await openValkey({ port, password });
    await expect(valkey.ask('PING')).rejects.toMatchObject({ reason: 'stranger' });
  });

  test('asks nothing more over a connection that is closed', async () => {
    const { port } = await valkeyServer(password, {});
    const valkey = await openValkey({ port, password });
    valkey.close();
    await expect(valkey.ask('PING')).rejects.toThrow(ValkeyFailure);
  });
});

async function reasonOf(port: number, timeoutMs = 5_000): Promise<string | undefined> {
  const failure: unknown = await openValkey({ port, password, timeoutMs }).catch((error: unknown) => error);
  return failure instanceof ValkeyFailure ? failure.reason : undefined;
}

async function rawServer(
  greet: (socket: { write: (text: string) => unknown; end: () => unknown }) => unknown,
  isClosed = false,
): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => greet(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  if (isClosed) await new Promise((resolve) => server.close(resolve));
  else onTestFinished(() => void server.close());
  return port;
}
