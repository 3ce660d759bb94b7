import { MockAgent } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askFor, type DownloadSession } from '../../../builder/host/download-request.ts';
import { openTextFetcher, type TextFetcherOptions } from '../../../builder/host/fetch-text.ts';
import { bytes, cut, direct, serve, status, steps, whole } from '../../helpers/mirror-steps.ts';

function open(options: TextFetcherOptions = {}) {
  const fetcher = openTextFetcher({ aptOptions: direct, retryDelayMs: 1, ...options });
  onTestFinished(async () => await fetcher.close());
  return fetcher;
}

describe('openTextFetcher', () => {
  it('fetches a text and its headers', async () => {
    const { url, headers } = await serve((_request, response) =>
      response.writeHead(200, { 'x-digest': 'abc' }).end('text'),
    );
    const answer = await open().fetch({ url, headers: { accept: 'text/x' } });

    if (!('bytes' in answer)) throw new Error(answer.reason);
    expect(answer.bytes.toString()).toBe('text');
    expect(answer.header('x-digest')).toBe('abc');
    expect(answer.header('x-other')).toBeUndefined();
    expect(headers[0]).toMatchObject({ accept: 'text/x' });
  });

  it('tries again when the server is ill or the body is cut', async () => {
    const content = bytes(100);
    const { url, requests } = await serve(steps(status(503), cut(content, 10), whole(content)));
    const answer = await open().fetch({ url });

    if (!('bytes' in answer)) throw new Error(answer.reason);
    expect(answer.bytes.equals(content)).toBe(true);
    expect(requests).toHaveLength(3);
  });

  it.each([
    ['announced', whole(bytes(101))],
    [
      'not announced',
      (_: unknown, response: { write(part: Buffer): void; end(): void }) => {
        response.write(bytes(60));
        response.write(bytes(60));
        response.end();
      },
    ],
  ])('refuses a text that is longer than allowed: %s', async (_name, step) => {
    const { url, requests } = await serve(step);

    expect(await open().fetch({ url, maxBytes: 100 })).toEqual({
      reason: `${url}: longer than 100 bytes: it can not be what was asked for`,
    });
    expect(requests).toHaveLength(1);
  });

  it('does not wait for ever for a body that drips', async () => {
    const { url } = await serve((request, response) => {
      response.write('a');
      const timer = setInterval(() => response.write('a'), 10);
      request.on('close', () => clearInterval(timer));
    });

    expect(await open({ timeoutMs: 150 }).fetch({ url })).toEqual({
      reason: `${url}: not complete after 0.15 seconds`,
    });
  });

  it('ends at once when it is aborted', async () => {
    const { url } = await serve(() => {});
    const controller = new AbortController();
    const fetching = open({ signal: controller.signal }).fetch({ url });
    controller.abort(new Error('enough'));

    await expect(fetching).rejects.toThrow('enough');
  });

  it('tells what the server wants for an answer', async () => {
    const { url } = await serve(status(401, { 'www-authenticate': 'Bearer realm="x"' }));

    expect(await open().fetch({ url })).toEqual({
      ...{ reason: `${url}: 401 Unauthorized`, status: 401, challenge: 'Bearer realm="x"' },
    });
  });

  it('shows no password', async () => {
    const { url } = await serve(status(404));
    const answer = await open().fetch({ url: url.replace('//', '//me:secret@') });

    expect(answer).toEqual({ reason: `${url}: 404 Not Found`, status: 404 });
  });

  it('takes a token along to the same server only', async () => {
    const other = await serve(whole(bytes(3)));
    const { url, headers } = await serve(
      steps(status(302, { location: '/again' }), status(302, { location: other.url })),
    );
    await open().fetch({ url, headers: { authorization: 'Bearer token', accept: 'x' } });

    expect(headers.map(({ authorization }) => authorization)).toEqual(['Bearer token', 'Bearer token']);
    expect(other.headers).toMatchObject([{ accept: 'x' }]);
    expect(other.headers[0]).not.toHaveProperty('authorization');
  });
});

describe('a redirect from https to http', () => {
  async function ask(staysEncrypted: boolean) {
    const agent = new MockAgent();
    agent.disableNetConnect();
    onTestFinished(async () => await agent.close());
    const headers = { location: 'http://b.example/x' };
    agent.get('https://a.example').intercept({ path: '/x' }).reply(302, '', { headers });
    agent.get('http://b.example').intercept({ path: '/x' }).reply(200, 'text');
    const session: DownloadSession = {
      routes: { dispatcherFor: async () => agent, silenceLimitMs: () => 1000, close: async () => {} },
      ...{ signal: new AbortController().signal, retryDelayMs: 1, silentOrigins: new Set(), staysEncrypted },
    };
    return await askFor(new URL('https://a.example/x'), {}, session);
  }

  it('is refused for texts that nothing else vouches for', async () => {
    expect(await ask(true)).toMatchObject({ reason: 'it redirects to an address that begins with http:' });
  });

  it('is followed for files whose digest is known', async () => {
    expect(await ask(false)).toMatchObject({ status: 200 });
  });
});
