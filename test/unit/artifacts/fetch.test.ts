import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runProcess } from '../../../builder/host/process.ts';
import {
  artifactOf,
  fetchInto,
  putStored,
  randomContent,
  serveRanges,
  storeNames,
} from '../../helpers/artifact-server.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { fileTree } from '../../helpers/file-tree.ts';
import {
  bytes,
  cut,
  hangUpAfter,
  ranged,
  type Step,
  serve,
  sha256,
  startOf,
  status,
  steps,
  whole,
} from '../../helpers/mirror-steps.ts';

const content = randomContent(400_000);
const other = randomContent(400_000);

describe('a server that', () => {
  it.each<[what: string, step: () => Step, requests: number]>([
    ['answers at once', () => whole(content), 1],
    ['cuts the connection', () => steps(cut(content, 100_000, '"1"'), ranged(content, '"1"')), 2],
    [
      'is slow',
      () => async (_request, response) => {
        response.writeHead(200, { 'content-length': content.length });
        for (let at = 0; at < content.length; at += 100_000) {
          response.write(content.subarray(at, at + 100_000));
          await sleep(5);
        }
        response.end();
      },
      1,
    ],
    ['says no size', () => (_request, response) => response.end(content), 1],
    ['is busy for a moment', () => steps(status(503), whole(content)), 2],
    [
      'redirects',
      () =>
        steps(
          (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end(),
          whole(content),
        ),
      2,
    ],
    ['knows no ranges', () => steps(cut(content, 100_000), whole(content)), 2],
    [
      'sends another range than it was asked for',
      () =>
        steps(
          cut(content, 100_000, '"1"'),
          (_request, response) => {
            response.writeHead(206, { 'content-range': 'bytes 7-399999/400000', etag: '"1"' }).flushHeaders();
          },
          whole(content),
        ),
      3,
    ],
    [
      'changes the file while it is fetched',
      () => steps(cut(other, 100_000, '"1"'), ranged(content, '"2"')),
      2,
    ],
    [
      'changes the file and overlooks If-Range',
      () => steps(cut(other, 100_000), ranged(content), whole(content)),
      3,
    ],
  ])('%s gives the whole file', async (_what, step, requests) => {
    const cacheDir = await fileTree();
    const server = await serve(step());
    const artifact = artifactOf(content, `${server.url}/k3s`);

    expect(await fetchInto(cacheDir, [artifact])).toEqual({ fetched: [artifact], found: [] });

    const stored = await readFile(`${cacheDir}/artifacts/sha256/${sha256(content)}`);
    expect(stored.equals(content)).toBe(true);
    expect(await storeNames(cacheDir)).toEqual([`sha256/${sha256(content)}`]);
    expect(server.requests).toHaveLength(requests);
  });

  it.each<[what: string, step: Step, reason: string]>([
    ['has another file', whole(other), `SHA-256 is ${sha256(other)}, wanted ${sha256(content)}`],
    ['has a shorter file', whole(bytes(1000)), 'the file has 1000 bytes, wanted 391 KiB'],
    [
      'has a file that is shorter by one byte',
      whole(content.subarray(1)),
      'the file has 399999 bytes, wanted 400000 bytes',
    ],
    ['has a longer file', whole(bytes(400_001)), 'the file is longer than 391 KiB'],
    [
      'lies about the size',
      (_request, response) => response.end(bytes(400_001)),
      'the file is longer than 391 KiB',
    ],
    ['has it no more', status(404), '404 Not Found'],
    ['does not give it', status(403), '403 Forbidden'],
    ['stays busy', status(503), '503 Service Unavailable (4 tries)'],
    [
      'redirects for ever',
      (_request, response) => response.writeHead(302, { location: '/again' }).end(),
      'more than 10 redirects',
    ],
    [
      'redirects to a file of this machine',
      (_request, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      'it redirects to an address that begins with file:',
    ],
  ])('%s is refused, and nothing of it stays', async (_what, step, reason) => {
    const cacheDir = await fileTree();
    const { url } = await serve(step);

    const error = await errorOf(async () => await fetchInto(cacheDir, [artifactOf(content, `${url}/k3s`)]));

    expect(error).toMatchObject({ code: 'ERR_DOWNLOAD', exitCode: 4 });
    expect(error.message).toBe('1 artifact of 1 could not be fetched.');
    expect(error.details).toBe(`- k3s v1.0 (391 KiB)\n    ${url}/k3s: ${reason}`);
    expect(await storeNames(cacheDir)).toEqual([]);
  });

  it('cuts again and again is asked as long as it goes on', async () => {
    const large = randomContent(12 * 1024 ** 2);
    const cacheDir = await fileTree();
    const server = await serveRanges(() => large, { cutAfterBytes: 2 * 1024 ** 2 });

    await fetchInto(cacheDir, [artifactOf(large, server.url)]);

    expect(server.requests.length).toBeGreaterThan(4);
    expect(server.servedBytes()).toBeLessThan(large.length * 1.5);
  });
});

describe('fetchArtifacts', () => {
  it('fetches nothing that is there, and each content once', async () => {
    const cacheDir = await fileTree();
    await putStored(cacheDir, sha256(content), content);
    const server = await serve(whole(other));
    const there = artifactOf(content, `${server.url}/there`);
    const missing = artifactOf(other, `${server.url}/missing`, 'cloudflared');

    const outcome = await fetchInto(cacheDir, [there, missing, { ...missing, name: 'its-twin' }]);

    expect(outcome).toEqual({ fetched: [missing], found: [there] });
    expect(server.requests).toEqual(['GET /missing']);
  });

  it('fetches a damaged file anew, and says so', async () => {
    const cacheDir = await fileTree();
    await putStored(cacheDir, sha256(content), other);
    const { url } = await serve(whole(content));
    const damaged: string[] = [];

    await fetchInto(cacheDir, [artifactOf(content, url)], { onDamaged: ({ name }) => damaged.push(name) });

    expect(damaged).toEqual(['k3s']);
    expect((await readFile(`${cacheDir}/artifacts/sha256/${sha256(content)}`)).equals(content)).toBe(true);
  });

  it('removes a damaged file also when it can not be fetched', async () => {
    const cacheDir = await fileTree();
    await putStored(cacheDir, sha256(content), other);
    const { url } = await serve(status(404));

    await errorOf(async () => await fetchInto(cacheDir, [artifactOf(content, url)]));

    expect(await storeNames(cacheDir)).toEqual([]);
  });

  it('keeps what could be had, and names each one that could not, with the cure', async () => {
    const cacheDir = await fileTree();
    const { url } = await serve((request, response) => {
      if (request.url === '/good') response.end(content);
      else response.writeHead(404).end();
    });
    const artifacts = [
      artifactOf(content, `${url}/good`),
      artifactOf(bytes(10), `${url}/a`, 'a'),
      artifactOf(bytes(20), `${url}/b`, 'b'),
    ];

    const error = await errorOf(async () => await fetchInto(cacheDir, artifacts));

    expect(error.message).toBe('2 artifacts of 3 could not be fetched.');
    expect(error.details).toContain(`${url}/a: 404 Not Found`);
    expect(error.details).toContain(`${url}/b: 404 Not Found`);
    expect(error.todo).toContain('scripts/hearth lock');
    expect(await storeNames(cacheDir)).toEqual([`sha256/${sha256(content)}`]);
  });

  it('tells a wrong content from a bad network', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/wrong') response.end(other);
      else response.writeHead(503).end();
    });
    const advice = async (path: string) => {
      const artifact = artifactOf(content, `${url}/${path}`);
      return await errorOf(async () => await fetchInto(await fileTree(), [artifact]));
    };

    expect((await advice('wrong')).todo).toContain('Do not trust it.');
    expect((await advice('busy')).todo).toContain('Check the network');
  });

  it.runIf(process.getuid?.() === 0)('stops at a full disk, and leaves nothing on it', async () => {
    const cacheDir = await fileTree();
    const mount = ['mount', '-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', cacheDir];
    expect(await runProcess(mount)).toMatchObject({ exitCode: 0 });
    onTestFinished(async () => {
      await runProcess(['umount', cacheDir]);
    });
    const { url } = await serve(whole(content));

    const error = await errorOf(async () => await fetchInto(cacheDir, [artifactOf(content, url)]));

    expect(error).toMatchObject({ code: 'ERR_DISK_FULL', exitCode: 3 });
    expect(error.message).toBe(`There is no room for k3s v1.0 (391 KiB) in ${cacheDir}/artifacts/sha256.`);
    expect(await storeNames(cacheDir)).toEqual([]);
  });

  it('tells what comes in, and what of it came just now', async () => {
    const cacheDir = await fileTree();
    const server = await serveRanges(() => content);
    const seen: (readonly [number, number])[] = [];

    await fetchInto(cacheDir, [artifactOf(content, server.url)], {
      onProgress: ({ doneBytes }, receivedBytes) => seen.push([doneBytes, receivedBytes]),
    });

    expect(seen.at(-1)).toEqual([400_000, 400_000]);
  });

  it('fetches several at once', async () => {
    let running = 0;
    let most = 0;
    const cacheDir = await fileTree();
    const { url } = await serve(async (request, response) => {
      most = Math.max(most, ++running);
      await sleep(30);
      response.end(bytes(100, startOf(request) + Number(request.url?.slice(1))), () => running--);
    });
    const artifacts = [1, 2, 3, 4, 5, 6].map((seed) =>
      artifactOf(bytes(100, seed), `${url}/${seed}`, `a${seed}`),
    );

    await fetchInto(cacheDir, artifacts);

    expect(most).toBe(4);
  });
});

describe('offline', () => {
  it('is content with a full store', async () => {
    const cacheDir = await fileTree();
    await putStored(cacheDir, sha256(content), content);
    const { url, requests } = await serve(whole(content));
    const artifact = artifactOf(content, url);

    expect(await fetchInto(cacheDir, [artifact], { isOffline: true })).toEqual({
      fetched: [],
      found: [artifact],
    });
    expect(requests).toEqual([]);
  });

  it('names what is missing and what is damaged, with size and address, and changes nothing', async () => {
    const cacheDir = await fileTree();
    await putStored(cacheDir, sha256(content), other);
    const { url, requests } = await serve(whole(content));
    const artifacts = [artifactOf(content, `${url}/k3s`), artifactOf(bytes(10), `${url}/b`, 'cloudflared')];

    const error = await errorOf(async () => await fetchInto(cacheDir, artifacts, { isOffline: true }));

    expect(error).toMatchObject({ code: 'ERR_DOWNLOAD', exitCode: 4 });
    expect(error.message).toBe('2 artifacts (391 KiB) are not in the store, and nothing is fetched offline.');
    expect(error.details).toContain(`- k3s v1.0 (391 KiB): damaged, its SHA-256 is ${sha256(other)}`);
    expect(error.details).toContain('- cloudflared v1.0 (10 bytes): missing');
    expect(error.details).toContain(`    10 bytes, SHA-256 ${sha256(bytes(10))}\n    ${url}/b`);
    expect(requests).toEqual([]);
    expect(await storeNames(cacheDir)).toEqual([`sha256/${sha256(content)}`]);
  });
});

describe('mirrors', () => {
  it('are tried in order, and then the maker', async () => {
    const cacheDir = await fileTree();
    const { url, requests } = await serve((request, response) => {
      if (request.url === '/maker') response.end(content);
      else response.writeHead(404).end();
    });

    await fetchInto(cacheDir, [artifactOf(content, `${url}/maker`)], {
      mirrors: [`${url}/first/`, `${url}/second`],
    });

    const hex = sha256(content);
    expect(requests).toEqual([`GET /first/sha256/${hex}`, `GET /second/sha256/${hex}`, 'GET /maker']);
  });

  it('may be the folder of another store', async () => {
    const [cacheDir, elsewhere] = [await fileTree(), await fileTree()];
    await putStored(elsewhere, sha256(content), content);
    const { url, requests } = await serve(status(500));

    await fetchInto(cacheDir, [artifactOf(content, url)], { mirrors: [`file://${elsewhere}/artifacts`] });

    expect(requests).toEqual([]);
    expect(await storeNames(cacheDir)).toEqual([`sha256/${sha256(content)}`]);
  });

  it.each([
    ['no folder', undefined, 'no such file'],
    ['another file', other, `SHA-256 is ${sha256(other)}, wanted ${sha256(content)}`],
    ['half a file', content.subarray(0, 200_000), 'the file has 195 KiB, wanted 391 KiB'],
  ])('that are a folder with %s are passed over', async (_what, stored, reason) => {
    const [cacheDir, elsewhere] = [await fileTree(), await fileTree()];
    if (stored) await putStored(elsewhere, sha256(content), stored);
    const mirrors = [`file://${elsewhere}/artifacts`];
    const { url } = await serve(steps(status(404), whole(content)));

    const error = await errorOf(
      async () => await fetchInto(cacheDir, [artifactOf(content, url)], { mirrors }),
    );
    await fetchInto(cacheDir, [artifactOf(content, url)], { mirrors });

    expect(error.details).toContain(`    ${mirrors[0]}/sha256/${sha256(content)}: ${reason}`);
    expect(await storeNames(cacheDir)).toEqual([`sha256/${sha256(content)}`]);
  });

  it('with a wrong file do not stop the maker from being asked', async () => {
    const cacheDir = await fileTree();
    const { url, requests } = await serve((request, response) => {
      response.end(request.url === '/maker' ? content : other);
    });

    await fetchInto(cacheDir, [artifactOf(content, `${url}/maker`)], { mirrors: [url] });

    expect(requests.at(-1)).toBe('GET /maker');
    expect(await storeNames(cacheDir)).toEqual([`sha256/${sha256(content)}`]);
  });
});

it('keeps no secret of an address with the partial file', async () => {
  const cacheDir = await fileTree();
  const { url } = await serve((_request, response) => {
    response.writeHead(200, { 'content-length': content.length });
    hangUpAfter(response, content.subarray(0, 100_000));
  });

  await errorOf(
    async () => await fetchInto(cacheDir, [artifactOf(content, url.replace('http://', 'http://me:secret@'))]),
  );

  const [note] = (await storeNames(cacheDir)).filter((name) => name.endsWith('.json'));
  expect(await readFile(`${cacheDir}/artifacts/${note}`, 'utf8')).not.toContain('secret');
});
