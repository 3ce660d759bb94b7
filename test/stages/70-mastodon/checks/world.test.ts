import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { httpCall, PublicFailure } from '../../../../stages/70-mastodon/setup/checks/http-call.ts';
import { realWorld } from '../../../../stages/70-mastodon/setup/checks/world.ts';

type Reply = { readonly status?: number; readonly date?: string; readonly body: string };

describe('a call', () => {
  test.each([
    [{ timeoutMs: 60 }, new AbortController().signal],
    [{}, AbortSignal.timeout(60)],
  ])('ends in time when nobody answers: %o', async (limit, signal) => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    onTestFinished(() => server.closeAllConnections());
    const { port } = server.address() as { port: number };
    const place = { addresses: ['127.0.0.1'], port, isPlain: true };
    await expect(httpCall('https://a.example/', { ...limit, signal }, place)).rejects.toMatchObject({
      reason: 'unreachable',
    });
  });
});

describe('the real world', () => {
  test('asks the resolver of the settings, and for each name only once', async () => {
    const { world, asked } = await withResolver(({ name, type }) =>
      type === 'A' && name === 'a.example'
        ? answer({ name, type: 5, data: 'b.example.' }, { name: 'b.example', type: 1, data: '192.0.2.7' })
        : answer(),
    );
    const results = await Promise.all([world.resolve('a.example', 'A'), world.resolve('a.example', 'A')]);
    expect(results).toEqual([['192.0.2.7'], ['192.0.2.7']]);
    expect(await world.connect('a.example')).toEqual({ addresses: ['192.0.2.7'], port: 443 });
    expect(asked).toEqual(['A a.example', 'AAAA a.example']);
  });

  test('puts the pieces of a text together', async () => {
    const { world } = await withResolver(() => answer({ type: 16, data: '"v=spf1 " "say \\"a\\""' }));
    expect(await world.resolve('a.example', 'TXT')).toEqual(['v=spf1 say "a"']);
  });

  test('tells a name that does not exist from a resolver that fails', async () => {
    const { world } = await withResolver(({ name }) => ({
      body: JSON.stringify({ Status: name === 'gone.example' ? 3 : 2 }),
    }));
    expect(await world.resolve('gone.example', 'A')).toEqual([]);
    await expect(world.connect('gone.example')).rejects.toMatchObject({ reason: 'no-name' });
    await expect(world.resolve('broken.example', 'A')).rejects.toThrow(PublicFailure);
    await expect(world.resolve('broken.example', 'A')).rejects.toMatchObject({ reason: 'no-resolver' });
  });

  test.each([{ status: 500, body: '{"Status":0}' }, { body: '<html>' }, { body: 'null' }])(
    'takes %o for no resolver',
    async (reply) => {
      const { world } = await withResolver(() => reply);
      await expect(world.resolve('a.example', 'A')).rejects.toMatchObject({ reason: 'no-resolver' });
    },
  );

  test.each([0, 120, -4_000])('notices a clock that is %i seconds ahead', async (seconds) => {
    const date = new Date(Date.now() - seconds * 1_000).toUTCString();
    const { world } = await withResolver(() => ({ date, ...answer() }));
    expect(Math.abs(((await world.clockAheadSeconds()) ?? 0) - seconds)).toBeLessThan(2);
  });

  test('does not guess the time when nobody tells', async () => {
    const world = realWorld({ read: () => JSON.stringify({ resolver: 'http://127.0.0.1:9/dns-query' }) });
    expect(await world.clockAheadSeconds()).toBeUndefined();
  });

  test('leads all names to the edge of the settings, in a test', async () => {
    const world = realWorld({ read: () => JSON.stringify({ edge: 'http://10.0.2.2:8080' }) });
    const place = { addresses: ['10.0.2.2'], port: 8080, isPlain: true };
    expect(await world.connect('a.example')).toEqual(place);
  });
});

function answer(...records: readonly object[]): Reply {
  return { body: JSON.stringify({ Status: 0, Answer: records }) };
}

async function withResolver(reply: (question: { name: string; type: string }) => Reply) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { searchParams, pathname } = new URL(request.url ?? '', 'http://host');
    const question = { name: searchParams.get('name') ?? '', type: searchParams.get('type') ?? '' };
    asked.push(`${question.type} ${question.name}`);
    const isRight = pathname === '/dns-query' && request.headers.accept === 'application/dns-json';
    const { status = 200, date, body } = isRight ? reply(question) : { status: 400, body: '' };
    response.writeHead(status, date === undefined ? {} : { date }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const settings = { resolver: `http://127.0.0.1:${port}/dns-query` };
  return { world: realWorld({ read: () => JSON.stringify(settings) }), asked };
}
