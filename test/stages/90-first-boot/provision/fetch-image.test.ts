import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { examineImageArchive } from '../../../../builder/artifacts/check-archive.ts';
import { StepFailure } from '../../../../stages/90-first-boot/agent/device/door.ts';
import type { DeviceContainerImage } from '../../../../stages/90-first-boot/agent/provision/device-artifact.ts';
import { fetchImage } from '../../../../stages/90-first-boot/agent/provision/fetch-image.ts';
import { isArchiveMade } from '../../../../stages/90-first-boot/agent/provision/made-archive.ts';
import { registryOf } from '../../../../stages/90-first-boot/agent/provision/registry.ts';
import { type FetchDevice, type FetchMore, fetchDevice, refusalOf } from './fetch-parts.ts';
import {
  cutAfter,
  otherSize,
  plain,
  silentAfter,
  slowly,
  status,
  tooMuch,
  wrongContent,
} from './file-server.ts';
import {
  type ImageRegistry,
  type RegistryImage,
  type RegistryOptions,
  registryImage,
  serveImage,
} from './image-registry.ts';

const isDockers = true;
let image: RegistryImage;
let device: FetchDevice;

beforeAll(async () => {
  const large = randomBytes(300_000).toString('base64');
  image = await registryImage({ names: [], layers: [large, 'second', 'second'], isDockers });
});

beforeEach(() => {
  device = fetchDevice();
});

afterEach(async () => await device.remove());

describe('fetchImage', () => {
  it('makes an archive that k3s imports, and leaves nothing else', async () => {
    const registry = await serving();
    const artifact = registry.artifact();
    await fetch(artifact);

    const target = join(device.root, artifact.path);
    const { problems, archive } = await examineImageArchive(target);
    expect(problems).toEqual([]);
    expect(archive?.images).toMatchObject([
      { names: [artifact.reference], platform: 'linux/arm64', manifest: { digest: artifact.arm64Digest } },
    ]);
    expect(statSync(target).mode & 0o777).toBe(0o644);
    expect(readdirSync(dirname(target)).sort()).toEqual(
      [target, `${target}.made`].map((path) => path.split('/').at(-1)),
    );
    expect(readdirSync(device.folder)).toEqual([]);
    // Each content once, also when two layers are the same.
    const parts = [image.config, ...new Set(image.layers)].sort();
    expect(registry.asked).toEqual([
      `manifest ${image.manifest.slice(0, 12)}`,
      ...parts.map((hex) => `blob ${hex.slice(0, 12)}`),
    ]);
    expect(device.told.at(-1)).toMatch(/^1\.00 \d+ kB of \d+ kB$/);
    expect(device.told).toContainEqual(expect.stringMatching(/^0\.9\d Putting the parts together: /));
    const fractions = device.told.map((line) => Number(line.split(' ')[0]));
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  });

  it('makes the same bytes each time', async () => {
    const registry = await serving();
    const first = await made(registry.artifact());
    const second = await made(registry.artifact({ path: `/other/${image.manifest}.tar` }));

    expect(second.equals(first)).toBe(true);
  });

  it('ends at once when the archive is there, and makes it again when it is not whole', async () => {
    const registry = await serving();
    const artifact = registry.artifact();
    const whole = await made(artifact);
    const count = registry.asked.length;
    await fetch(artifact);
    expect(registry.asked.length).toBe(count);
    truncateSync(join(device.root, artifact.path), whole.length - 512);
    expect(isArchiveMade(join(device.root, artifact.path))).toBe(false);

    expect((await made(artifact)).equals(whole)).toBe(true);
  });

  it('does not take a file for its archive that it has not made', async () => {
    const registry = await serving();
    const artifact = registry.artifact();
    const target = join(device.root, artifact.path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, 'x');

    expect(isArchiveMade(target)).toBe(false);
    await made(artifact);
    expect((await examineImageArchive(target)).problems).toEqual([]);
  });

  it('asks for a token, shows it to the registry only, and asks again when it has expired', async () => {
    const registry = await serving({ usesPerToken: 2, isRedirecting: true });
    await fetch(registry.artifact());

    expect(registry.asked.filter((line) => line.startsWith('token'))).toEqual([
      'token repository:sample/app:pull',
      'token repository:sample/app:pull',
    ]);
    expect(registry.asked.filter((line) => line.startsWith('elsewhere')).length).toBe(3);
    expect(registry.shown.length).toBe(4);
    expect(registry.shown.filter((line) => !/^home Bearer token-[12]$/.test(line))).toEqual([]);
    expect(device.log.join('\n')).not.toMatch(/token-|signature/);
  });

  it('goes on after cuts where it was', async () => {
    const registry = await serving({ blobs: [cutAfter(1_000), cutAfter(100_000), cutAfter(100_000), plain] });
    await fetch(registry.artifact());

    expectWhole(registry.artifact());
    const total = [...image.parts.values()].reduce((sum, { length }) => sum + length, 0);
    // What was still on its way when a connection broke is sent twice, no more.
    expect(registry.sentBytes()).toBeLessThan(total + 300_000);
    expect(registry.asked.filter((line) => line.includes('bytes=')).length).toBeGreaterThan(0);
  });

  it('goes on at the next start, without asking again for what is whole', async () => {
    const [first = '', second = ''] = [image.config, ...new Set(image.layers)].sort();
    const registry = await serving({ blobs: [plain, status(404)] });
    await refused(registry.artifact());
    expect(registry.asked.at(-1)).toBe(`blob ${second.slice(0, 12)}`);
    const later = await serving();
    await fetch(later.artifact());

    expectWhole(later.artifact());
    expect(later.asked.map((line) => line.split(' ')[1])).not.toContain(first.slice(0, 12));
    expect(later.asked.map((line) => line.split(' ')[0])).not.toContain('manifest');
  });

  it('takes all from a mirror, and asks no registry', async () => {
    const registry = await serving();
    const mirror = await serving({ isMirror: true });
    await fetch(registry.artifact(), { mirrors: [`${mirror.url}/`] });

    expectWhole(registry.artifact());
    expect(registry.asked).toEqual([]);
    expect(mirror.asked.length).toBe(4);
  });

  it('takes from the registry what the mirror does not have, or has wrong', async () => {
    const registry = await serving();
    const mirror = await serving({ isMirror: true, blobs: [status(404), wrongContent, plain] });
    await fetch(registry.artifact(), { mirrors: [mirror.url] });

    expectWhole(registry.artifact());
    expect(registry.asked.length).toBe(2);
  });

  it('waits while the registry is busy', async () => {
    const registry = await serving({
      manifests: [status(429), plain],
      blobs: [status(503), silentAfter(10), plain],
    });
    await fetch(registry.artifact());

    expectWhole(registry.artifact());
    expect(device.pauses.length).toBeGreaterThan(2);
  });

  it('stops when the device is shut down', async () => {
    const registry = await serving({ blobs: [slowly(10_000, 30)] });
    const done = fetch(registry.artifact()).catch((error: unknown) => error);
    while (registry.sentBytes() < 50_000) await new Promise((resolve) => setTimeout(resolve, 5));
    device.stop.abort();

    expect(await done).not.toBeInstanceOf(StepFailure);
    expect(existsSync(join(device.root, registry.artifact().path))).toBe(false);
  });

  it('keeps what is wanted of others, and throws away the rest', async () => {
    const registry = await serving();
    const other = registry.artifact({ name: 'other', arm64Digest: `sha256:${'2'.repeat(64)}` });
    for (const hex of ['2', '3']) mkdirSync(join(device.folder, hex.repeat(64)), { recursive: true });
    writeFileSync(join(device.folder, '3'.repeat(64), 'x.part'), 'x');
    await fetchImage(registry.artifact(), placeOf({}, [registry.artifact(), other]), device.task);

    expect(readdirSync(device.folder)).toEqual(['2'.repeat(64)]);
  });
});

describe('a container image that can not be had', () => {
  it.each<[string, RegistryOptions, string]>([
    ['is not there', { manifests: [status(404)] }, 'does not give out "app" (answer 404)'],
    ['is not for everybody', { usesPerToken: 0 }, 'does not give out "app" (answer 401)'],
    ['wants a password', { manifests: [status(401)] }, 'does not give out "app" (answer 401)'],
    ['has another manifest', { manifests: [wrongContent] }, 'not the "app" that this image expects'],
    ['has a sign-in page', { manifests: [otherSize] }, 'not the "app" that this image expects'],
    ['has no such layer', { blobs: [status(404)] }, 'does not give out "app" (answer 404)'],
    ['has another layer', { blobs: [wrongContent] }, 'not the "app" that this image expects'],
    ['has a longer layer', { blobs: [tooMuch] }, 'not the "app" that this image expects'],
    ['breaks each connection', { blobs: [cutAfter(0)] }, 'connection breaks again and again'],
  ])('because it %s', async (_what, options, why) => {
    const registry = await serving(options);

    expect(await refused(registry.artifact())).toContain(why);
    expect(existsSync(join(device.root, registry.artifact().path))).toBe(false);
  });

  it.each(['of the registry', 'that an earlier try kept'])('by another manifest %s', async (from) => {
    const manifest = JSON.parse(image.parts.get(image.manifest)?.toString('utf8') ?? '');
    const other = Buffer.from(JSON.stringify({ ...manifest, layers: manifest.layers.slice(1) }));
    const registry = await serving({ manifests: [({ response }) => void response.end(other)] });
    if (from !== 'of the registry') {
      mkdirSync(join(device.folder, image.manifest), { recursive: true });
      writeFileSync(join(device.folder, image.manifest, 'manifest.json'), other);
    }

    expect(await refused(registry.artifact())).toContain('not the "app" that this image expects');
    expect(registry.asked.length).toBe(1);
  });

  it('because there is no room for its parts and the archive, before a part is fetched', async () => {
    const registry = await serving();
    const free = [...image.parts.values()].reduce((sum, { length }) => sum + length, 0) + 32 * 1024 ** 2;
    const words = await refused(registry.artifact(), { world: { freeBytes: () => free } });

    expect(words).toContain('no room for "app"');
    expect(registry.asked.length).toBe(1);
  });
});

describe('the registry of an image', () => {
  const hex = 'a'.repeat(64);

  it.each([
    ['docker.io/library/redis:8', `https://registry-1.docker.io/v2/library/redis/manifests/sha256:${hex}`],
    ['docker.io/redis:8', `https://registry-1.docker.io/v2/library/redis/manifests/sha256:${hex}`],
    ['docker.io/rancher/pause:3', `https://registry-1.docker.io/v2/rancher/pause/manifests/sha256:${hex}`],
    ['ghcr.io/mastodon/mastodon:v4', `https://ghcr.io/v2/mastodon/mastodon/manifests/sha256:${hex}`],
    ['host.example:5000/a/b/c:v1', `https://host.example:5000/v2/a/b/c/manifests/sha256:${hex}`],
  ])('of %s is asked at its own address', (reference, address) => {
    expect(registryOf(reference)('manifests', hex).address).toBe(address);
  });

  it.each([
    ['Bearer realm="http://tokens.example/token"', 'untrusted'],
    ['Bearer realm="file:///etc/passwd"', 'untrusted'],
    ['Bearer service="x"', 'refused'],
    ['Basic realm="https://tokens.example/"', 'refused'],
  ])('is not believed when it says %s', async (challenge, kind) => {
    const { identity } = registryOf('ghcr.io/a/b:v1')('blobs', hex);
    const options = { idleMs: 100, signal: new AbortController().signal, isConnected: () => true };

    await expect(identity?.renew(challenge, options)).rejects.toMatchObject({ name: 'FetchTrouble', kind });
    expect(identity?.authorization()).toBeUndefined();
  });
});

async function serving(options: RegistryOptions = {}): Promise<ImageRegistry> {
  return device.closing(await serveImage(image, options));
}

function placeOf(more: FetchMore, wanted: readonly DeviceContainerImage[]) {
  const world = { ...device.world, patienceMs: 60_000, ...more.world };
  return { mirrors: more.mirrors ?? [], wanted, folder: device.folder, world };
}

async function fetch(artifact: DeviceContainerImage, more: FetchMore = {}): Promise<void> {
  await fetchImage(artifact, placeOf(more, [artifact]), device.task);
}

async function made(artifact: DeviceContainerImage): Promise<Buffer> {
  await fetch(artifact);
  return readFileSync(join(device.root, artifact.path));
}

async function refused(artifact: DeviceContainerImage, more: FetchMore = {}): Promise<string> {
  return await refusalOf(fetch(artifact, more));
}

function expectWhole({ path }: DeviceContainerImage): void {
  expect(isArchiveMade(join(device.root, path))).toBe(true);
  expect(readdirSync(device.folder)).toEqual([]);
  rmSync(join(device.root, path));
}
