import { appendFile, copyFile, readFile, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ContainerImageArtifact } from '../../../builder/artifacts/artifact.ts';
import { stateOfImage, storedContainerImage } from '../../../builder/artifacts/container-image.ts';
import { type FillOptions, fillStore } from '../../../builder/artifacts/fill-store.ts';
import { exportStore } from '../../../builder/artifacts/transfer.ts';
import { importStore } from '../../../builder/artifacts/transfer-import.ts';
import { artifactOf, putStored, randomContent, storeNames } from '../../helpers/artifact-server.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { fileTree } from '../../helpers/file-tree.ts';
import { direct, serve, sha256 } from '../../helpers/mirror-steps.ts';
import type { SampleImage } from '../../helpers/sample-images.ts';
import { imageArtifactOf, putImage } from '../../helpers/stored-image.ts';

const sample: SampleImage = { names: ['registry.example/sample/app:v1'], layers: ['base', 'app'] };
const other: SampleImage = { names: ['registry.example/sample/app:v2'], layers: ['base', 'newer'] };
const content = randomContent(5_000);
const file = artifactOf(content, 'http://maker.example/k3s');

let here: string;
let there: string;
let tar: string;
let image: ContainerImageArtifact;

beforeEach(async () => {
  [here, there, tar] = [await fileTree(), await fileTree(), `${await fileTree()}/store.tar`];
  image = await imageArtifactOf(sample);
});

/** Without a tools tree `zstd` is that of the host. */
const hostTools = (async () => undefined) as unknown as FillOptions['tools'];

function offline(tools: FillOptions['tools'] = hostTools): FillOptions {
  return { cacheDir: here, tools, mirrors: [], isOffline: true };
}

describe('a store with a container image', () => {
  it('names files and images in one error when it lacks them offline, and needs no tools for that', async () => {
    const noTools = () => Promise.reject(new Error('the tools are not needed'));

    const error = await errorOf(async () => await fillStore([file, image], offline(noTools)));

    expect(error).toMatchObject({ code: 'ERR_DOWNLOAD', exitCode: 4 });
    expect(error.message).toBe('2 artifacts are not in the store, and nothing is fetched offline.');
    expect(error.details).toContain('- k3s v1.0 (4.9 KiB): missing');
    expect(error.details).toContain('- app (registry.example/sample/app:v1): missing');
    expect(error.details).toContain(`for arm64 ${image.arm64Digest}`);
    expect(error.todo).toContain('store import FILE');
  });

  it.each<[string, (path: string) => Promise<unknown>, RegExp]>([
    ['damaged', async (path) => await appendFile(path, 'x'), /app .*: damaged, /],
    [
      'another one',
      async (path) => await copyFile(await putImage(there, other), path),
      /app .*: damaged, .*is in the name/,
    ],
  ])('knows that the archive of its image is %s', async (_what, spoil, words) => {
    await spoil(await putImage(here, sample));

    const error = await errorOf(async () => await fillStore([image], offline()));

    expect(error.details).toMatch(words);
  });

  it('is not asked for more when it has all', async () => {
    await putStored(here, sha256(content), content);
    await putImage(here, sample);

    const { fetched, found } = await fillStore([file, image, image], offline());

    expect(fetched).toEqual([]);
    expect(found.map(({ name }) => name)).toEqual(['k3s', 'app']);
  });

  it('tells what is wrong with each, when a file and an image can not be had', async () => {
    const maker = await serve((_request, response) => response.writeHead(404).end());
    const k3s = artifactOf(content, `${maker.url}/k3s`);
    const job = async () =>
      await fillStore([k3s, image], {
        ...{ cacheDir: here, mirrors: [], isOffline: false, aptOptions: direct, retryDelayMs: 1 },
        // Nobody runs the registry, and there is no skopeo to ask it.
        tools: async () => ({ path: `${here}/no-tools` }),
      });

    const error = await errorOf(job);

    expect(error.code).toBe('ERR_DOWNLOAD');
    expect(error.details).toContain('k3s v1.0');
    expect(error.details).toContain(image.reference);
  });
});

describe('a store with a container image that moves', () => {
  it('is full on the other machine', async () => {
    await putStored(here, sha256(content), content);
    const path = await putImage(here, sample);

    const written = await exportStore([image, file, image], tar, { cacheDir: here });
    const outcome = await importStore(tar, { cacheDir: there });

    expect(written.map(({ name }) => name)).toEqual(['app', 'k3s']);
    expect(outcome.imported).toHaveLength(2);
    expect(await stateOfImage(image, { cacheDir: there })).toEqual({ kind: 'whole' });
    expect(await readFile(storedContainerImage(there, image))).toEqual(await readFile(path));
    expect((await importStore(tar, { cacheDir: there })).found).toHaveLength(2);
  });

  it('is not exported without its image', async () => {
    await putStored(here, sha256(content), content);

    const error = await errorOf(async () => await exportStore([image, file], tar, { cacheDir: here }));

    expect(error.message).toContain('1 artifact is not in the store');
  });

  it('is refused as a whole when what is called the image is another one', async () => {
    await putStored(here, sha256(content), content);
    await putImage(here, sample);
    const stranger = { ...image, reference: 'registry.example/sample/app:v9' };
    await exportUnchecked(stranger);

    const error = await errorOf(async () => await importStore(tar, { cacheDir: there }));

    expect(error.why).toContain('app: registry.example/sample/app:v9');
    expect(error.why).toContain('is not in it');
    expect(await storeNames(there)).toEqual([]);
  });

  /** As somebody else would write it: the right digests in a manifest that lies. */
  async function exportUnchecked(artifact: ContainerImageArtifact): Promise<void> {
    await exportStore([image, file], tar, { cacheDir: here });
    const bytes = await readFile(tar, 'latin1');
    const changed = bytes.replace(`"${image.reference}"`, `"${artifact.reference}"`);
    await writeFile(tar, changed, 'latin1');
  }
});
