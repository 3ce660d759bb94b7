import { describe, expect, it } from 'vitest';
import { downloadAll } from '../../../builder/host/download.ts';
import { listen } from '../../helpers/mirror-listen.ts';
import {
  bytes,
  cut,
  direct,
  fast,
  fetchOne,
  hangUpAfter,
  ranged,
  type Step,
  serve,
  startOf,
  status,
  steps,
  wanted,
  whole,
} from '../../helpers/mirror-steps.ts';

describe('further tries', () => {
  it.each([408, 429, 500, 503])('tries again after %i', async (code) => {
    const content = bytes(100);
    const { url, requests } = await serve(steps(status(code), status(code), whole(content)));

    expect(await fetchOne([url], content)).toBeUndefined();
    expect(requests).toHaveLength(3);
  });

  it('gives up after four tries', async () => {
    const { url, requests } = await serve(status(503));

    expect(await fetchOne([url], bytes(1))).toMatchObject({
      isGone: false,
      reasons: [`${url}: 503 Service Unavailable (4 tries)`],
    });
    expect(requests).toHaveLength(4);
  });

  it('waits longer before each try', async () => {
    const times: number[] = [];
    const { url } = await serve((_request, response) => {
      times.push(performance.now());
      response.writeHead(503).end();
    });

    await fetchOne([url], bytes(1), { ...fast, retryDelayMs: 40 });

    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(waits[0]).toBeGreaterThanOrEqual(38);
    expect(waits[1]).toBeGreaterThanOrEqual(78);
    expect(waits[2]).toBeGreaterThanOrEqual(158);
  });

  it('waits as long as the server asks', async () => {
    const content = bytes(10);
    const { url } = await serve(steps(status(429, { 'retry-after': '1' }), whole(content)));
    const start = performance.now();

    expect(await fetchOne([url], content)).toBeUndefined();
    expect(performance.now() - start).toBeGreaterThanOrEqual(990);
  });

  it('tries a refused connection again, and asks the same host only once for the next files', async () => {
    const { url } = await serve(status(200));
    const gone = await listen(status(200));
    await gone[Symbol.asyncDispose]();
    const downloads = [
      await wanted([`${gone.url}/1`, `${url}/1`], bytes(0)),
      await wanted([`${gone.url}/2`], bytes(1)),
      await wanted([`${gone.url}/3`], bytes(1)),
    ];

    const failures = await downloadAll(downloads, { ...fast, parallel: 1 });

    expect(failures.map(({ reasons }) => reasons)).toEqual([
      [`${gone.url}/2: connection refused`],
      [`${gone.url}/3: connection refused`],
    ]);
    expect((await fetchOne([gone.url], bytes(1)))?.reasons).toEqual([
      `${gone.url}: connection refused (4 tries)`,
    ]);
  });

  it('tries again when the server hangs up without an answer', async () => {
    const content = bytes(10);
    const { url } = await serve(steps((request) => request.socket.destroy(), whole(content)));

    expect(await fetchOne([url], content)).toBeUndefined();
  });

  it('takes a connection without a byte for cut, after the time that apt would wait', async () => {
    const content = bytes(50_000);
    const { url, headers } = await serve(
      steps(
        (_request, response) => {
          response.writeHead(200, { 'content-length': content.length, etag: '"1"' });
          response.write(content.subarray(0, 20_000));
        },
        ranged(content, '"1"'),
      ),
    );
    const start = performance.now();

    expect(
      await fetchOne([url], content, {
        ...fast,
        aptOptions: [...direct, 'Acquire::http::Timeout "1";'],
      }),
    ).toBeUndefined();
    expect(performance.now() - start).toBeGreaterThan(900);
    expect(headers[1]?.range).toBe('bytes=20000-');
  });
});

describe('a cut body', () => {
  const content = bytes(300_000);
  const aRange = expect.stringMatching(/^bytes=[1-9]\d*-$/);

  it('goes on where it ended, with the same version only', async () => {
    const { url, headers } = await serve(steps(cut(content, 100_000, '"v1"'), ranged(content, '"v1"')));

    expect(await fetchOne([url], content)).toBeUndefined();
    expect(headers[1]).toMatchObject({ range: aRange, 'if-range': '"v1"' });
    expect(headers).toHaveLength(2);
  });

  it('goes on several times', async () => {
    const { url, headers } = await serve(
      steps(
        cut(content, 100_000, '"v1"'),
        (request, response) => {
          const start = startOf(request);
          response.writeHead(206, { 'content-range': `bytes ${start}-299999/300000`, etag: '"v1"' });
          hangUpAfter(response, content.subarray(start, start + 50_000));
        },
        ranged(content, '"v1"'),
      ),
    );

    expect(await fetchOne([url], content)).toBeUndefined();
    expect(headers.map(({ range }) => range)).toEqual([undefined, aRange, aRange]);
    expect(headers[2]?.range).not.toBe(headers[1]?.range);
  });

  it('begins anew where the server knows no ranges', async () => {
    const { url, headers } = await serve(steps(cut(content, 100_000), whole(content)));

    expect(await fetchOne([url], content)).toBeUndefined();
    expect(headers[1]?.range).toEqual(aRange);
    expect(headers).toHaveLength(2);
  });

  it.each<[string, Step]>([
    [
      'another version',
      (request, response) => {
        response.writeHead(206, { 'content-range': `bytes ${startOf(request)}-299999/300000`, etag: '"v2"' });
        // Never ends: it is not worth reading.
        response.flushHeaders();
      },
    ],
    [
      'another part',
      (_request, response) => {
        response.writeHead(206, { 'content-range': 'bytes 0-299999/300000', etag: '"v1"' });
        response.flushHeaders();
      },
    ],
    [
      'a part of a longer file',
      (request, response) => {
        response.writeHead(206, { 'content-range': `bytes ${startOf(request)}-399999/400000` });
        response.flushHeaders();
      },
    ],
    ['416', status(416)],
  ])('begins anew when it is answered with %s', async (_what, answer) => {
    const { url, headers } = await serve(steps(cut(content, 100_000, '"v1"'), answer, whole(content)));

    expect(await fetchOne([url], content)).toBeUndefined();
    expect(headers.map(({ range }) => range)).toEqual([undefined, aRange, undefined]);
  });

  it('uses the date where the ETag is weak', async () => {
    const { url, headers } = await serve(
      steps((_request, response) => {
        response.writeHead(200, {
          'content-length': content.length,
          etag: 'W/"v1"',
          'last-modified': 'Sat, 01 Aug 2026 10:00:00 GMT',
        });
        hangUpAfter(response, content.subarray(0, 1000));
      }, ranged(content)),
    );

    expect(await fetchOne([url], content)).toBeUndefined();
    expect(headers[1]?.['if-range']).toBe('Sat, 01 Aug 2026 10:00:00 GMT');
  });

  it('is fetched whole, past caches, when the joined parts have the wrong SHA-256', async () => {
    const { url, headers } = await serve(
      steps(cut(bytes(300_000, 3), 100_000), ranged(content), whole(content)),
    );

    expect(await fetchOne([url], content)).toBeUndefined();
    expect(headers[2]?.range).toBeUndefined();
    expect(headers[2]?.['cache-control']).toBe('no-cache');
  });

  it('is a failure when it is always cut at the same place', async () => {
    const { url } = await serve((request, response) => {
      if (request.headers.range) response.writeHead(503).end();
      else cut(content, 100_000)(request, response);
    });

    const failure = await fetchOne([url], content);

    expect(failure?.reasons).toEqual([`${url}: 503 Service Unavailable (4 tries)`]);
  });

  it('is told in words', async () => {
    const { url } = await serve(cut(content, 150_000));

    expect((await fetchOne([url], content))?.reasons[0]).toMatch(
      /^http:.*: the body ended after [\d.]+ KiB of 293 KiB \(4 tries\)$/,
    );
  });
});
