import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Artifact, ContainerImageArtifact, FileArtifact } from '../../../builder/artifacts/artifact.ts';
import { formatArtifactLock, readArtifactLock } from '../../../builder/artifacts/lock-file.ts';
import { type LockFlags, lockArtifacts } from '../../../builder/cli/commands/lock.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { fileTree } from '../../helpers/file-tree.ts';
import { githubRelease, hexOf, type Pages, serveMakers } from '../../helpers/makers.ts';
import { status } from '../../helpers/mirror-steps.ts';

const [old, newer] = ['v1.36.4+k3s1', 'v1.36.5+k3s1'];
const archive = 'k3s-airgap-images-arm64.tar.zst';
const asset = 'cloudflared-linux-arm64';
const about = { licence: 'Apache-2.0', mayBePublished: true, source: 'a test' };

function k3sPages(version: string): Pages {
  const tag = encodeURIComponent(version);
  const files = ['k3s-arm64', archive];
  return {
    [`/k3s-io/k3s/releases/download/${tag}/sha256sum-arm64.txt`]: files
      .map((name) => `${hexOf(`${version} ${name}`)}  ${name}\n`)
      .join(''),
    [`/api/repos/k3s-io/k3s/releases/tags/${tag}`]: githubRelease(
      version,
      Object.fromEntries(files.map((name) => [name, { size: name.length }])),
    ),
  };
}

function cloudflaredRelease(version: string) {
  const hex = hexOf(version);
  const assets = { [asset]: { size: 37, digest: `sha256:${hex}` } };
  return githubRelease(version, assets, { body: `${asset}: ${hex}` });
}

function cloudflaredPages(latest: string): Pages {
  const api = '/api/repos/cloudflare/cloudflared/releases';
  const versions = ['2026.8.0', '2026.8.1', '2026.10.0', latest];
  return {
    [`${api}/latest`]: cloudflaredRelease(latest),
    ...Object.fromEntries(versions.map((one) => [`${api}/tags/${one}`, cloudflaredRelease(one)])),
  };
}

const pages: Pages = {
  '/channels': { data: [{ name: 'stable', latest: newer }] },
  ...k3sPages(old),
  ...k3sPages(newer),
  ...cloudflaredPages('2026.10.0'),
};

function k3sFile(url: string, name: string, file: string): FileArtifact {
  return {
    ...{ name, kind: 'file', version: old, ...about, sizeBytes: file.length },
    url: `${url}/k3s-io/k3s/releases/download/${encodeURIComponent(old)}/${file}`,
    sha256: hexOf(`${old} ${file}`),
  };
}

function cloudflared(url: string, version = '2026.10.0'): FileArtifact {
  return {
    ...{ name: 'cloudflared', kind: 'file', version, ...about, sizeBytes: 37 },
    url: `${url}/cloudflare/cloudflared/releases/download/${version}/${asset}`,
    sha256: hexOf(version),
  };
}

function standardLock(url: string): Artifact[] {
  return [k3sFile(url, 'k3s', 'k3s-arm64'), k3sFile(url, 'k3s-images', archive), cloudflared(url)];
}

/** A project with a lock, and a maker for it. */
async function project(changed: Pages = {}, makeLock = standardLock) {
  const server = await serveMakers({ ...pages, ...changed });
  const before = formatArtifactLock({ artifacts: makeLock(server.url) });
  const folder = await fileTree({ 'artifacts.lock.yaml': before });
  const path = `${folder}/artifacts.lock.yaml`;
  return {
    server,
    before,
    text: async () => await readFile(path, 'utf8'),
    artifact: async (name: string) =>
      (await readArtifactLock(path)).artifacts.find((one) => one.name === name),
    lock: async (flags: LockFlags = {}) => await lockArtifacts(path, flags, server.context),
  };
}

describe('hearth lock', () => {
  it('takes newer versions, shows old and new, and leaves the rest as it is', async () => {
    const { server, lock, artifact } = await project();
    const { text, exitCode } = await lock();

    expect(exitCode).toBe(0);
    expect(text).toBe(`\
k3s          v1.36.4+k3s1  ->  v1.36.5+k3s1
k3s-images   v1.36.4+k3s1  ->  v1.36.5+k3s1
cloudflared  2026.10.0         as published

2 entries of artifacts.lock.yaml changed.
`);
    expect(await artifact('k3s')).toEqual({
      ...k3sFile(server.url, 'k3s', 'k3s-arm64'),
      version: newer,
      url: `${server.url}/k3s-io/k3s/releases/download/v1.36.5%2Bk3s1/k3s-arm64`,
      sha256: hexOf(`${newer} k3s-arm64`),
      source: 'sha256sum-arm64.txt of the release',
    });
    expect(await artifact('cloudflared')).toEqual(cloudflared(server.url));
  });

  it('changes nothing with --check, and ends with 1 when something is newer', async () => {
    const { lock, text, before } = await project();
    const result = await lock({ check: true });

    expect(result.exitCode).toBe(1);
    expect(result.text).toMatch(/2 entries would change; artifacts\.lock\.yaml was not changed\.\n$/);
    expect(await text()).toBe(before);
  });

  it('ends with 0 when nothing is newer, and does not touch the file', async () => {
    const channels = { data: [{ name: 'stable', latest: old }] };
    const { lock, text, before } = await project({ '/channels': channels });

    expect((await lock({ check: true })).exitCode).toBe(0);
    expect((await lock()).text).toMatch(/Nothing newer\.\n$/);
    expect(await text()).toBe(before);
  });

  it('never goes back to an older version', async () => {
    const channels = { data: [{ name: 'stable', latest: 'v1.35.8+k3s1' }] };
    const { lock, text, before } = await project({ '/channels': channels });

    expect((await lock()).exitCode).toBe(0);
    expect(await text()).toBe(before);
  });

  it('says what is known against a version that stays', async () => {
    const channels = { data: [{ name: 'stable', latest: old }] };
    const { lock } = await project({ '/channels': channels });

    expect((await lock()).text).toMatch(/^k3s: v1\.36\.4\+k3s1: .*CVE-2026-84445/m);
  });

  it('asks only the makers that --only names, and keeps a binary and its images together', async () => {
    const { server, lock, artifact } = await project();
    const { text } = await lock({ only: ['k3s-images'] });

    expect(text).not.toContain('cloudflared');
    expect(server.requests.filter((line) => line.includes('cloudflare'))).toEqual([]);
    expect(await artifact('k3s')).toMatchObject({ version: newer });
    expect(await artifact('k3s-images')).toMatchObject({ version: newer });
  });

  it('knows no other names', async () => {
    const { lock, server } = await project();
    const error = await errorOf(async () => await lock({ only: ['k3'] }));

    expect(error.code).toBe('ERR_USAGE');
    expect(error.todo).toBe('Did you mean k3s?');
    expect(server.requests).toEqual([]);
  });

  it('speaks JSON', async () => {
    const { lock } = await project();
    const { version, artifacts } = JSON.parse((await lock({ json: true })).text);

    expect(version).toBe(1);
    expect(artifacts[0]).toMatchObject({
      ...{ name: 'k3s', from: old, to: newer, state: 'newer', notes: [] },
      artifact: { name: 'k3s', version: newer },
    });
    expect(artifacts[2]).toMatchObject({ name: 'cloudflared', state: 'same' });
  });

  it('leaves a file alone whose maker is not known, and says so', async () => {
    const other = { ...cloudflared('https://mirror.example'), name: 'tool' };
    const { lock } = await project({}, () => [other]);

    expect((await lock()).text).toMatch(/^tool {2}2026\.10\.0 {4}not asked\n\ntool: no list of its maker/);
  });
});

describe('hearth lock stops, and writes nothing,', () => {
  const changedBefore = (change: Partial<FileArtifact>) => (url: string) => [
    { ...cloudflared(url), ...change },
  ];

  it.each([
    ['SHA-256', { sha256: 'a'.repeat(64) }, ['a'.repeat(64), hexOf('2026.10.0')]],
    ['size', { sizeBytes: 36 }, ['36', '37']],
  ])('when the %s of the locked version is another one now', async (_name, change, values) => {
    const newest = cloudflaredPages('2026.11.1');
    const { lock, text, before } = await project(newest, changedBefore(change));
    const error = await errorOf(async () => await lock());

    expect(error.code).toBe('ERR_DOWNLOAD');
    expect(error.message).toContain('disagree about 2026.10.0');
    for (const value of values) expect(error.details).toContain(`  ${value}`);
    expect(await text()).toBe(before);
  });

  it('when one of several makers can not be asked', async () => {
    const { lock, text, before } = await project({
      '/api/repos/cloudflare/cloudflared/releases/latest': status(503),
    });
    const error = await errorOf(async () => await lock());

    expect(error.exitCode).toBe(4);
    expect(error.why).toMatch(/releases\/latest: 503 Service Unavailable \(4 tries\)$/);
    expect(await text()).toBe(before);
  });

  it('and tells all failures at once', async () => {
    const { lock } = await project({
      '/channels': status(404),
      '/api/repos/cloudflare/cloudflared/releases/latest': 'garbage',
    });
    const error = await errorOf(async () => await lock());

    expect(error.message).toBe('2 artifacts could not be resolved.');
    expect(error.details).toMatch(/\/channels: 404 Not Found/);
    expect(error.details).toMatch(/\/latest: the answer is not JSON/);
  });

  it('when the locked version has known flaws and nothing better is published', async () => {
    const { lock, text, before } = await project(cloudflaredPages('2026.8.1'), (url) => [
      cloudflared(url, '2026.8.0'),
    ]);
    const error = await errorOf(async () => await lock());

    expect(error.code).toBe('ERR_LOCK_INVALID');
    expect(error.details).toMatch(/^cloudflared 2026\.8\.0: .*VULN-141859/);
    expect(await text()).toBe(before);
  });
});

describe('known flaws', () => {
  it('keep hearth lock from a newer version', async () => {
    const { lock, text, before } = await project(cloudflaredPages('2026.8.1'), (url) => [
      cloudflared(url, '2026.7.2'),
    ]);
    // Its own page is needed too.
    const error = await errorOf(async () => await lock());
    expect(error.why).toMatch(/2026\.7\.2: 404 Not Found$/);

    const again = await project(
      {
        ...cloudflaredPages('2026.8.1'),
        '/api/repos/cloudflare/cloudflared/releases/tags/2026.7.2': cloudflaredRelease('2026.7.2'),
      },
      (url) => [cloudflared(url, '2026.7.2')],
    );
    const result = await again.lock();
    expect(result.text).toMatch(/^cloudflared: 2026\.8\.1 is refused: .*VULN-141859/m);
    expect(await again.text()).toBe(again.before);
    expect(await text()).toBe(before);
  });

  it('are left behind by taking a newer version', async () => {
    const { lock, artifact } = await project(cloudflaredPages('2026.10.0'), (url) => [
      cloudflared(url, '2026.8.0'),
    ]);

    expect((await lock()).text).toMatch(/^cloudflared {2}2026\.8\.0 {2}-> {2}2026\.10\.0$/m);
    expect(await artifact('cloudflared')).toMatchObject({ version: '2026.10.0' });
  });
});

describe('an image', () => {
  const indexType = 'application/vnd.oci.image.index.v1+json';
  const children = ['amd64', 'arm64'].map((architecture) => ({
    ...{ mediaType: 'application/vnd.oci.image.manifest.v1+json', size: 1 },
    ...{ digest: `sha256:${hexOf(architecture)}`, platform: { os: 'linux', architecture } },
  }));
  const index = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: children });
  const imagePages: Pages = {
    '/v2/library/postgres/tags/list?n=1000': { tags: ['17.11-alpine', '18.1-alpine'] },
    '/v2/library/postgres/manifests/17.11-alpine': (
      _request: unknown,
      response: { setHeader(name: string, value: string): void; end(text: string): void },
    ) => {
      response.setHeader('content-type', indexType);
      response.end(index);
    },
  };
  const postgres = (indexDigest: string): ContainerImageArtifact => ({
    ...{ name: 'postgres', kind: 'container-image', ...about, indexDigest },
    ...{ reference: 'docker.io/library/postgres:17.11-alpine', arm64Digest: `sha256:${hexOf('arm64')}` },
  });

  it('is as published while its tag is', async () => {
    const { lock } = await project(imagePages, () => [postgres(`sha256:${hexOf(index)}`)]);

    expect((await lock({ check: true })).text).toMatch(/^postgres {2}17\.11-alpine {4}as published$/m);
  });

  it('that was pinned by its child for amd64 is refused, and called so', async () => {
    const child = `sha256:${hexOf('amd64')}`;
    const { lock, text, before } = await project(imagePages, () => [postgres(child)]);
    const error = await errorOf(async () => await lock());

    expect(error.code).toBe('ERR_DOWNLOAD');
    expect(error.why).toBe(
      'The locked indexDigest is that of the image for linux/amd64 alone, not of the index.',
    );
    expect(error.details).toContain(child);
    expect(error.details).toContain(`sha256:${hexOf(index)}`);
    expect(await text()).toBe(before);
  });

  it('that was built anew is taken only when it is named', async () => {
    const before = postgres(`sha256:${hexOf('the build before')}`);
    const { lock, artifact } = await project(imagePages, () => [before]);
    const error = await errorOf(async () => await lock());
    expect(error.todo).toContain('scripts/hearth lock --rebuilt postgres');

    expect((await lock({ rebuilt: ['postgres'], check: true })).exitCode).toBe(1);
    expect((await lock({ rebuilt: ['postgres'] })).text).toMatch(
      /^postgres .*-> {2}17\.11-alpine, built anew$/m,
    );
    expect(await artifact('postgres')).toMatchObject({ indexDigest: `sha256:${hexOf(index)}` });
  });

  it('is the only kind that --rebuilt takes', async () => {
    const { lock } = await project();

    expect((await errorOf(async () => await lock({ rebuilt: ['k3s'] }))).code).toBe('ERR_USAGE');
  });
});
