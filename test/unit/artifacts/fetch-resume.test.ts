import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FileArtifact } from '../../../builder/artifacts/artifact.ts';
import { currentOwner, ownerSuffix } from '../../../builder/host/ownership.ts';
import {
  artifactOf,
  fetchInto,
  randomContent,
  serveRanges,
  storeNames,
} from '../../helpers/artifact-server.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { fileTree } from '../../helpers/file-tree.ts';
import { type Step, serve, sha256, startOf, status, steps, whole } from '../../helpers/mirror-steps.ts';

const mebibyte = 1024 ** 2;
const content = randomContent(400_000);
const other = randomContent(400_000);
const hex = sha256(content);

/** The name of a fetch whose process is gone. */
const goneName = `${hex}.draft-${ownerSuffix({ ...currentOwner(), pid: 4_190_000 })}-0badcafe`;

interface Partial {
  readonly name?: string;
  readonly data?: Buffer;
  readonly note?: Readonly<Record<string, unknown>> | string;
}

/** What an earlier run left: the first bytes, as noted, from this address. */
async function leavePartial(cacheDir: string, url: string, partial: Partial = {}): Promise<void> {
  const { name = hex, data = content.subarray(0, 250_000), note } = partial;
  const folder = `${cacheDir}/artifacts/partial/${name}`;
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/data`, data);
  const sound = {
    address: url,
    validator: `"${hex.slice(0, 8)}"`,
    sizeBytes: 250_000,
    sha256: digest(250_000),
  };
  const text = typeof note === 'string' ? note : JSON.stringify({ ...sound, ...note });
  await writeFile(`${folder}/beginning.json`, text);
}

function digest(sizeBytes: number): string {
  return sha256(content.subarray(0, sizeBytes));
}

/** How much lies in the only partial file. */
async function partialBytes(cacheDir: string): Promise<number> {
  const folder = `${cacheDir}/artifacts/partial`;
  const [name] = await readdir(folder).catch(() => []);
  const info = await stat(`${folder}/${name}/data`).catch(() => undefined);
  return info?.size ?? 0;
}

async function expectWhole(cacheDir: string, wanted = content): Promise<void> {
  const stored = await readFile(`${cacheDir}/artifacts/sha256/${sha256(wanted)}`);
  expect(stored.equals(wanted)).toBe(true);
  // Nothing but the file itself is left.
  expect(await storeNames(cacheDir)).toEqual([`sha256/${sha256(wanted)}`]);
  expect(await readdir(`${cacheDir}/artifacts/partial`)).toEqual([]);
}

describe('a later run', () => {
  it('goes on where the connection was cut', async () => {
    const cacheDir = await fileTree();
    let isUp = true;
    const server = await serveRanges(() => content, {
      cutAfterBytes: 250_000,
      instead: (_request, response) => {
        if (!isUp) response.writeHead(503).end();
        const was = isUp;
        isUp = false;
        return !was;
      },
    });
    const artifact = artifactOf(content, server.url);
    const error = await errorOf(async () => await fetchInto(cacheDir, [artifact]));
    expect(error.todo).toContain('it goes on where it stopped');
    const note = JSON.parse(await readFile(`${cacheDir}/artifacts/partial/${hex}/beginning.json`, 'utf8'));
    const before = server.servedBytes();
    isUp = true;

    await fetchInto(cacheDir, [artifact]);

    await expectWhole(cacheDir);
    expect(note.sizeBytes).toBeGreaterThan(0);
    expect(server.headers.at(-1)).toMatchObject({
      range: `bytes=${note.sizeBytes}-`,
      'if-range': note.validator,
    });
    expect(server.servedBytes() - before).toBe(content.length - note.sizeBytes);
  });

  it('goes on where Ctrl-C ended the first', async () => {
    const cacheDir = await fileTree();
    const server = await serveRanges(() => content, {
      instead: (request, response) => {
        if (startOf(request) > 0) return false;
        response.writeHead(200, { 'content-length': content.length, etag: `"${hex.slice(0, 8)}"` });
        response.write(content.subarray(0, 250_000));
        return true;
      },
    });
    const artifact = artifactOf(content, server.url);
    const stop = new AbortController();
    const job = fetchInto(cacheDir, [artifact], { signal: stop.signal });
    await expect.poll(async () => await partialBytes(cacheDir)).toBe(250_000);
    stop.abort(new Error('enough'));
    await expect(job).rejects.toThrow('enough');

    await fetchInto(cacheDir, [artifact]);

    await expectWhole(cacheDir);
    expect(server.servedBytes()).toBe(150_000);
  });

  it('counts what is there as done, but not as received', async () => {
    const cacheDir = await fileTree();
    const server = await serveRanges(() => content);
    await leavePartial(cacheDir, server.url);
    const seen: (readonly [number, number])[] = [];

    await fetchInto(cacheDir, [artifactOf(content, server.url)], {
      onProgress: ({ doneBytes }, receivedBytes) => seen.push([doneBytes, receivedBytes]),
    });

    expect(seen.at(0)).toEqual([250_000, 0]);
    expect(seen.at(-1)).toEqual([400_000, 150_000]);
  });

  it.each<[what: string, partial: Partial, servedBytes: number]>([
    ['from a run that ended well enough', {}, 150_000],
    ['from a run that was killed', { name: goneName }, 150_000],
    ['and bytes after the last note', { data: content.subarray(0, 300_000) }, 150_000],
    [
      'and zeros after the last note, as after a power cut',
      { data: Buffer.concat([content.subarray(0, 250_000), Buffer.alloc(50_000)]) },
      150_000,
    ],
    [
      'and more bytes than the file has',
      { data: Buffer.concat([content.subarray(0, 250_000), Buffer.alloc(300_000)]) },
      150_000,
    ],
    ['but fewer bytes than noted', { data: content.subarray(0, 249_999) }, 400_000],
    [
      'but zeros where bytes should be',
      { data: Buffer.concat([content.subarray(0, 249_000), Buffer.alloc(1000)]) },
      400_000,
    ],
    ['but no data', { data: Buffer.alloc(0) }, 400_000],
    ['but half a note', { note: '{"address":"ht' }, 400_000],
    ['but a note without a size', { note: { sizeBytes: -1 } }, 400_000],
    ['but a note of more than the whole', { note: { sizeBytes: 400_001 } }, 400_000],
    ['from another address', { note: { address: 'http://archive.example/k3s' } }, 400_000],
    ['of another version', { note: { validator: '"another"' } }, 400_000],
    ['of a version that nobody named', { note: { validator: undefined } }, 150_000],
    ['that is whole already', { data: content, note: { sizeBytes: 400_000, sha256: hex } }, 0],
    [
      'that has all bytes, but wrong ones',
      { data: other, note: { sizeBytes: 400_000, sha256: sha256(other) } },
      400_000,
    ],
    [
      'that begins as another file',
      { data: other.subarray(0, 250_000), note: { sha256: sha256(other.subarray(0, 250_000)) } },
      150_000 + 400_000,
    ],
  ])('finds a partial file %s and gets the right one', async (_what, partial, servedBytes) => {
    const cacheDir = await fileTree();
    const server = await serveRanges(() => content);
    await leavePartial(cacheDir, server.url, partial);

    await fetchInto(cacheDir, [artifactOf(content, server.url)]);

    await expectWhole(cacheDir);
    expect(server.servedBytes()).toBe(servedBytes);
  });

  it('takes the longest of several', async () => {
    const cacheDir = await fileTree();
    const server = await serveRanges(() => content);
    await leavePartial(cacheDir, server.url, { note: { sizeBytes: 1000, sha256: digest(1000) } });
    await leavePartial(cacheDir, server.url, { name: goneName });

    await fetchInto(cacheDir, [artifactOf(content, server.url)]);

    await expectWhole(cacheDir);
    expect(server.servedBytes()).toBe(150_000);
  });

  it('begins anew where the server changed the file', async () => {
    const cacheDir = await fileTree();
    let current = other;
    const server = await serveRanges(() => current, { cutAfterBytes: 150_000 });
    const artifact = artifactOf(content, server.url);
    await errorOf(async () => await fetchInto(cacheDir, [{ ...artifact, sizeBytes: 400_000 }]));
    current = content;
    const fixed = await serveRanges(() => current);
    const note = `${cacheDir}/artifacts/partial/${hex}/beginning.json`;
    await writeFile(note, (await readFile(note, 'utf8')).replace(server.url, fixed.url));

    await fetchInto(cacheDir, [{ ...artifact, url: fixed.url }]);

    await expectWhole(cacheDir);
    expect(fixed.headers[0]?.['if-range']).toBe(`"${sha256(other).slice(0, 8)}"`);
    expect(fixed.servedBytes()).toBe(400_000);
  });

  it.each<[what: string, step: Step]>([
    ['has no such range', steps(status(416), whole(content))],
    ['ignores Range', whole(content)],
    [
      'answers with another part',
      steps((_request, response) => {
        response.writeHead(206, { 'content-range': 'bytes 9-399999/400000' }).flushHeaders();
      }, whole(content)),
    ],
    [
      'answers with a part of another file',
      steps((_request, response) => {
        response.writeHead(206, { 'content-range': 'bytes 250000-499999/500000' }).flushHeaders();
      }, whole(content)),
    ],
    [
      'sends more than the rest',
      steps((_request, response) => {
        response.writeHead(206, { 'content-range': 'bytes 250000-399999/400000' });
        response.end(content.subarray(249_990));
      }, whole(content)),
    ],
    [
      'sends a wrong rest',
      steps((_request, response) => {
        response.writeHead(206, { 'content-range': 'bytes 250000-399999/400000' });
        response.end(other.subarray(250_000));
      }, whole(content)),
    ],
  ])('gets the whole file from a server that %s', async (_what, step) => {
    const cacheDir = await fileTree();
    const { url, headers } = await serve(step);
    await leavePartial(cacheDir, url);

    await fetchInto(cacheDir, [artifactOf(content, url)]);

    await expectWhole(cacheDir);
    expect(headers[0]?.range).toBe('bytes=250000-');
  });

  it('keeps the partial file of the maker while a mirror says that it has none', async () => {
    const cacheDir = await fileTree();
    const server = await serveRanges(() => content);
    const mirror = await serve(status(404));
    await leavePartial(cacheDir, server.url);

    await fetchInto(cacheDir, [artifactOf(content, server.url)], { mirrors: [mirror.url] });

    await expectWhole(cacheDir);
    expect(server.servedBytes()).toBe(150_000);
  });
});

describe('a wrong content', () => {
  it('is fetched once more, and nothing of it stays, also no partial file', async () => {
    const cacheDir = await fileTree();
    const server = await serveRanges(() => other);
    await leavePartial(cacheDir, server.url, { note: { validator: `"${sha256(other).slice(0, 8)}"` } });

    const error = await errorOf(async () => await fetchInto(cacheDir, [artifactOf(content, server.url)]));

    expect(error.details).toContain(`SHA-256 is ${sha256(other)}, wanted ${hex}`);
    expect(server.servedBytes()).toBe(150_000 + 400_000);
    expect(await storeNames(cacheDir)).toEqual([]);
    expect(await readdir(`${cacheDir}/artifacts/partial`)).toEqual([]);
  });
});

describe('two fetches at once', () => {
  it('do not disturb each other, in one process and in two', async () => {
    const cacheDir = await fileTree();
    const server = await serveRanges(() => content);
    await leavePartial(cacheDir, server.url);
    const artifact = artifactOf(content, server.url);
    const child = fetchChild(cacheDir, artifact);

    await Promise.all([
      fetchInto(cacheDir, [artifact]),
      fetchInto(cacheDir, [artifact]),
      once(child, 'exit'),
    ]);

    expect(child.exitCode).toBe(0);
    await expectWhole(cacheDir);
  });

  it('leave no partial file behind once one of them has the whole', async () => {
    const cacheDir = await fileTree();
    const server = await serveRanges(() => content);
    await fetchInto(cacheDir, [artifactOf(content, server.url)]);
    await leavePartial(cacheDir, server.url);
    await leavePartial(cacheDir, server.url, { name: goneName });

    await fetchInto(cacheDir, [artifactOf(content, server.url)], { isOffline: true });

    await expectWhole(cacheDir);
  });

  it('do not take the partial file of one that is running', async () => {
    const cacheDir = await fileTree();
    const server = await serveRanges(() => content);
    const name = `${hex}.draft-${ownerSuffix()}-0badcafe`;
    await leavePartial(cacheDir, server.url, { name });

    await fetchInto(cacheDir, [artifactOf(content, server.url)]);

    expect(server.servedBytes()).toBe(400_000);
    expect(await readdir(`${cacheDir}/artifacts/partial`)).toEqual([name]);
  });
});

it('goes on after SIGKILL with what was synced', async () => {
  const large = randomContent(40 * mebibyte);
  const cacheDir = await fileTree();
  let isStuck = true;
  const server = await serveRanges(() => large, {
    instead: (_request, response) => {
      if (!isStuck) return false;
      response.writeHead(200, { 'content-length': large.length, etag: `"${sha256(large).slice(0, 8)}"` });
      response.write(large.subarray(0, 38 * mebibyte));
      return true;
    },
  });
  const artifact = artifactOf(large, server.url);
  const child = fetchChild(cacheDir, artifact);
  const partial = `${cacheDir}/artifacts/partial`;
  await expect.poll(async () => await partialBytes(cacheDir), { timeout: 15_000 }).toBe(38 * mebibyte);
  child.kill('SIGKILL');
  await once(child, 'exit');
  isStuck = false;
  const [name] = await readdir(partial);
  const note = JSON.parse(await readFile(`${partial}/${name}/beginning.json`, 'utf8'));

  await fetchInto(cacheDir, [artifact]);

  await expectWhole(cacheDir, large);
  expect(note.sizeBytes).toBeGreaterThanOrEqual(32 * mebibyte);
  expect(server.headers.at(-1)?.range).toBe(`bytes=${note.sizeBytes}-`);
  expect(server.servedBytes()).toBe(large.length - note.sizeBytes);
});

function fetchChild(cacheDir: string, artifact: FileArtifact): ReturnType<typeof spawn> {
  const script = join(import.meta.dirname, 'fetch-child.ts');
  const loader = join(import.meta.dirname, '../../../node_modules/tsx/dist/loader.mjs');
  const command = ['--import', loader, script, cacheDir, JSON.stringify(artifact)];
  const child = spawn(process.execPath, command, { stdio: 'inherit' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}
