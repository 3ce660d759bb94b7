import { truncate, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readImageArchive } from '../../../builder/artifacts/image-archive.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { fileTree } from '../../helpers/file-tree.ts';
import {
  descriptor,
  dockerFiles,
  ociFiles,
  ociParts,
  ociTypes,
  type SampleImage,
  sha256,
  type TarFile,
  tarOf,
  writeArchive,
  zstdOf,
} from '../../helpers/sample-images.ts';

const pause: SampleImage = { names: ['docker.io/rancher/pause:3'], layers: ['base', 'pause'] };
const dns: SampleImage = { names: ['docker.io/rancher/dns:1'], layers: ['base', 'dns'] };

async function read(files: readonly TarFile[]) {
  return await readImageArchive(await writeArchive(await fileTree(), files));
}

describe('an archive of images', () => {
  it.each([
    ['docker-archive', dockerFiles],
    ['oci-archive', ociFiles],
  ])('is read in the format %s', async (format, filesOf) => {
    const { config, layers } = await ociParts(dns);

    const archive = await read(await filesOf([pause, dns]));

    expect(archive.format).toBe(format);
    expect(archive.images.map(({ names }) => names)).toEqual([pause.names, dns.names]);
    const found = archive.images[1];
    expect(found?.platform).toBe('linux/arm64');
    expect(found?.config).toMatchObject({ digest: `sha256:${sha256(config)}`, sizeBytes: config.length });
    const digests = layers.map((layer) => `sha256:${sha256(layer)}`);
    expect(found?.layers.map(({ digest }) => digest)).toEqual(digests);
    expect(found?.layers.map(({ actualDigest }) => actualDigest)).toEqual(digests);
    expect(archive.unusedBlobs).toEqual([]);
  });

  it.each(['gzip', 'zstd', 'not at all'])('is read when it is compressed by %s', async (way) => {
    const file = await writeArchive(await fileTree(), await ociFiles([pause]));
    const packed = `${file}.gz`;
    await writeFile(packed, gzipSync(await tarOf(await ociFiles([pause]))));
    const chosen = way === 'gzip' ? packed : way === 'zstd' ? await zstdOf(file) : file;

    const { images } = await readImageArchive(chosen);

    expect(images.map(({ names }) => names)).toEqual([pause.names]);
  });

  it('is read with one name in the annotation of OCI, and with several names for one image', async () => {
    const { images } = await read(
      await ociFiles([{ ...pause, names: ['a.io/b:1', 'a.io/b:2'] }], 'org.opencontainers.image.ref.name'),
    );

    expect(images.map(({ names }) => names)).toEqual([['a.io/b:1', 'a.io/b:2']]);
  });

  it('is read by the list of OCI if it has both, as the importer does', async () => {
    const both = [...(await dockerFiles([dns])), ...(await ociFiles([pause]))];

    const { format, images } = await read(both);

    expect(format).toBe('oci-archive');
    expect(images.map(({ names }) => names)).toEqual([pause.names]);
  });

  it('gives the image for arm64 of an index, even if the others are not in it', async () => {
    const { files, arm64 } = await withNestedIndex();

    const { images, unusedBlobs } = await read(files);

    expect(images).toHaveLength(1);
    expect(images[0]).toMatchObject({ names: ['a.io/b:1'], platform: 'linux/arm64' });
    expect(images[0]?.manifest?.digest).toBe(`sha256:${sha256(arm64.manifest)}`);
    expect(unusedBlobs).toEqual([]);
  });

  it('tells what is missing and what belongs to nothing', async () => {
    const files = await ociFiles([pause]);
    const { layers } = await ociParts(pause);
    const lost = `blobs/sha256/${sha256(layers[0] ?? '')}`;
    const changed = files.filter(({ name }) => name !== lost);

    const { images, unusedBlobs } = await read([...changed, { name: 'blobs/sha256/stray', content: 'x' }]);

    expect(images[0]?.layers[0]?.actualDigest).toBeUndefined();
    expect(images[0]?.layers[1]?.actualDigest).toBe(images[0]?.layers[1]?.digest);
    expect(unusedBlobs).toEqual(['blobs/sha256/stray']);
  });

  it('may have links that lead nowhere or round in a circle', async () => {
    const files = (await dockerFiles([pause])).map((file) =>
      file.name === 'image0layer0/layer.tar' ? { name: file.name, linkTo: '../a' } : file,
    );

    const { images } = await read([...files, { name: 'a', linkTo: 'b' }, { name: 'b', linkTo: 'a' }]);

    expect(images[0]?.layers[0]?.actualDigest).toBeUndefined();
  });

  it.each([
    ['a tar of something else', async () => await tarOf([{ name: 'readme', content: 'x' }])],
    ['a text', async () => Buffer.from('this is no tar at all'.repeat(100))],
    [
      'a list that is none',
      async () =>
        await tarOf([
          { name: 'oci-layout', content: '{}' },
          { name: 'index.json', content: '{' },
        ]),
    ],
  ])('is not %s', async (_, bytes) => {
    const folder = await fileTree();
    await writeFile(`${folder}/a.tar`, await bytes());

    const error = await errorOf(async () => await readImageArchive(`${folder}/a.tar`));

    expect(error.code).toBe('ERR_DOWNLOAD');
    expect(error.exitCode).toBe(4);
    expect(error.message).toBe(`${folder}/a.tar is not a whole archive of container images.`);
    expect(error.todo).toContain('fetched anew');
  });

  it.each(['zstd', 'not at all'])('that is cut off is refused, compressed by %s', async (way) => {
    const plain = await writeArchive(await fileTree(), await dockerFiles([pause]));
    const file = way === 'zstd' ? await zstdOf(plain) : plain;
    await truncate(file, way === 'zstd' ? 200 : 700);

    const error = await errorOf(async () => await readImageArchive(file));

    expect(error.code).toBe('ERR_DOWNLOAD');
    expect(error.why).toMatch(way === 'zstd' ? /premature|truncated|unexpected end/i : /end of data/i);
  });
});

/** An archive whose list names an index with an image for amd64, which is not there, and one for arm64. */
async function withNestedIndex() {
  const arm64 = await ociParts({ names: [], layers: ['arm'] });
  const amd64 = await ociParts({ names: [], layers: ['amd'], architecture: 'amd64' });
  const platform = (architecture: string) => ({ platform: { os: 'linux', architecture } });
  const index = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: ociTypes.index,
      manifests: [
        { ...descriptor(ociTypes.manifest, amd64.manifest), ...platform('amd64') },
        { ...descriptor(ociTypes.manifest, arm64.manifest), ...platform('arm64') },
      ],
    }),
  );
  const top = {
    ...descriptor(ociTypes.index, index),
    annotations: { 'io.containerd.image.name': 'a.io/b:1' },
  };
  const blobs = [index, arm64.manifest, arm64.config, ...arm64.layers];
  const files: TarFile[] = [
    { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    { name: 'index.json', content: JSON.stringify({ schemaVersion: 2, manifests: [top] }) },
    ...blobs.map((content) => ({ name: `blobs/sha256/${sha256(content)}`, content })),
  ];
  return { files, arm64 };
}
