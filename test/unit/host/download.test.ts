import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type DownloadProgress, downloadAll } from '../../../builder/host/download.ts';
import {
  bytes,
  cut,
  fast,
  fetchOne,
  namesBeside,
  ranged,
  serve,
  status,
  steps,
  wanted,
  whole,
} from '../../helpers/mirror-steps.ts';

describe('downloadAll', () => {
  it('fetches a file, also into a folder that is not there yet', async () => {
    const content = bytes(300_000);
    const { url, requests } = await serve(whole(content));
    const download = await wanted([`${url}/pool/a.deb`], content);

    expect(await downloadAll([download], fast)).toEqual([]);
    expect(content.equals(await readFile(download.file))).toBe(true);
    expect(await namesBeside(download)).toEqual(['a.deb']);
    expect(requests).toEqual(['GET /pool/a.deb']);
  });

  it('fetches an empty file', async () => {
    const { url } = await serve(whole(bytes(0)));
    const download = await wanted([url], bytes(0));

    expect(await downloadAll([download], fast)).toEqual([]);
    expect(await readFile(download.file, 'utf8')).toBe('');
  });

  it('replaces a file that has the name already', async () => {
    const { url } = await serve(whole(Buffer.from('new')));
    const download = await wanted([url], Buffer.from('new'), { 'cache/a.deb': 'the old one' });

    await downloadAll([download], fast);

    expect(await readFile(download.file, 'utf8')).toBe('new');
  });

  it('says what is wrong with something that is no address', async () => {
    const download = await wanted(['ftp://me:secret@example.org/a', 'a.deb'], bytes(1));

    expect(await downloadAll([download], fast)).toMatchObject([
      {
        isGone: false,
        reasons: [
          'ftp://example.org/a: not an address that begins with http:// or https://',
          'a.deb: not an address that begins with http:// or https://',
        ],
      },
    ]);
  });

  it('says so when there is no address', async () => {
    const download = await wanted([], bytes(1));

    expect(await downloadAll([download], fast)).toEqual([
      { download, reasons: ['no address is known'], isGone: false, isWrong: false },
    ]);
  });

  it('returns failures in the order of the downloads, and fetches the rest', async () => {
    const content = bytes(10);
    const { url } = await serve(async (request, response) => {
      if (request.url === '/slow') await sleep(30);
      if (request.url === '/good') response.end(content);
      else response.writeHead(404).end();
    });
    const downloads = await Promise.all(
      ['slow', 'good', 'quick'].map(async (name) => await wanted([`${url}/${name}`], content)),
    );

    const failures = await downloadAll(downloads, fast);

    expect(failures.map(({ download }) => download)).toEqual([downloads[0], downloads[2]]);
  });

  it('never fetches more at once than it may', async () => {
    let running = 0;
    let most = 0;
    const content = bytes(5000);
    const { url } = await serve(async (_request, response) => {
      most = Math.max(most, ++running);
      await sleep(5);
      response.end(content, () => running--);
    });
    const downloads = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => await wanted([`${url}/${index}`], content)),
    );

    expect(await downloadAll(downloads, { ...fast, parallel: 4 })).toEqual([]);
    expect(most).toBe(4);
  });

  it('can fetch many at once without a warning of Node', async () => {
    const warnings: unknown[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    onTestFinished(() => {
      process.off('warning', onWarning);
    });
    const { url } = await serve((_request, response) => sleep(20).then(() => response.end('x')));
    const downloads = await Promise.all(
      Array.from({ length: 15 }, async () => await wanted([url], Buffer.from('x'))),
    );

    expect(await downloadAll(downloads, { ...fast, parallel: 15 })).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('tells the progress, which ends at the totals', async () => {
    const content = bytes(200_000);
    const { url } = await serve(
      steps(cut(content, 100_000), async (_request, response) => {
        response.writeHead(200, { 'content-length': content.length });
        response.write(content.subarray(0, 50_000));
        await sleep(60);
        response.end(content.subarray(50_000));
      }),
    );
    const downloads = [await wanted([`${url}/1`], content), await wanted([`${url}/2`], content)];
    const seen: DownloadProgress[] = [];

    await downloadAll(downloads, { ...fast, parallel: 1, onProgress: (progress) => seen.push(progress) });

    expect(seen.at(-1)).toEqual({ doneFiles: 2, totalFiles: 2, doneBytes: 400_000, totalBytes: 400_000 });
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.every(({ doneBytes }) => doneBytes >= 0 && doneBytes <= 400_000)).toBe(true);
  });

  it('does not count the bytes of a file that failed', async () => {
    const content = bytes(1000);
    const { url } = await serve((request, response) => {
      response.end(request.url === '/bad' ? bytes(1000, 7) : content);
    });
    const seen: DownloadProgress[] = [];

    await downloadAll([await wanted([`${url}/bad`], content), await wanted([`${url}/good`], content)], {
      ...fast,
      parallel: 1,
      onProgress: (progress) => seen.push(progress),
    });

    expect(seen.at(-1)).toEqual({ doneFiles: 1, totalFiles: 2, doneBytes: 1000, totalBytes: 2000 });
  });
});

describe('addresses', () => {
  it.each([404, 403, 410, 400])(
    'goes on to the next address after %i, without another try',
    async (status) => {
      const content = bytes(100);
      const { url, requests } = await serve((request, response) => {
        if (request.url === '/first') response.writeHead(status).end('no');
        else response.end(content);
      });

      expect(await fetchOne([`${url}/first`, `${url}/second`], content)).toBeUndefined();
      expect(requests).toEqual(['GET /first', 'GET /second']);
    },
  );

  it.each([
    [[404, 410], true],
    [[404, 403], false],
    [[403, 404], false],
  ])('of addresses that answer %j, the file is gone: %s', async (statuses, isGone) => {
    const { url } = await serve((request, response) => {
      response.writeHead(Number(request.url?.slice(1))).end();
    });
    const addresses = statuses.map((status) => `${url}/${status}`);

    const failure = await fetchOne(addresses, bytes(1));

    expect(failure?.isGone).toBe(isGone);
    expect(failure?.reasons).toHaveLength(2);
    expect(failure?.reasons).toContain(`${url}/404: 404 Not Found`);
  });

  it('does not mix the beginning from one address with the rest from another', async () => {
    const content = bytes(50_000);
    const { url, requests, headers } = await serve((request, response) => {
      const isFirst = request.url === '/first';
      const answer = isFirst ? cut(bytes(50_000, 9), 20_000) : ranged(content);
      answer(request, response);
    });

    expect(await fetchOne([`${url}/first`, `${url}/second`], content)).toBeUndefined();
    expect(requests.slice(-2)).toEqual(['GET /first', 'GET /second']);
    expect(headers.at(-1)?.range).toBeUndefined();
  });

  it('follows redirects, relative ones too, up to ten', async () => {
    const content = bytes(100);
    const { url } = await serve((request, response) => {
      const step = Number(request.url?.slice(1));
      if (step === 0) response.end(content);
      else response.writeHead(302, { location: step % 2 ? `${url}/${step - 1}` : `/${step - 1}` }).end();
    });

    expect(await fetchOne([`${url}/10`], content)).toBeUndefined();
    expect((await fetchOne([`${url}/11`], content))?.reasons).toEqual([`${url}/11: more than 10 redirects`]);
  });

  it('shows no credentials, but uses them', async () => {
    const { url, headers } = await serve(status(403));
    const address = `${url}/a`.replace('//', '//me:p%40ss@');

    const failure = await fetchOne([address], bytes(1));

    expect(failure?.reasons).toEqual([`${url}/a: 403 Forbidden`]);
    expect(headers[0]?.authorization).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`);
  });

  it('keeps credentials from the host that it is sent on to', async () => {
    const content = bytes(10);
    const other = await serve(whole(content));
    const { url } = await serve((_request, response) => {
      response.writeHead(302, { location: other.url }).end();
    });

    await fetchOne([url.replace('//', '//me:secret@')], content);

    expect(other.requests).toHaveLength(1);
    expect(other.headers[0]?.authorization).toBeUndefined();
  });
});
