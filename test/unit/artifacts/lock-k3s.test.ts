import { describe, expect, it } from 'vitest';
import type { FileArtifact } from '../../../builder/artifacts/artifact.ts';
import { checksumFor, k3sResolver } from '../../../builder/artifacts/resolve/k3s.ts';
import { githubFile } from '../../../builder/artifacts/upstream.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { githubRelease, hexOf, type Pages, serveMakers } from '../../helpers/makers.ts';
import { cut, status } from '../../helpers/mirror-steps.ts';

const version = 'v1.36.5+k3s1';
const folder = '/k3s-io/k3s/releases/download/v1.36.5%2Bk3s1';
const listPath = `${folder}/sha256sum-arm64.txt`;
const releasePath = '/api/repos/k3s-io/k3s/releases/tags/v1.36.5%2Bk3s1';
const sha256 = hexOf('binary');

const list = [
  `${hexOf('gz')}  k3s-airgap-images-arm64.tar.gz`,
  `${hexOf('zst')}  k3s-airgap-images-arm64.tar.zst`,
  `${sha256}  k3s-arm64`,
  '',
].join('\n');

const pages: Pages = {
  '/channels': {
    type: 'collection',
    data: [
      { name: 'latest', latest: 'v1.37.1+k3s1' },
      { name: 'stable', latest: version },
      { name: 'v1.20', latest: null },
    ],
  },
  [listPath]: list,
  [releasePath]: githubRelease(version, {
    'k3s-arm64': { size: 71, digest: `sha256:${sha256}` },
    k3s: { size: 70, digest: `sha256:${hexOf('amd64')}` },
  }),
};

/** A resolver for the binary, from these pages. */
async function resolverFor(changed: Pages = {}) {
  const server = await serveMakers({ ...pages, ...changed });
  const artifact: FileArtifact = {
    ...{ name: 'k3s', kind: 'file', version: 'v1.36.4+k3s1', sizeBytes: 1, sha256: '0'.repeat(64) },
    url: `${server.url}/k3s-io/k3s/releases/download/v1.36.4%2Bk3s1/k3s-arm64`,
    ...{ licence: 'Apache-2.0', mayBePublished: true, source: 'old' },
  };
  const file = githubFile(artifact.url);
  if (!file) throw new Error('no address of a release');
  return { server, artifact, resolver: k3sResolver(artifact, file, server.context) };
}

describe('the resolver of k3s', () => {
  it('takes the version of the stable channel', async () => {
    const { resolver } = await resolverFor();

    expect(await resolver.newestVersion()).toBe(version);
  });

  it("takes the checksum from the release's list, and the size from GitHub", async () => {
    const { server, artifact, resolver } = await resolverFor();

    expect(await resolver.pin(version)).toEqual({
      ...artifact,
      version,
      url: `${server.url}${folder}/k3s-arm64`,
      sizeBytes: 71,
      sha256,
      source: 'sha256sum-arm64.txt of the release',
    });
    expect([...server.requests].sort()).toEqual([`GET ${releasePath}`, `GET ${listPath}`]);
  });

  it('does without a digest of GitHub, which old releases have not', async () => {
    const { resolver } = await resolverFor({
      [releasePath]: githubRelease(version, { 'k3s-arm64': { size: 71 } }),
    });

    expect(await resolver.pin(version)).toMatchObject({ sha256, sizeBytes: 71 });
  });

  const html = '<!DOCTYPE html><title>Log in to the Wi-Fi</title>';
  const wrongDigest = { 'k3s-arm64': { size: 71, digest: `sha256:${hexOf('other')}` } };
  it.each([
    ['the list is not there', { [listPath]: status(404) }, /sha256sum-arm64\.txt: 404 Not Found$/],
    ['the server is ill', { [listPath]: status(503) }, /: 503 Service Unavailable \(4 tries\)$/],
    ['the list is a login page', { [listPath]: html }, /not just one checksum for k3s-arm64$/],
    [
      'the list is cut',
      { [listPath]: cut(Buffer.from(list), 40) },
      /body was cut after \d+ bytes \(4 tries\)$/,
    ],
    ['the list is very long', { [listPath]: 'x'.repeat(70_000) }, /longer than 64 KiB/],
    ['the file is in it twice', { [listPath]: `${list}${sha256}  k3s-arm64\n` }, /not just one checksum/],
    ['only look-alikes are in it', { [listPath]: list.replace(/^.* k3s-arm64$/m, '') }, /not just one/],
    ['the checksum is too short', { [listPath]: `${sha256.slice(1)}  k3s-arm64\n` }, /not just one/],
    [
      'GitHub has another digest',
      { [releasePath]: githubRelease(version, wrongDigest) },
      /it says [0-9a-f]{64}, .* is [0-9a-f]{64}$/,
    ],
    [
      'the release has no such asset',
      { [releasePath]: githubRelease(version, {}) },
      /no one asset k3s-arm64$/,
    ],
    ['GitHub has enough of us', { [releasePath]: status(403) }, /: 403 Forbidden$/],
  ])('stops when %s', async (_name, changed, why) => {
    const { resolver } = await resolverFor(changed);
    const error = await errorOf(async () => await resolver.pin(version));

    expect(error.code).toBe('ERR_DOWNLOAD');
    expect(error.exitCode).toBe(4);
    expect(error.message).toContain('k3s');
    expect(error.why).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
    expect(error.why).toMatch(why);
    expect(error.todo).toBeDefined();
    expect(error.state).toBe('artifacts.lock.yaml was not changed.');
  });

  it.each([
    ['no such channel', { data: [{ name: 'latest', latest: version }] }, /names no version/],
    ['a trial version', { data: [{ name: 'stable', latest: 'v1.38.0-rc1+k3s1' }] }, /names no version/],
    ['something else', { data: 'k3s' }, /data is not as expected/],
    ['no JSON', '<html>', /not JSON$/],
  ])('stops when the list of channels has %s', async (_name, channels, why) => {
    const { resolver } = await resolverFor({ '/channels': channels });
    const error = await errorOf(async () => await resolver.newestVersion());

    expect(error.code).toBe('ERR_DOWNLOAD');
    expect(error.why).toMatch(why);
  });
});

describe('checksumFor', () => {
  it.each([
    ['text mode', `${sha256}  k3s-arm64\n`],
    ['binary mode', `${sha256} *k3s-arm64\n`],
    ['line ends of Windows', `${hexOf('a')}  k3s-armhf\r\n${sha256}  k3s-arm64\r\n`],
    ['a name that contains it before', `${hexOf('a')}  my-k3s-arm64\n${sha256}  k3s-arm64\n`],
    ['a name that begins with it', `${hexOf('a')}  k3s-arm64.sig\n${sha256}  k3s-arm64\n`],
    ['a name with a space', `${hexOf('a')}  not k3s-arm64\n${sha256}  k3s-arm64\n`],
  ])('finds a name in a list with %s', (_name, text) => {
    expect(checksumFor('k3s-arm64', text)).toBe(sha256);
  });
});
