import { createHash } from 'node:crypto';
import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { PackageFile } from '../../../builder/debian/package-file.ts';
import {
  type FetchOptions,
  linkPackages,
  providePackages,
  storedPackage,
} from '../../../builder/debian/package-store.ts';
import type { DownloadProgress } from '../../../builder/host/download.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { fileTree } from '../../helpers/file-tree.ts';
import { listen } from '../../helpers/mirror-listen.ts';
import { samplePackage } from '../../helpers/sample-packages.ts';

/** A package whose file has this text. */
function packageOf(name: string, text: string): PackageFile {
  const sha256 = createHash('sha256').update(text).digest('hex');
  return samplePackage({ name, sha256, sizeBytes: Buffer.byteLength(text), path: `${name}.deb` });
}

const bash = packageOf('bash', 'the shell');
const sudo = packageOf('sudo', 'the other one');
const texts: Readonly<Record<string, string>> = { '/bash.deb': 'the shell', '/sudo.deb': 'the other one' };

/** A server with these files; all else is 404. */
async function serve(files: Readonly<Record<string, string>>) {
  const requests: string[] = [];
  const server = await listen((request, response) => {
    const path = request.url ?? '';
    requests.push(path);
    const text = files[path];
    response.writeHead(text === undefined ? 404 : 200).end(text ?? 'nothing here');
  });
  onTestFinished(async () => await server[Symbol.asyncDispose]());
  return { base: server.url, requests };
}

/** Fetches from a server; what was found damaged and how far it came are in the lists. */
function optionsFor(base: string, change: Partial<FetchOptions> = {}) {
  const damaged: string[] = [];
  const progress: DownloadProgress[] = [];
  const options: FetchOptions = {
    urls: ({ path }) => Promise.resolve([`${base}/${path}`]),
    isOffline: false,
    isLocked: false,
    aptOptions: () => Promise.resolve([]),
    onDamaged: ({ name }) => damaged.push(name),
    onProgress: (step) => progress.push(step),
    ...change,
  };
  return { options, damaged, progress };
}

/** A cache with the files of both packages. */
async function fullCache(): Promise<string> {
  return await fileTree({
    [`debs/${bash.sha256}.deb`]: 'the shell',
    [`debs/${sudo.sha256}.deb`]: 'the other one',
  });
}

describe('providePackages', () => {
  it('fetches what is missing, once', async () => {
    const cacheDir = await fileTree();
    const { base, requests } = await serve(texts);
    const { options, damaged, progress } = optionsFor(base);

    await providePackages(cacheDir, [bash, sudo], options);
    await providePackages(cacheDir, [bash, sudo], options);

    expect(requests.toSorted()).toEqual(['/bash.deb', '/sudo.deb']);
    expect(await readFile(storedPackage(cacheDir, bash), 'utf8')).toBe('the shell');
    expect((await readdir(`${cacheDir}/debs`)).toSorted()).toEqual(
      [bash, sudo].map(({ sha256 }) => `${sha256}.deb`).toSorted(),
    );
    expect(progress.at(-1)).toMatchObject({ doneFiles: 2, totalFiles: 2, doneBytes: 22, totalBytes: 22 });
    expect(damaged).toEqual([]);
  });

  it.each<[string, (path: string) => Promise<void>]>([
    ['with one wrong byte', async (path) => await writeFile(path, 'the shelL')],
    ['that was cut off', async (path) => await truncate(path, 4)],
    ['that is empty', async (path) => await truncate(path, 0)],
    ['that has grown', async (path) => await writeFile(path, 'the shell!')],
  ])('finds a kept file %s, says so, and fetches only that', async (_what, damage) => {
    const cacheDir = await fullCache();
    await damage(storedPackage(cacheDir, bash));
    const { base, requests } = await serve(texts);
    const { options, damaged } = optionsFor(base);

    await providePackages(cacheDir, [bash, sudo], options);

    expect(damaged).toEqual(['bash']);
    expect(requests).toEqual(['/bash.deb']);
    expect(await readFile(storedPackage(cacheDir, bash), 'utf8')).toBe('the shell');
  });

  it('removes a damaged file even if it can not be fetched', async () => {
    const cacheDir = await fullCache();
    await writeFile(storedPackage(cacheDir, bash), 'the shelL');
    const { options, damaged } = optionsFor('', { isOffline: true });

    const error = await errorOf(async () => await providePackages(cacheDir, [bash, sudo], options));

    expect(error.details).toBe('- bash 1.9.16-3 (arm64)');
    expect(damaged).toEqual(['bash']);
    expect(await readdir(`${cacheDir}/debs`)).toEqual([`${sudo.sha256}.deb`]);
  });

  it('needs no address offline if everything is there', async () => {
    const unused = () => Promise.reject(new Error('not needed'));
    const { options } = optionsFor('', { isOffline: true, urls: unused, aptOptions: unused });

    await providePackages(await fullCache(), [bash, sudo], options);
  });

  it('names exactly what is missing offline, and its size', async () => {
    const cacheDir = await fileTree({ [`debs/${bash.sha256}.deb`]: 'the shell' });
    const big = samplePackage({ name: 'linux', version: '7.3-1', sizeBytes: 2 ** 20 });
    const { options } = optionsFor('', { isOffline: true });

    const error = await errorOf(async () => await providePackages(cacheDir, [bash, big, sudo], options));

    expect(error.code).toBe('ERR_DOWNLOAD');
    expect(error.message).toMatch(/^2 packages \(1 MiB\) are not in the cache/);
    expect(error.details).toBe('- linux 7.3-1 (arm64)\n- sudo 1.9.16-3 (arm64)');
    expect(error.todo).toContain('without --offline');
  });

  it('says of one missing package that it is one', async () => {
    const { options } = optionsFor('', { isOffline: true });

    const error = await errorOf(async () => await providePackages(await fileTree(), [bash], options));

    expect(error.message).toMatch(/^1 package \(9 bytes\) is not in the cache/);
  });

  it('advises --refresh if the archive has a package no more, and keeps the others', async () => {
    const cacheDir = await fileTree();
    const { base } = await serve({ '/sudo.deb': 'the other one' });
    const { options } = optionsFor(base);

    const error = await errorOf(async () => await providePackages(cacheDir, [bash, sudo], options));

    expect(error.code).toBe('ERR_DOWNLOAD');
    expect(error.message).toBe('1 package of 2 could not be fetched.');
    expect(error.details).toContain('- bash 1.9.16-3 (arm64)');
    expect(error.details).toContain(`${base}/bash.deb: 404`);
    expect(error.details).not.toContain('sudo');
    expect(error.todo).toContain('--refresh');
    expect(await readdir(`${cacheDir}/debs`)).toEqual([`${sudo.sha256}.deb`]);
  });

  it('does not advise --refresh for the packages of a lock', async () => {
    const { base } = await serve({});
    const { options } = optionsFor(base, { isLocked: true });

    const error = await errorOf(async () => await providePackages(await fileTree(), [bash], options));

    expect(error.why).toContain('snapshot');
    expect(error.todo).toContain('without --locked');
    expect(error.todo).not.toContain('--refresh');
  });

  it('does not advise --refresh if the archive has another file of that name', async () => {
    const { base } = await serve({ '/bash.deb': 'the shelL' });
    const { options } = optionsFor(base);

    const error = await errorOf(async () => await providePackages(await fileTree(), [bash], options));

    expect(error.details).toContain('SHA-256');
    expect(error.todo).not.toContain('--refresh');
    expect(error.todo).toContain('debian.mirror');
  });

  it('goes on to the next address', async () => {
    const cacheDir = await fileTree();
    const { base, requests } = await serve({ '/past/bash.deb': 'the shell' });
    const { options } = optionsFor(base, {
      urls: ({ path }) => Promise.resolve([`${base}/${path}`, `${base}/past/${path}`]),
    });

    await providePackages(cacheDir, [bash], options);

    expect(requests).toEqual(['/bash.deb', '/past/bash.deb']);
    expect(await readFile(storedPackage(cacheDir, bash), 'utf8')).toBe('the shell');
  });
});

describe('linkPackages', () => {
  it('gives each file the name of apt’s archive folder, without a copy', async () => {
    const cacheDir = await fullCache();
    const folder = `${cacheDir}/work/repository/pool`;

    await linkPackages(cacheDir, [bash, { ...sudo, version: '2:1.0+b1' }], folder);

    expect((await readdir(folder)).toSorted()).toEqual([
      'bash_1.9.16-3_arm64.deb',
      'sudo_2%3a1.0+b1_arm64.deb',
    ]);
    const { ino } = await stat(storedPackage(cacheDir, bash));
    expect((await stat(`${folder}/bash_1.9.16-3_arm64.deb`)).ino).toBe(ino);
  });

  it('makes an empty folder of no packages', async () => {
    const cacheDir = await fileTree();

    await linkPackages(cacheDir, [], `${cacheDir}/pool`);

    expect(await readdir(`${cacheDir}/pool`)).toEqual([]);
  });
});
