import { describe, expect, it } from 'vitest';
import type { FileArtifact } from '../../../builder/artifacts/artifact.ts';
import { githubResolver } from '../../../builder/artifacts/resolve/github.ts';
import { githubFile } from '../../../builder/artifacts/upstream.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { githubRelease, hexOf, type Pages, serveMakers } from '../../helpers/makers.ts';
import { cut, status } from '../../helpers/mirror-steps.ts';

const version = '2026.11.1';
const name = 'cloudflared-linux-arm64';
const sha256 = hexOf('cloudflared');
const api = '/api/repos/cloudflare/cloudflared/releases';
const tagPath = `${api}/tags/${version}`;
const notes = [
  '### SHA256 Checksums:',
  '```',
  `cloudflared-linux-amd64: ${hexOf('amd64')}`,
  `${name}: ${sha256}`,
  `${name}.deb: ${hexOf('deb')}`,
  '```',
].join('\n');

function release(
  asset: { readonly digest?: string | null } = {},
  more: Readonly<Record<string, unknown>> = {},
) {
  const assets = {
    'cloudflared-linux-amd64': { size: 1, digest: `sha256:${hexOf('amd64')}` },
    [name]: { size: 37, digest: `sha256:${sha256}`, ...asset },
    [`${name}.deb`]: { size: 2, digest: `sha256:${hexOf('deb')}` },
  };
  return githubRelease(version, assets, { body: notes, ...more });
}

async function resolverFor(changed: Pages = {}) {
  const server = await serveMakers({ [`${api}/latest`]: release(), [tagPath]: release(), ...changed });
  const artifact: FileArtifact = {
    ...{ name: 'cloudflared', kind: 'file', version: '2026.10.0', sizeBytes: 1, sha256: '0'.repeat(64) },
    url: `${server.url}/cloudflare/cloudflared/releases/download/2026.10.0/${name}`,
    ...{ licence: 'Apache-2.0', mayBePublished: true, source: 'old' },
  };
  const file = githubFile(artifact.url);
  if (!file) throw new Error('no address of a release');
  return { server, artifact, resolver: githubResolver(artifact, file, server.context) };
}

describe('the resolver of GitHub releases', () => {
  it('takes the latest release', async () => {
    expect(await (await resolverFor()).resolver.newestVersion()).toBe(version);
  });

  it('takes a digest that asset and notes agree about', async () => {
    const { server, artifact, resolver } = await resolverFor();

    expect(await resolver.pin(version)).toEqual({
      ...artifact,
      version,
      url: `${server.url}/cloudflare/cloudflared/releases/download/${version}/${name}`,
      sizeBytes: 37,
      sha256,
      source: 'digest of the asset at GitHub, the same as in the notes of the release',
    });
  });

  const other = hexOf('other');
  it.each([
    ['the release is not there', status(404), /: 404 Not Found$/],
    ['GitHub is ill', status(503), /: 503 Service Unavailable \(4 tries\)$/],
    ['the answer is garbage', 'Bad gateway', /not JSON$/],
    ['the answer is cut', cut(Buffer.from(JSON.stringify(release())), 60), /the body was cut/],
    ['the answer has another form', { tag_name: 3 }, /tag_name is not as expected/],
    [
      'asset and notes disagree',
      release({ digest: `sha256:${other}` }),
      new RegExp(`is ${other}, the notes of the release say ${sha256}$`),
    ],
    [
      'the digest is of another kind',
      release({ digest: `sha512:${sha256}${sha256}` }),
      /is not "sha256:" and 64 hex/,
    ],
    ['the digest has capitals', release({ digest: `sha256:${sha256.toUpperCase()}` }), /is not "sha256:"/],
    ['there is no digest', release({ digest: null }), /no digest of the asset$/],
    ['the notes have no checksum', release({}, { body: 'Fixes.' }), /no checksum in the notes$/],
    [
      'the notes have it of look-alikes only',
      release({}, { body: notes.replace(`${name}: `, `x-${name}: `) }),
      /no checksum in the notes$/,
    ],
    ['the notes have two', release({}, { body: `${notes}\n${name}: ${other}` }), /two checksums/],
    ['the asset is missing', githubRelease(version, {}, { body: notes }), /no one asset/],
    ['it describes another release', githubRelease('2026.11.0', {}), /describes 2026\.11\.0$/],
    ['it is a trial version', release({}, { prerelease: true }), /trial version$/],
  ])('stops when %s', async (_name, page, why) => {
    const { resolver } = await resolverFor({ [tagPath]: page });
    const error = await errorOf(async () => await resolver.pin(version));

    expect(error.code).toBe('ERR_DOWNLOAD');
    expect(error.why).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api\//);
    expect(error.why).toMatch(why);
    expect(error.todo).toBeDefined();
    expect(error.state).toBe('artifacts.lock.yaml was not changed.');
  });

  it('does not take a tag that is no version', async () => {
    const { resolver } = await resolverFor({ [`${api}/latest`]: { ...release(), tag_name: '../evil\n' } });
    const error = await errorOf(async () => await resolver.newestVersion());

    expect(error.why).toMatch(/\.\.\/evil\? is no version$/);
  });
});
