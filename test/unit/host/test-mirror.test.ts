import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fileTree } from '../../helpers/file-tree.ts';
import { type Fault, TestMirror } from '../../helpers/mirror.ts';
import { bytes, direct, fast, fetchOne, type Step, serve, whole } from '../../helpers/mirror-steps.ts';

const content = bytes(100_000);
const deb = 'pool/main/o/openssl/openssl_3.5.1-1_arm64.deb';
const release = 'dists/trixie/InRelease';

describe('TestMirror', () => {
  it('passes through, each archive to its own, and asks for packages only once', async () => {
    const { mirror, upstream } = await start();

    for (let round = 0; round < 2; round++) {
      expect((await get(`${mirror.url}/${deb}`)).body).toEqual(content.length);
      expect((await get(`${mirror.securityUrl}/${deb}`)).body).toEqual(content.length);
    }

    expect(upstream.requests).toEqual([`GET /main/${deb}`, `GET /security/${deb}`]);
    expect(mirror.requests).toHaveLength(4);
    expect(mirror.requests[0]).toBe(`GET /debian/${deb}`);
  });

  it('fetches a file once for several requests at the same time', async () => {
    const { mirror, upstream } = await start();

    await Promise.all(Array.from({ length: 8 }, async () => await get(`${mirror.url}/${release}`)));

    expect(upstream.requests).toHaveLength(1);
  });

  it('keeps metadata for a day, and longer when there is no network', async () => {
    let isUp = true;
    const { mirror, upstream, folder } = await start((request, response) => {
      if (isUp) whole(content)(request, response);
      else request.socket.destroy();
    });
    await get(`${mirror.url}/${release}`);
    await get(`${mirror.url}/${release}`);
    expect(upstream.requests).toHaveLength(1);

    await makeOlder(folder);
    isUp = false;
    expect((await get(`${mirror.url}/${release}`)).status).toBe(200);
    isUp = true;
    expect((await get(`${mirror.url}/${release}`)).status).toBe(200);

    expect(upstream.requests).toHaveLength(3);
    await get(`${mirror.url}/${release}`);
    expect(upstream.requests).toHaveLength(3);
  });

  it('passes a 404 on, and does not keep it', async () => {
    let isThere = false;
    const { mirror } = await start((request, response) => {
      if (isThere) whole(content)(request, response);
      else response.writeHead(404).end();
    });
    expect((await get(`${mirror.url}/${deb}`)).status).toBe(404);
    isThere = true;
    expect((await get(`${mirror.url}/${deb}`)).status).toBe(200);
  });

  it('knows HEAD, ranges and conditions', async () => {
    const { mirror } = await start();
    const url = `${mirror.url}/${deb}`;
    const head = await get(url, {}, 'HEAD');
    const etag = head.headers.get('etag') ?? '';
    const modified = head.headers.get('last-modified') ?? '';

    expect(head).toMatchObject({ status: 200, body: 0 });
    expect(head.headers.get('content-length')).toBe('100000');
    expect(await get(url, { range: 'bytes=99990-' })).toMatchObject({ status: 206, body: 10 });
    expect(await get(url, { range: 'bytes=0-9' })).toMatchObject({ status: 206, body: 10 });
    expect(await get(url, { range: 'bytes=-7' })).toMatchObject({ status: 206, body: 7 });
    expect(await get(url, { range: 'bytes=100000-' })).toMatchObject({ status: 416 });
    expect(await get(url, { range: 'bytes=5-', 'if-range': etag })).toMatchObject({ status: 206 });
    expect(await get(url, { range: 'bytes=5-', 'if-range': '"x"' })).toMatchObject({ status: 200 });
    expect(await get(url, { 'if-none-match': etag })).toMatchObject({ status: 304 });
    expect(await get(url, { 'if-modified-since': modified })).toMatchObject({ status: 304 });
    expect(await get(url, { 'if-modified-since': 'Sat, 01 Aug 2020 10:00:00 GMT' })).toMatchObject({
      status: 200,
    });
  });

  it.each<[Fault['kind'], number]>([
    ['busy', 2],
    ['cut', 2],
    ['garbled', 2],
    ['stalled', 2],
  ])('plays %s once, and a download survives it', async (kind, requests) => {
    const { mirror } = await start();
    mirror.faults.push({ match: /openssl/, kind, times: 1 });
    const options = { ...fast, aptOptions: [...direct, 'Acquire::http::Timeout "1";'] };

    expect(await fetchOne([`${mirror.url}/${deb}`], content, options)).toBeUndefined();
    expect(mirror.requests).toHaveLength(requests);
  });

  it('plays missing for each request, and for other paths nothing', async () => {
    const { mirror } = await start();
    mirror.faults.push({ match: /openssl/, kind: 'missing' });

    expect((await fetchOne([`${mirror.url}/${deb}`], content))?.isGone).toBe(true);
    expect((await fetchOne([`${mirror.url}/${deb}`], content))?.isGone).toBe(true);
    expect(await fetchOne([`${mirror.url}/${release}`], content)).toBeUndefined();
  });
});

async function start(step: Step = whole(content)) {
  const upstream = await serve(step);
  const folder = join(await fileTree(), 'mirror');
  const mirror = await TestMirror.start({
    upstream: { main: `${upstream.url}/main`, security: `${upstream.url}/security`, aptOptions: direct },
    folder,
  });
  onTestFinished(async () => await mirror[Symbol.asyncDispose]());
  return { mirror, upstream, folder };
}

async function get(url: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') {
  const response = await fetch(url, { headers, method });
  const body = (await response.arrayBuffer()).byteLength;
  return { status: response.status, headers: response.headers, body };
}

/** As if the folder had been filled two days ago. */
async function makeOlder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.json')) continue;
    const record = JSON.parse(await readFile(join(folder, name), 'utf8')) as Record<string, string>;
    record['fetchedAt'] = new Date(Date.now() - 48 * 60 * 60 * 1000).toISOString();
    await writeFile(join(folder, name), JSON.stringify(record));
  }
}
