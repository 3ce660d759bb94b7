import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { ContainerImageArtifact } from '../../../builder/artifacts/artifact.ts';
import { readIndex, registryResolver } from '../../../builder/artifacts/resolve/registry.ts';
import { bearerToken } from '../../../builder/artifacts/resolve/registry-token.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { hexOf, type Pages, serveMakers } from '../../helpers/makers.ts';
import { type Step, status } from '../../helpers/mirror-steps.ts';

const indexType = 'application/vnd.oci.image.index.v1+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const path = '/v2/mastodon/mastodon/manifests/v4.7.4';
const tokenPath = '/token?service=the+registry&scope=repository%3Amastodon%2Fmastodon%3Apull';
const arm64Digest = `sha256:${hexOf('arm64')}`;
const image = { registry: 'ghcr.io', repository: 'mastodon/mastodon', tag: 'v4.7.4' };
const locked: ContainerImageArtifact = {
  ...{ name: 'mastodon', kind: 'container-image', reference: 'ghcr.io/mastodon/mastodon:v4.7.4' },
  indexDigest: `sha256:${hexOf('old index')}`,
  arm64Digest: `sha256:${hexOf('old')}`,
  ...{ licence: 'AGPL-3.0', mayBePublished: true, source: 'old' },
};

function child(architecture: string, digest = `sha256:${hexOf(architecture)}`, os = 'linux') {
  return { mediaType: manifestType, digest, size: 3, platform: { os, architecture } };
}

function indexOf(...manifests: readonly unknown[]): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests });
}

const index = indexOf(child('amd64'), child('arm64'), child('unknown', undefined, 'unknown'));

/** Answers as a registry does; only who accepts indexes gets one. */
function manifest(text: string, more: { type?: string; digest?: string } = {}): Step {
  return (request, response) => {
    if (!request.headers.accept?.includes(indexType)) return response.writeHead(406).end();
    return response
      .writeHead(200, {
        'content-type': more.type ?? indexType,
        'docker-content-digest': more.digest ?? `sha256:${hexOf(text)}`,
      })
      .end(text);
  };
}

/** Wants a token that it gave itself. */
function withToken(next: Step, challenge: string): Step {
  return (request: IncomingMessage, response: ServerResponse) => {
    if (request.headers.authorization === 'Bearer for-everybody') return next(request, response);
    return response.writeHead(401, { 'www-authenticate': challenge }).end('{"errors":[]}');
  };
}

async function pin(pages: Pages | ((url: string) => Pages)) {
  const server = await serveMakers(pages);
  return { server, pinned: async () => await registryResolver(locked, server.context).pin('v4.7.4') };
}

describe('the resolver of registries', () => {
  it.each([
    ['OCI', indexType],
    ['Docker', 'application/vnd.docker.distribution.manifest.list.v2+json'],
  ])("takes the digests of an index in %s's words", async (_name, type) => {
    const text = index.replace(indexType, type);
    const { pinned } = await pin({ [path]: manifest(text, { type }) });

    expect(await pinned()).toEqual({
      ...locked,
      indexDigest: `sha256:${hexOf(text)}`,
      arm64Digest,
      source: 'the registry ghcr.io',
    });
  });

  it.each(['token', 'access_token'])('gets the %s that the registry gives to everybody', async (key) => {
    const { server, pinned } = await pin((url) => ({
      [path]: withToken(manifest(index), `Bearer realm="${url}/token",service="the registry",scope="x"`),
      [tokenPath]: { [key]: 'for-everybody', expires_in: 300 },
    }));

    expect(await pinned()).toMatchObject({ arm64Digest });
    expect(server.requests).toEqual([`GET ${path}`, `GET ${tokenPath}`, `GET ${path}`]);
  });

  it.each([
    ['v4.7.4', ['v4.7.4', 'v4.7.10', 'v4.8.0-rc.1', 'v5.0.0', 'v4.9', 'nightly.2026-11-20'], 'v4.7.10'],
    ['v4.7.4', ['v4.7.3', 'latest'], 'v4.7.4'],
    ['17.11-alpine', ['18.1-alpine', '17.12-alpine', '17.13', '17.13-alpine3.22'], '17.12-alpine'],
    ['v1.25.2-p0', ['v1.25.2-p1', 'v1.25.3'], 'v1.25.2-p1'],
    ['v4.7.4', null, 'v4.7.4'],
  ])('goes from %s among %j to %s', async (tag, tags, newest) => {
    const { context } = await serveMakers({ '/v2/mastodon/mastodon/tags/list?n=1000': { name: 'x', tags } });
    const artifact = { ...locked, reference: `ghcr.io/mastodon/mastodon:${tag}` };

    expect(await registryResolver(artifact, context).newestVersion()).toBe(newest);
  });

  it('asks for no tags where a tag is no version', async () => {
    const { context, requests } = await serveMakers({});
    const artifact = { ...locked, reference: 'ghcr.io/mastodon/mastodon:edge' };

    expect(await registryResolver(artifact, context).newestVersion()).toBe('edge');
    expect(requests).toEqual([]);
  });

  const tagsPath = '/v2/mastodon/mastodon/tags/list?n=1000';
  const page =
    (tags: readonly string[], link?: string): Step =>
    (_request, response) =>
      response.writeHead(200, link === undefined ? {} : { link }).end(JSON.stringify({ tags }));

  it('reads all pages of the tags, with one token', async () => {
    const second = '/v2/mastodon/mastodon/tags/list?n=1000&last=v4.7.5';
    const { context, requests } = await serveMakers((url) => {
      const challenge = `Bearer realm="${url}/token",service="the registry"`;
      return {
        [tagsPath]: withToken(page(['v4.7.5'], `<${second}>; rel="next"`), challenge),
        [second]: withToken(page(['v4.7.6']), challenge),
        [tokenPath]: { token: 'for-everybody' },
      };
    });

    expect(await registryResolver(locked, context).newestVersion()).toBe('v4.7.6');
    expect(requests).toEqual([`GET ${tagsPath}`, `GET ${tokenPath}`, `GET ${tagsPath}`, `GET ${second}`]);
  });

  it.each([
    ['has no end', page(['v4.7.4'], `<${tagsPath}>; rel="next"`), /more than 100 pages$/],
    [
      'goes on elsewhere',
      page([], '<https://other.example/>; rel="next"'),
      /another server, https:\/\/other/,
    ],
    ['is garbage', page('no list' as never), /tags is not as expected/],
    ['is not there', status(404), /: 404 Not Found$/],
  ])('stops when the list of tags %s', async (_name, list, why) => {
    const { context } = await serveMakers({ [tagsPath]: list });
    const error = await errorOf(async () => await registryResolver(locked, context).newestVersion());

    expect(error.code).toBe('ERR_DOWNLOAD');
    expect(error.why).toMatch(why);
  });

  const plain = JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config: {}, layers: [] });
  const noArm64 = indexOf(child('amd64'), child('arm'), child('arm64', undefined, 'windows'));
  it.each([
    ['the tag is not there', status(404), /: 404 Not Found$/],
    ['the registry is ill', status(503), /: 503 Service Unavailable \(4 tries\)$/],
    ['the answer is garbage', manifest('<html>'), /not JSON$/],
    [
      'it is one image for amd64',
      manifest(plain, { type: manifestType }),
      /one image for one architecture, and no index/,
    ],
    ['one image poses as an index', manifest(plain), /manifests is not as expected/],
    ['an index says that it is an image', manifest(index.replace(indexType, manifestType)), /says of itself/],
    ['it is a web page', manifest(index, { type: 'text/html' }), /this is text\/html/],
    [
      'no image is for arm64',
      manifest(noArm64),
      /not just one image for linux\/arm64, but: linux\/amd64, linux\/arm, windows\/arm64$/,
    ],
    [
      'two images are for arm64',
      manifest(indexOf(child('arm64'), child('arm64', `sha256:${hexOf('v9')}`))),
      /not just one/,
    ],
    ['the index is empty', manifest(indexOf()), /but: nothing$/],
    [
      'a digest has another form',
      manifest(indexOf(child('arm64', 'sha256:12'))),
      /manifests\.0\.digest is not as expected/,
    ],
    [
      'the digest is not that of the body',
      manifest(index, { digest: `sha256:${hexOf('x')}` }),
      /registry says that its digest is/,
    ],
    [
      'a name and a password are wanted',
      withToken(manifest(index), 'Basic realm="x"'),
      /wants a name and a password/,
    ],
    [
      'the token comes from nowhere',
      withToken(manifest(index), 'Bearer realm="file:///etc/passwd"'),
      /odd place/,
    ],
  ])('stops when %s', async (_name, page, why) => {
    const { pinned } = await pin({ [path]: page });
    const error = await errorOf(pinned);

    expect(error.code).toBe('ERR_DOWNLOAD');
    expect(error.message).toContain('ghcr.io/mastodon/mastodon:v4.7.4');
    expect(error.why).toMatch(why);
    expect(error.todo).toBeDefined();
    expect(error.state).toBe('artifacts.lock.yaml was not changed.');
  });

  it.each([
    ['an empty answer', {}, /holds no token|is not as expected/],
    ['a token that would end the header', { token: 'a\r\nx: y' }, /holds no token/],
  ])('stops when the token is %s', async (_name, answer, why) => {
    const { pinned } = await pin((url) => ({
      [path]: withToken(manifest(index), `Bearer realm="${url}/token",service="the registry"`),
      [tokenPath]: answer,
    }));

    expect((await errorOf(pinned)).why).toMatch(why);
  });

  it('asks no second time with a token that is refused', async () => {
    const { server, pinned } = await pin((url) => ({
      [path]: withToken(manifest(index), `Bearer realm="${url}/token",service="the registry"`),
      [tokenPath]: { token: 'another' },
    }));

    expect((await errorOf(pinned)).why).toMatch(/: 401 Unauthorized$/);
    expect(server.requests).toHaveLength(3);
  });
});

describe('bearerToken', () => {
  it('goes to no place without encryption for a registry that has it', async () => {
    const { context, requests, url } = await serveMakers({});
    const asked = { url: 'https://ghcr.io/v2/a/b/manifests/v1', repository: 'a/b', what: 'An image' };
    const challenge = `Bearer realm="${url}/token",service="x"`;
    const error = await errorOf(async () => await bearerToken(context.fetcher, { ...asked, challenge }));

    expect(error.why).toMatch(/a token from an odd place$/);
    expect(requests).toEqual([]);
  });
});

describe('readIndex', () => {
  it('knows when a digest is answered with something else', async () => {
    const digest = `sha256:${hexOf('wanted')}`;
    const { context } = await serveMakers({
      [`/v2/mastodon/mastodon/manifests/${digest}`]: manifest(index),
    });
    const error = await errorOf(async () => await readIndex(context, { ...image, tag: digest }));

    expect(error.message).toContain(`@${digest}`);
    expect(error.why).toMatch(/the digest of the answer is sha256:/);
  });
});
