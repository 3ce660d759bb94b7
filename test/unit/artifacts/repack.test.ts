import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { forEachEntry } from '../../../builder/artifacts/archive-files.ts';
import { checkImageArchive } from '../../../builder/artifacts/check-archive.ts';
import { readImageArchive } from '../../../builder/artifacts/image-archive.ts';
import { repackImages } from '../../../builder/artifacts/repack.ts';
import { zstdWindowBytes } from '../../../builder/artifacts/zstd-window.ts';
import { hashFile } from '../../../builder/text/digest.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { fileTree } from '../../helpers/file-tree.ts';
import {
  dockerFiles,
  ociFiles,
  ociParts,
  type SampleImage,
  sha256,
  type TarFile,
  writeArchive,
  zstdOf,
} from '../../helpers/sample-images.ts';

const pause: SampleImage = { names: ['rancher/mirrored-pause:3.10.2'], layers: ['base', 'pause'] };
const dns: SampleImage = { names: ['rancher/mirrored-coredns-coredns:1.14.6'], layers: ['base', 'dns'] };
const traefik: SampleImage = { names: ['rancher/mirrored-library-traefik:3.7.8'], layers: ['traefik'] };
const all = [traefik, dns, pause];
const keep = ['mirrored-pause', 'mirrored-coredns-coredns'];

const formats = [
  ['Docker', dockerFiles],
  ['OCI', async (images: readonly SampleImage[]) => await ociFiles(images.map(withFullNames))],
] as const;

function withFullNames(image: SampleImage): SampleImage {
  return { ...image, names: image.names.map((name) => `docker.io/${name}`) };
}

/** A source of these files as k3s publishes it, and where the new archive is to be. */
async function sourceOf(files: readonly TarFile[]) {
  const folder = await fileTree({ 'out/': '' });
  const source = await zstdOf(await writeArchive(folder, files));
  const target = `${folder}/out/k3s-images-${(await hashFile(source)).slice(0, 12)}.tar.zst`;
  return { source, target, folder };
}

async function namesIn(file: string): Promise<string[]> {
  const names: string[] = [];
  await forEachEntry(file, {}, async (path) => {
    names.push(path);
  });
  return names;
}

describe('the archive of k3s, repacked', () => {
  it.each(formats)(
    'has only the wanted images, in an archive that k3s imports (from %s)',
    async (_, filesOf) => {
      const { source, target } = await sourceOf(await filesOf(all));

      await repackImages(source, target, { keep });

      const digests = [await hashFile(source)];
      expect(await checkImageArchive(target, { digests })).toEqual([]);
      const { format, images } = await readImageArchive(target);
      expect(format).toBe('oci-archive');
      expect(images.map(({ names }) => names)).toEqual([
        ['docker.io/rancher/mirrored-coredns-coredns:1.14.6'],
        ['docker.io/rancher/mirrored-pause:3.10.2'],
      ]);
      const { config, layers } = await ociParts(pause);
      expect(images[1]?.config?.digest).toBe(`sha256:${sha256(config)}`);
      expect(images[1]?.layers.map(({ digest }) => digest)).toEqual(
        layers.map((layer) => `sha256:${sha256(layer)}`),
      );
    },
  );

  it('keeps the manifest of an image in the format of OCI', async () => {
    const { source, target } = await sourceOf(await ociFiles([withFullNames(pause)]));

    await repackImages(source, target, { keep: ['mirrored-pause'] });

    const { images } = await readImageArchive(target);
    expect(images[0]?.manifest?.digest).toBe(`sha256:${sha256((await ociParts(pause)).manifest)}`);
  });

  it.each(formats)(
    'has a layer that two images share once, and nothing else (from %s)',
    async (_, filesOf) => {
      const { source, target } = await sourceOf(await filesOf(all));

      await repackImages(source, target, { keep });

      const names = await namesIn(target);
      const shared = sha256((await ociParts(pause)).layers[0] ?? '');
      expect(names.filter((name) => name === `blobs/sha256/${shared}`)).toHaveLength(1);
      // Two manifests, two configurations, three layers.
      expect(names).toHaveLength(2 + 7);
      expect(names).toEqual(['oci-layout', 'index.json', ...names.slice(2).sort()]);
    },
  );

  it.each(formats)(
    'has the same bytes each time, whatever is asked for first (from %s)',
    async (_, filesOf) => {
      const files = await filesOf(all);
      const first = await sourceOf(files);
      const second = await sourceOf(files);

      await repackImages(first.source, first.target, { keep });
      await repackImages(second.source, second.target, { keep: [...keep].reverse() });

      expect(await hashFile(second.target)).toBe(await hashFile(first.target));
    },
  );

  it('is the same from images in another order', async () => {
    const first = await sourceOf(await ociFiles(all.map(withFullNames)));
    const second = await sourceOf(await ociFiles([...all].reverse().map(withFullNames)));

    await repackImages(first.source, first.target, { keep });
    await repackImages(second.source, second.target, { keep });

    expect(await hashFile(second.target)).toBe(await hashFile(first.target));
  });

  it('has no times and no owners, and a window that k3s takes', async () => {
    const { source, target } = await sourceOf(await dockerFiles(all));

    await repackImages(source, target, { keep });

    expect(await zstdWindowBytes(target)).toBeLessThanOrEqual(32 * 1024 ** 2);
    await forEachEntry(target, {}, async (_, { header }) => {
      expect(header).toMatchObject({ mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '', mode: 0o644 });
    });
  });

  it('keeps all versions of a wanted image', async () => {
    const older: SampleImage = { names: ['rancher/mirrored-pause:3.6'], layers: ['old'] };
    const { source, target } = await sourceOf(await dockerFiles([...all, older]));

    await repackImages(source, target, { keep: ['rancher/mirrored-pause'] });

    const { images } = await readImageArchive(target);
    expect(images.flatMap(({ names }) => names)).toEqual([
      'docker.io/rancher/mirrored-pause:3.10.2',
      'docker.io/rancher/mirrored-pause:3.6',
    ]);
  });

  it.each([
    [
      'another name',
      ['mirrored-pause', 'local-path-provisioner', 'klipper-lb'],
      'local-path-provisioner or klipper-lb',
    ],
    ['a part of a name', ['pause'], 'pause'],
    ['a name with its tag', ['mirrored-pause:3.10.2'], 'mirrored-pause:3.10.2'],
  ])('is refused for %s, with the names that are there', async (_, wanted, missing) => {
    const { source, target, folder } = await sourceOf(await dockerFiles(all));

    const error = await errorOf(async () => await repackImages(source, target, { keep: wanted }));

    expect(error.message).toBe(`${source} has no image whose name ends with ${missing}.`);
    expect(error.details?.split('\n')).toEqual([
      'docker.io/rancher/mirrored-coredns-coredns:1.14.6',
      'docker.io/rancher/mirrored-library-traefik:3.7.8',
      'docker.io/rancher/mirrored-pause:3.10.2',
    ]);
    expect(await readdir(`${folder}/out`)).toEqual([]);
  });

  it('is refused if nothing is to be kept', async () => {
    const { source, target } = await sourceOf(await dockerFiles(all));

    const error = await errorOf(async () => await repackImages(source, target, { keep: [] }));

    expect(error.message).toContain('to be kept');
  });

  it.each(formats)(
    'is refused if a wanted image is damaged, and nothing stays (from %s)',
    async (_, filesOf) => {
      const layer = (await ociParts(pause)).layers[1];
      const files = (await filesOf(all)).map((file) =>
        Buffer.isBuffer(file.content) && layer?.equals(file.content) ? { ...file, content: 'damaged' } : file,
      );
      const { source, target, folder } = await sourceOf(files);

      const error = await errorOf(async () => await repackImages(source, target, { keep }));

      expect(error).toMatchObject({ code: 'ERR_DOWNLOAD', exitCode: 4 });
      expect(error.message).toContain('rancher/mirrored-pause:3.10.2');
      expect(error.why).toMatch(/should be sha256:.*, but is sha256:/);
      expect(await readdir(`${folder}/out`)).toEqual([]);
    },
  );

  it('is not made of images for another architecture', async () => {
    const { source, target, folder } = await sourceOf(
      await dockerFiles([{ ...pause, architecture: 'amd64' }]),
    );

    const error = await errorOf(async () => await repackImages(source, target, { keep: ['mirrored-pause'] }));

    expect(error.details).toContain('is for linux/amd64, not for linux/arm64');
    expect(await readdir(`${folder}/out`)).toEqual([]);
  });
});
