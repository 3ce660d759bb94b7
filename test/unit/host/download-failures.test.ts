import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Download, downloadAll } from '../../../builder/host/download.ts';
import { runProcess } from '../../../builder/host/process.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { fileTree } from '../../helpers/file-tree.ts';
import {
  bytes,
  fast,
  fetchOne,
  namesBeside,
  serve,
  sha256,
  status,
  wanted,
  whole,
} from '../../helpers/mirror-steps.ts';

describe('a wrong content', () => {
  const content = bytes(1000);
  const other = bytes(1000, 1);

  it('is refused with both SHA-256, after one more try past caches', async () => {
    const { url, headers } = await serve(whole(other));
    const download = await wanted([url], content);

    const failures = await downloadAll([download], fast);

    expect(failures).toEqual([
      {
        download,
        isGone: false,
        isWrong: true,
        reasons: [`${url}: SHA-256 is ${sha256(other)}, wanted ${sha256(content)}`],
      },
    ]);
    expect(headers.map((sent) => sent['cache-control'])).toEqual([undefined, 'no-cache']);
    expect(await namesBeside(download)).toEqual([]);
  });

  it('is forgiven when a cache was to blame', async () => {
    const { url } = await serve((request, response) => {
      response.end(request.headers['cache-control'] === 'no-cache' ? content : other);
    });

    expect(await fetchOne([url], content)).toBeUndefined();
  });

  it('goes on to the next address', async () => {
    const { url } = await serve((request, response) => {
      response.end(request.url === '/first' ? other : content);
    });

    expect(await fetchOne([`${url}/first`, `${url}/second`], content)).toBeUndefined();
  });

  it('is refused before its body when it says that it is too long', async () => {
    const { url, requests } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 1001 }).write('x');
    });

    expect((await fetchOne([url], content))?.reasons).toEqual([`${url}: the file is longer than 1000 bytes`]);
    expect(requests).toHaveLength(1);
  });

  it('is refused as soon as it becomes too long', async () => {
    let isCut = false;
    const { url, requests } = await serve((_request, response) => {
      response.once('close', () => {
        isCut = true;
      });
      // Never ends by itself.
      response.write(bytes(1001));
    });

    expect((await fetchOne([url], content))?.reasons).toEqual([`${url}: the file is longer than 1000 bytes`]);
    await expect.poll(() => isCut).toBe(true);
    expect(requests).toHaveLength(1);
  });

  it('is refused when it says that it is too short', async () => {
    const { url, requests } = await serve(whole(bytes(999)));

    expect((await fetchOne([url], content))?.reasons).toEqual([
      `${url}: the file has 999 bytes, wanted 1000 bytes`,
    ]);
    expect(requests).toHaveLength(2);
  });
});

describe('the end of everything', () => {
  it('leaves nothing behind on abort, and throws its reason', async () => {
    const content = bytes(100_000);
    const { url, requests } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 50_000));
    });
    const downloads = await Promise.all([1, 2, 3].map(async (n) => await wanted([`${url}/${n}`], content)));
    const stop = new AbortController();
    const reason = new Error('enough');
    const job = downloadAll(downloads, {
      ...fast,
      parallel: 2,
      signal: stop.signal,
    });
    await expect.poll(async () => (await allNames(downloads)).length).toBe(2);

    stop.abort(reason);

    await expect(job).rejects.toBe(reason);
    expect(await allNames(downloads)).toEqual([]);
    expect(requests.toSorted()).toEqual(['GET /1', 'GET /2']);
  });

  it('ends a wait between tries on abort', async () => {
    const { url, requests } = await serve(status(503, { 'retry-after': '20' }));
    const stop = new AbortController();
    const job = downloadAll([await wanted([url], bytes(1))], { ...fast, signal: stop.signal });
    await expect.poll(() => requests.length).toBe(1);
    await sleep(20);

    stop.abort(new Error('enough'));

    await expect(job).rejects.toThrow('enough');
  });

  it('does not begin with a signal that is aborted already', async () => {
    const { url, requests } = await serve(status(200));

    await expect(
      downloadAll([await wanted([url], bytes(0))], { ...fast, signal: AbortSignal.abort(new Error('no')) }),
    ).rejects.toThrow('no');
    expect(requests).toEqual([]);
  });

  it('names the folder when a file can not be written, and ends the other downloads', async () => {
    const { url } = await serve((request, response) => {
      // The other one never comes to an end by itself.
      if (request.url === '/bad') response.end(bytes(10));
    });
    const folder = await fileTree({ file: '' });
    const download = { ...(await wanted([`${url}/bad`], bytes(10))), file: `${folder}/file/a.deb` };
    const other = await wanted([`${url}/other`], bytes(10));

    const error = await errorOf(async () => await downloadAll([other, download], fast));

    expect(error).toMatchObject({
      code: 'ERR_DOWNLOAD',
      message: `a 1.0 (arm64) could not be written to ${folder}/file.`,
    });
  });

  it.runIf(process.getuid?.() === 0)('stops at a full disk, and leaves no draft', async () => {
    const content = bytes(200_000);
    const { url } = await serve(whole(content));
    const folder = await smallDisk('128k');
    const download = { ...(await wanted([url], content)), file: `${folder}/a.deb` };

    const error = await errorOf(async () => await downloadAll([download], fast));

    expect(error).toMatchObject({
      code: 'ERR_DISK_FULL',
      exitCode: 3,
      message: `There is no room for a 1.0 (arm64) in ${folder}.`,
    });
    expect(await readdir(folder)).toEqual([]);
  });
});

async function smallDisk(size: string): Promise<string> {
  const folder = await fileTree();
  const mounted = await runProcess(['mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  expect(mounted).toMatchObject({ exitCode: 0 });
  onTestFinished(async () => {
    await runProcess(['umount', folder]);
  });
  return folder;
}

async function allNames(downloads: readonly Download[]): Promise<string[]> {
  return (await Promise.all(downloads.map(namesBeside))).flat();
}
