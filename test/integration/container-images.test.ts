import { appendFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { forEachEntry } from '../../builder/artifacts/archive-files.ts';
import type { ContainerImageArtifact } from '../../builder/artifacts/artifact.ts';
import { checkImageArchive } from '../../builder/artifacts/check-archive.ts';
import {
  provideContainerImage,
  stateOfImage,
  storedContainerImage,
} from '../../builder/artifacts/container-image.ts';
import { readImageArchive } from '../../builder/artifacts/image-archive.ts';
import { exists } from '../../builder/host/exists.ts';
import type { ToolsTree } from '../../builder/host/tools-tree.ts';
import { hashFile } from '../../builder/text/digest.ts';
import { errorOf } from '../helpers/error-of.ts';
import { type PushedIndex, Registry } from '../helpers/registry.ts';
import { ociParts, type SampleImage, sha256 } from '../helpers/sample-images.ts';
import { toolsForTests } from '../helpers/tools.ts';

const arm64: SampleImage = { names: [], layers: ['base', 'for a Raspberry Pi'] };
const amd64: SampleImage = { names: [], layers: ['base', 'for a PC'], architecture: 'amd64' };

let tools: ToolsTree;
let registry: Registry;
/** An index of both. */
let pushed: PushedIndex;
let cacheDir: string;

beforeAll(async () => {
  tools = await toolsForTests();
  registry = await Registry.start();
  pushed = await registry.push('sample/app:v1', [amd64, arm64]);
});

afterAll(async () => {
  await registry?.stop();
});

beforeEach(async () => {
  cacheDir = await newCache();
});

async function newCache(): Promise<string> {
  const folder = await mkdtemp(`${tmpdir()}/hearth-images-`);
  onTestFinished(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

function artifactOf(
  index: PushedIndex,
  changes: Partial<ContainerImageArtifact> = {},
): ContainerImageArtifact {
  return {
    name: 'app',
    kind: 'container-image',
    reference: index.reference,
    indexDigest: index.indexDigest,
    arm64Digest: index.digests[1] ?? '',
    licence: 'MIT',
    mayBePublished: true,
    source: 'a test',
    ...changes,
  };
}

async function provide(artifact: ContainerImageArtifact): Promise<string> {
  return await provideContainerImage(artifact, { cacheDir, tools });
}

/** The error of a copy that must leave nothing behind. */
async function refusal(artifact: ContainerImageArtifact) {
  const error = await errorOf(async () => await provide(artifact));
  expect(error).toMatchObject({ code: 'ERR_DOWNLOAD', exitCode: 4 });
  expect(await readdir(`${cacheDir}/artifacts/images`).catch(() => [])).toEqual([]);
  return error;
}

describe('a container image of a registry', () => {
  it('comes by its digest into an archive that k3s imports, and only that for arm64', async () => {
    const artifact = artifactOf(pushed);

    const file = await provide(artifact);

    expect(file).toBe(`${cacheDir}/artifacts/images/${artifact.arm64Digest.slice(7)}.tar.zst`);
    expect(file).toBe(storedContainerImage(cacheDir, artifact));
    expect(await checkImageArchive(file, { tools })).toEqual([]);
    const { images } = await readImageArchive(file, { tools });
    expect(images).toHaveLength(1);
    expect(images[0]).toMatchObject({ names: [pushed.reference], platform: 'linux/arm64' });
    const { manifest, config, layers } = await ociParts(arm64);
    const paths: string[] = [];
    await forEachEntry(file, { tools }, async (path) => {
      paths.push(path);
    });
    const hex = [manifest, config, ...layers].map(sha256);
    expect(paths.slice(2)).toEqual(hex.map((each) => `blobs/sha256/${each}`).sort());
    expect(await readdir(`${cacheDir}/artifacts/images`)).toHaveLength(1);
  });

  it('keeps its digests in the words of Docker too, with compressed layers', async () => {
    const dockers = [amd64, arm64].map((image) => ({ ...image, isDockers: true }));
    const index = await registry.push('sample/dockers:v1', dockers);

    const file = await provide(artifactOf(index));

    expect(await checkImageArchive(file, { tools })).toEqual([]);
    const { images } = await readImageArchive(file, { tools });
    expect(images[0]?.manifest?.digest).toBe(index.digests[1]);
  });

  it('has the same bytes in each cache', async () => {
    const first = await hashFile(await provide(artifactOf(pushed)));
    cacheDir = await newCache();

    expect(await hashFile(await provide(artifactOf(pushed)))).toBe(first);
  });

  it('is the pinned one even when its tag has moved on', async () => {
    const moved = await registry.push('sample/moving:v1', [amd64, arm64]);
    await registry.push('sample/moving:v1', [amd64, { ...arm64, layers: ['newer'] }]);

    const file = await provide(artifactOf(moved));

    expect((await readImageArchive(file, { tools })).images[0]?.manifest?.digest).toBe(moved.digests[1]);
  });

  it('is not asked for again', async () => {
    const other = await Registry.start();
    const index = await other.push('sample/app:v1', [amd64, arm64]);
    const file = await provide(artifactOf(index));
    await other.stop();

    expect(await provide(artifactOf(index))).toBe(file);
  });

  it('is fetched anew if its archive is damaged', async () => {
    const artifact = artifactOf(pushed);
    const file = await provide(artifact);
    const digest = await hashFile(file);
    await appendFile(file, 'damage');
    expect(await stateOfImage(artifact, { cacheDir, tools })).toMatchObject({ kind: 'damaged' });

    await provide(artifact);

    expect(await hashFile(file)).toBe(digest);
    expect(await stateOfImage(artifact, { cacheDir, tools })).toEqual({ kind: 'whole' });
  });

  it('is made without the halves that a killed run left', async () => {
    const folder = `${cacheDir}/artifacts/images`;
    // Older names end with the number of a process; this one is that of no build.
    await mkdir(`${folder}/x.tar.zst.draft-999999`, { recursive: true });

    const file = await provide(artifactOf(pushed));

    expect(await readdir(folder)).toEqual([basename(file)]);
  });

  it('leaves no notes in the tools tree', async () => {
    await provide(artifactOf(pushed));

    expect(await exists(`${tools.path}/var/lib/containers`)).toBe(false);
  });
});

describe('a container image is refused', () => {
  it('when the registry has no such index', async () => {
    const error = await refusal(artifactOf(pushed, { indexDigest: `sha256:${'0'.repeat(64)}` }));

    expect(error.message).toBe(`The container image ${pushed.reference} could not be fetched.`);
    expect(error.why).toContain(`does not give it: sha256:${'0'.repeat(64)}`);
    expect(error.details).toMatch(/manifest unknown/);
    expect(error.todo).toContain('scripts/hearth lock');
  });

  it('when the digest of the image for amd64 stands in place of the index', async () => {
    const child = pushed.digests[0] ?? '';

    const error = await refusal(artifactOf(pushed, { indexDigest: child }));

    expect(error.message).toBe(`The container image ${pushed.reference} is not what the lock says.`);
    expect(error.why).toBe(
      `${child} is the image of one architecture, not the index that names all of them.`,
    );
    expect(error.todo).toBe('Pin it again: scripts/hearth lock --only app');
  });

  it('when the digest of the image for amd64 stands in place of that for arm64', async () => {
    const child = pushed.digests[0] ?? '';

    const error = await refusal(artifactOf(pushed, { arm64Digest: child }));

    expect(error.why).toBe(`${child} is the image for linux/amd64, not for linux/arm64.`);
    expect(error.details).toContain(`linux/arm64: ${pushed.digests[1]}`);
  });

  it('when the index does not name the image', async () => {
    const stray = `sha256:${'1'.repeat(64)}`;

    const error = await refusal(artifactOf(pushed, { arm64Digest: stray }));

    expect(error.why).toBe(`Its index does not name ${stray}.`);
  });

  it('when the index says arm64 and the image is for another architecture', async () => {
    const lie = await registry.push('sample/lie:v1', [arm64, amd64], ['amd64', 'arm64']);

    const error = await refusal(artifactOf(lie));

    expect(error.details).toContain('is for linux/amd64, not for linux/arm64');
  });

  it('when a layer is not what its digest says', async () => {
    const image = { ...arm64, layers: ['base', 'soon damaged'] };
    const index = await registry.push('sample/damaged:v1', [amd64, image]);
    await registry.damage(`sha256:${sha256((await ociParts(image)).layers[1] ?? '')}`);

    const error = await refusal(artifactOf(index));

    expect(error.details).toMatch(/digest|verif/i);
  });

  it('when nobody answers, with the way to go on', async () => {
    const gone = await Registry.start();
    const index = await gone.push('sample/app:v1', [amd64, arm64]);
    await gone.stop();

    const error = await refusal(artifactOf(index));

    expect(error.why).toBe(`The registry ${gone.host} could not be reached, or stopped answering.`);
    expect(error.details).toContain('connection refused');
    expect(error.todo).toContain(`https://${gone.host}/v2/`);
    expect(error.state).toBe('Nothing of it was kept.');
  });
});
