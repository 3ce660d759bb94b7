import { rename, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { checkImageArchive, requireImportable } from '../../../builder/artifacts/check-archive.ts';
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
  tarOf,
  writeArchive,
  zstdOf,
} from '../../helpers/sample-images.ts';

const pause: SampleImage = { names: ['docker.io/rancher/pause:3'], layers: ['base', 'pause'] };
const dns: SampleImage = { names: ['docker.io/rancher/dns:1'], layers: ['base', 'dns'] };

async function check(files: readonly TarFile[]): Promise<readonly string[]> {
  return await checkImageArchive(await writeArchive(await fileTree(), files));
}

/** The files with another content for some of them; undefined removes one. */
function changed(files: readonly TarFile[], changes: Record<string, string | undefined>): TarFile[] {
  return files.flatMap((file) => {
    if (!(file.name in changes)) return [file];
    const content = changes[file.name];
    return content === undefined ? [] : [{ ...file, content }];
  });
}

/** The path in OCI's layout of a part of an image. */
async function blobPath(image: SampleImage, part: 'manifest' | 'config'): Promise<string> {
  return `blobs/sha256/${sha256((await ociParts(image))[part])}`;
}

describe('the check of an archive for k3s', () => {
  it.each([
    ['Docker', dockerFiles],
    ['OCI', ociFiles],
  ])('finds nothing in a right one of %s', async (_, filesOf) => {
    expect(await check(await filesOf([pause, dns]))).toEqual([]);
  });

  it('takes the short names that Docker writes, in its own format only', async () => {
    const short = { ...pause, names: ['rancher/pause:3'] };

    expect(await check(await dockerFiles([short]))).toEqual([]);
    expect(await check(await ociFiles([short]))).toEqual([
      '"rancher/pause:3" is no full name: registry, repository and tag are needed.',
    ]);
  });

  it.each([
    ['a bare tag', '3', 'io.containerd.image.name'],
    ['a bare tag for OCI', '3', 'org.opencontainers.image.ref.name'],
    ['no tag', 'docker.io/rancher/pause', 'io.containerd.image.name'],
  ])('refuses %s', async (_, name, annotation) => {
    expect(await check(await ociFiles([{ ...pause, names: [name] }], annotation))).toEqual([
      `"${name}" is no full name: registry, repository and tag are needed.`,
    ]);
  });

  it('refuses images without a name, and one name for two images', async () => {
    const nameless = await check(await ociFiles([{ ...pause, names: [] }]));
    const twice = await check(await ociFiles([pause, { ...dns, names: pause.names }]));

    expect(nameless).toEqual([expect.stringMatching(/^sha256:[0-9a-f]{64} has no name\.$/)]);
    expect(twice).toEqual(['Two images have the name docker.io/rancher/pause:3.']);
    expect(await check(await dockerFiles([{ ...pause, names: [] }]))).toEqual(['An image has no name.']);
  });

  it('refuses what is missing or changed, each with its digest', async () => {
    const { layers } = await ociParts(pause);
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = layers;
    const files = await ociFiles([pause]);

    const problems = await check(
      changed(files, {
        [`blobs/sha256/${sha256(first)}`]: undefined,
        [`blobs/sha256/${sha256(second)}`]: 'not that layer',
      }),
    );

    expect(problems).toEqual([
      `docker.io/rancher/pause:3: the layer 1 (sha256:${sha256(first)}) is not in the archive.`,
      `docker.io/rancher/pause:3: the layer 2 should be sha256:${sha256(second)}, but is sha256:${sha256('not that layer')}.`,
    ]);
  });

  it('refuses a changed or missing manifest and configuration', async () => {
    const files = await ociFiles([pause]);
    const manifest = await blobPath(pause, 'manifest');
    const config = await blobPath(pause, 'config');

    expect((await check(changed(files, { [manifest]: undefined }))).join('\n')).toContain(
      'is not in the archive',
    );
    const text = (await ociParts(pause)).manifest.toString();
    expect((await check(changed(files, { [manifest]: `${text} ` }))).join('\n')).toMatch(
      /the manifest should be sha256:.*, but is/,
    );
    expect((await check(changed(files, { [config]: undefined }))).join('\n')).toMatch(
      /the configuration \(sha256:.*\) is not in the archive/,
    );
  });

  it('refuses layers of Docker that are not those of the configuration', async () => {
    const problems = await check(changed(await dockerFiles([pause]), { 'image0layer1/layer.tar': 'other' }));

    expect(problems).toEqual([
      expect.stringMatching(/pause:3: the layer 2 should be sha256:.*, but is sha256:/),
    ]);
  });

  it('refuses images for another architecture, and blobs of no image', async () => {
    const problems = await check([
      ...(await ociFiles([{ ...pause, architecture: 'amd64' }])),
      { name: 'blobs/sha256/stray', content: 'x' },
    ]);

    expect(problems).toEqual([
      'docker.io/rancher/pause:3 is for linux/amd64, not for linux/arm64.',
      'blobs/sha256/stray belongs to no image.',
    ]);
  });

  it('refuses an archive without an image', async () => {
    expect(await check(await ociFiles([]))).toEqual(['There is no image in it.']);
  });
});

describe('the name of an archive for k3s', () => {
  async function nameProblems(name: string): Promise<readonly string[]> {
    const file = await writeArchive(await fileTree(), await ociFiles([pause]));
    const hex = await hashFile(file);
    const manifest = sha256((await ociParts(pause)).manifest);
    const digests = ['ab'.repeat(32)];
    const full = name.replace('FILE', hex.slice(0, 12)).replace('MANIFEST', manifest);
    return await checkImageArchive(file, { name: full, digests });
  }

  it.each(['pause-FILE.tar', 'MANIFEST.tar', 'k3s-abababababab.tar', '/some/where/pause-FILE.tar'])(
    '%s is taken',
    async (name) => {
      expect(await nameProblems(name)).toEqual([]);
    },
  );

  it.each([
    ['pause.tar', /^No digest of its content .* is in the name pause\.tar\.$/],
    ['pause-0123456789ab.tar', /^No digest of its content/],
    ['abab-pause.tar', /^No digest of its content/],
    ['pause-FILE.txt', /^k3s takes no file with such a name/],
    ['pause-FILE', /^k3s takes no file with such a name/],
    ['pause-FILE.tar.xz', /^k3s takes no file with such a name/],
    ['pause-FILE.tar.zst', /holds no zstd or gzip: another ending says so/],
    ['pause-FILE.tar.lz4', /holds no zstd or gzip: another ending says so/],
  ])('%s is refused', async (name, problem) => {
    expect(await nameProblems(name)).toEqual([expect.stringMatching(problem)]);
  });
});

describe('the window of an archive for k3s', () => {
  it.each([
    ['the usual level', ['-3'], []],
    ['the largest window that is taken', ['-1', '--long=25'], []],
    [
      'a larger window',
      ['--ultra', '-1', '--long=26'],
      ['Its zstd window is 64 MiB; k3s takes at most 32 MiB.'],
    ],
  ])('is looked at: %s', async (_, options, problems) => {
    const plain = await writeArchive(await fileTree(), await ociFiles([pause]));
    const file = await zstdOf(plain, options);
    const renamed = `${plain.slice(0, plain.lastIndexOf('/'))}/${(await hashFile(file)).slice(0, 12)}.tar.zst`;
    await rename(file, renamed);

    expect(await checkImageArchive(renamed)).toEqual(problems);
  });

  it('is not found in a damaged file', async () => {
    const file = `${await fileTree()}/damaged.tar.zst`;
    await writeFile(file, Buffer.from('28b52ffd04', 'hex'));

    expect(await checkImageArchive(file)).toEqual([expect.stringContaining('is not a whole zstd file')]);
  });
});

describe('requireImportable', () => {
  it('throws all problems at once, with exit code 4', async () => {
    const file = `${await fileTree()}/pause.tar`;
    await writeFile(file, await tarOf(await ociFiles([{ ...pause, architecture: 'amd64' }])));

    const error = await errorOf(async () => await requireImportable(file));

    expect(error).toMatchObject({ code: 'ERR_DOWNLOAD', exitCode: 4 });
    expect(error.details?.split('\n')).toHaveLength(2);
    expect(error.todo).toContain('scripts/hearth lock');
  });
});
