import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { type Header, pack } from 'tar-stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { exportStore } from '../../../builder/artifacts/transfer.ts';
import { importStore } from '../../../builder/artifacts/transfer-import.ts';
import { currentOwner, ownerSuffix } from '../../../builder/host/ownership.ts';
import {
  artifactOf,
  fetchInto,
  putStored,
  randomContent,
  storeNames,
} from '../../helpers/artifact-server.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { fileTree } from '../../helpers/file-tree.ts';
import { sha256 } from '../../helpers/mirror-steps.ts';

const first = randomContent(300_000);
const second = randomContent(5_000);
const artifacts = [
  artifactOf(first, 'http://maker.example/k3s'),
  artifactOf(second, 'http://maker.example/cloudflared', 'cloudflared'),
];
const names = [first, second].map((content) => `sha256/${sha256(content)}`).toSorted();

let here: string;
let there: string;
let folder: string;
let file: string;

beforeEach(async () => {
  [here, there, folder] = [await fileTree(), await fileTree(), await fileTree()];
  file = `${folder}/store.tar`;
  for (const content of [first, second]) await putStored(here, sha256(content), content);
});

type Entry = readonly [header: Partial<Header> & Pick<Header, 'name'>, content?: string | Buffer];

/** A tar with these entries. */
async function tarOf(...entries: readonly Entry[]): Promise<void> {
  const tar = pack();
  for (const [header, content] of entries) tar.entry(header, content ?? '');
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const part of tar) parts.push(part as Buffer);
  await writeFile(file, Buffer.concat(parts));
}

function manifestOf(...contents: readonly Buffer[]): Entry {
  const list = contents.map((content) => {
    const { name, version, url, sizeBytes, sha256: hex } = artifactOf(content, 'http://maker.example/x');
    return { name, version, url, sizeBytes, sha256: hex };
  });
  const manifest = { format: 'hearth-artifact-store', version: 1, artifacts: list };
  return [{ name: 'manifest.json' }, JSON.stringify(manifest)];
}

function entryOf(content: Buffer, name = `sha256/${sha256(content)}`): Entry {
  return [{ name }, content];
}

describe('a store', () => {
  it('moves to another machine as one file, and is full there', async () => {
    expect(await exportStore(artifacts, file, { cacheDir: here })).toHaveLength(2);
    const outcome = await importStore(file, { cacheDir: there });

    expect(outcome.imported.map(({ name }) => name).toSorted()).toEqual(['cloudflared', 'k3s']);
    expect(outcome.found).toEqual([]);
    expect(await storeNames(there)).toEqual(names);
    expect((await fetchInto(there, artifacts, { isOffline: true })).found).toHaveLength(2);
    expect(await readdir(folder)).toEqual(['store.tar']);
  });

  it('makes the same file each time, whatever the order of the names', async () => {
    await exportStore(artifacts, file, { cacheDir: here });
    await exportStore(artifacts.toReversed(), `${folder}/again.tar`, { cacheDir: here });

    const digest = async (path: string) =>
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex');
    expect(await digest(file)).toBe(await digest(`${folder}/again.tar`));
  });

  it('takes only what it does not have, and replaces what is damaged', async () => {
    await exportStore(artifacts, file, { cacheDir: here });
    await putStored(there, sha256(first), first);
    await putStored(there, sha256(second), randomContent(5_000));

    const outcome = await importStore(file, { cacheDir: there });

    expect(outcome.found.map(({ name }) => name)).toEqual(['k3s']);
    expect(outcome.imported.map(({ name }) => name)).toEqual(['cloudflared']);
    expect((await fetchInto(there, artifacts, { isOffline: true })).found).toHaveLength(2);
  });
});

describe('exportStore', () => {
  it.each([
    ['missing', undefined],
    ['damaged', randomContent(300_000)],
  ])('refuses a store in which a file is %s, and writes nothing', async (word, content) => {
    const cacheDir = await fileTree();
    if (content) await putStored(cacheDir, sha256(first), content);

    const error = await errorOf(async () => await exportStore([artifacts[0] ?? fail()], file, { cacheDir }));

    expect(error).toMatchObject({ code: 'ERR_DOWNLOAD', exitCode: 4 });
    expect(error.details).toContain(word);
    expect(error.details).toContain('http://maker.example/k3s');
    expect(await readdir(folder)).toEqual([]);
  });

  it('replaces an older file of the name, but only when it is complete', async () => {
    await writeFile(file, 'an older one');
    await errorOf(async () => await exportStore(artifacts, file, { cacheDir: there }));
    expect(await readFile(file, 'utf8')).toBe('an older one');

    await exportStore(artifacts, file, { cacheDir: here });

    expect((await importStore(file, { cacheDir: there })).imported).toHaveLength(2);
  });

  it('says so when the file can not be written', async () => {
    const error = await errorOf(
      async () => await exportStore(artifacts, `${folder}/no-folder/store.tar`, { cacheDir: here }),
    );

    expect(error).toMatchObject({ code: 'ERR_USAGE', exitCode: 2 });
  });

  it('leaves nothing on abort', async () => {
    const job = exportStore(artifacts, file, {
      cacheDir: here,
      signal: AbortSignal.abort(new Error('enough')),
    });

    await expect(job).rejects.toThrow('enough');
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('importStore refuses', () => {
  const one = `sha256/${sha256(second)}`;

  it.each<[what: string, entries: readonly Entry[], why: string]>([
    ['an empty tar', [], 'It holds nothing.'],
    ['a tar without a manifest', [entryOf(second)], 'It does not begin with manifest.json.'],
    ['a manifest that is no JSON', [[{ name: 'manifest.json' }, '{']], 'no JSON'],
    ['another manifest', [[{ name: 'manifest.json' }, '{"schemaVersion":2}']], 'can not be used'],
    ['a manifest with the same file twice', [manifestOf(second, second)], 'names a file twice'],
    ['a manifest that is far too long', [[{ name: 'manifest.json' }, ' '.repeat(2 ** 20 + 1)]], 'too long'],
    ['a missing file', [manifestOf(first, second), entryOf(first)], `It lacks ${one}`],
    [
      'a file that nobody announced',
      [manifestOf(first), entryOf(first), entryOf(second)],
      'which its manifest does not name',
    ],
    [
      'a file outside',
      [manifestOf(second), entryOf(second, `../../sha256/${sha256(second)}`)],
      'which its manifest does not name',
    ],
    ['the same file twice', [manifestOf(second), entryOf(second), entryOf(second)], 'twice'],
    ['a shorter file', [manifestOf(second), entryOf(second.subarray(1), one)], '4999 bytes instead of 5000'],
    [
      'a changed file',
      [manifestOf(first, second), entryOf(first), entryOf(randomContent(5_000), one)],
      `wanted ${sha256(second)}`,
    ],
    [
      'a link instead of a file',
      [manifestOf(second), [{ name: one, type: 'symlink', linkname: '/etc/passwd' }]],
      'is no file',
    ],
  ])('%s, and takes nothing', async (_what, entries, why) => {
    await tarOf(...entries);

    const error = await errorOf(async () => await importStore(file, { cacheDir: there }));

    expect(error).toMatchObject({ code: 'ERR_DOWNLOAD', exitCode: 4 });
    expect(error.why).toContain(why);
    expect(await readdir(`${there}/artifacts`)).toEqual([]);
  });

  it.each([
    ['within a file', 5_500, 'It was cut off.'],
    ['within the head of a file', 2_100, 'It was cut off.'],
    ['within the manifest', 600, 'It was cut off.'],
    ['within its own head', 100, 'It was cut off.'],
  ])('a tar that was cut off %s', async (_what, sizeBytes, why) => {
    await exportStore(artifacts, file, { cacheDir: here });
    await truncate(file, sizeBytes);

    const error = await errorOf(async () => await importStore(file, { cacheDir: there }));

    expect(error.why).toContain(why);
    expect(await storeNames(there)).toEqual([]);
  });

  it('a tar that was cut off between two files', async () => {
    await tarOf(manifestOf(first, second), entryOf(second));
    const endBytes = 1024;
    await truncate(file, (await readFile(file)).length - endBytes);

    const error = await errorOf(async () => await importStore(file, { cacheDir: there }));

    expect(error.why).toBe(`It lacks sha256/${sha256(first)} (k3s), which its manifest names.`);
    expect(await storeNames(there)).toEqual([]);
  });

  it('something that is no tar', async () => {
    await writeFile(file, randomContent(4096));

    expect((await errorOf(async () => await importStore(file, { cacheDir: there }))).why).toContain('no tar');
  });

  it.each(['missing.tar', '.'])('%s, which is no file', async (name) => {
    const error = await errorOf(async () => await importStore(`${folder}/${name}`, { cacheDir: there }));

    expect(error).toMatchObject({ code: 'ERR_USAGE', exitCode: 2 });
  });
});

it('sweeps what a killed import left', async () => {
  await exportStore(artifacts, file, { cacheDir: here });
  const gone = ownerSuffix({ ...currentOwner(), pid: 4_190_000 });
  await mkdir(`${there}/artifacts/import.draft-${gone}-0badcafe`, { recursive: true });

  await importStore(file, { cacheDir: there });

  expect(await readdir(`${there}/artifacts`)).toEqual(['sha256']);
});

function fail(): never {
  throw new Error('there is an artifact');
}
