import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Artifact } from '../../../builder/artifacts/artifact.ts';
import {
  formatArtifactLock,
  parseArtifactLock,
  readArtifactLock,
} from '../../../builder/artifacts/lock-file.ts';
import { type LockFlags, lockArtifacts } from '../../../builder/cli/commands/lock.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { fileTree } from '../../helpers/file-tree.ts';
import { hexOf, type Pages, serveMakers } from '../../helpers/makers.ts';
import { imageArtifactOf } from '../../helpers/stored-image.ts';

const sample = { names: ['registry.example/app:v1'], layers: ['base'] };

it('a lock names each container image once: the store keeps it under one name', async () => {
  const image = await imageArtifactOf(sample);
  const again = { ...image, name: 'again', reference: 'registry.example/app:latest' };
  const text = formatArtifactLock({ artifacts: [image, again] });

  const error = await errorOf(async () => parseArtifactLock({ file: 'artifacts.lock.yaml', text }));

  expect(error).toMatchObject({ code: 'ERR_LOCK_INVALID' });
  expect(error.details).toContain('is the same image as "app"');
  const other = { ...again, arm64Digest: `sha256:${'2'.repeat(64)}` };
  expect(
    parseArtifactLock({ file: 'x', text: formatArtifactLock({ artifacts: [image, other] }) }).artifacts,
  ).toHaveLength(2);
});

const digest = (text: string) => `sha256:${hexOf(text)}`;
const web = {
  name: 'mastodon',
  reference: 'ghcr.io/mastodon/mastodon:v4.7.4',
  ...{ licence: 'AGPL-3.0', mayBePublished: true, source: 'its name' },
};
const streaming = {
  ...web,
  name: 'mastodon-streaming',
  reference: 'ghcr.io/mastodon/mastodon-streaming:v4.7.4',
};
const other = { ...web, name: 'other', reference: 'ghcr.io/other/other:v4.7.4' };
const indexType = 'application/vnd.oci.image.index.v1+json';

function indexOf(repository: string): string {
  const manifest = { mediaType: 'application/vnd.oci.image.manifest.v1+json', size: 3 };
  const platform = { os: 'linux', architecture: 'arm64' };
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: indexType,
    manifests: [{ ...manifest, digest: digest(`arm64 ${repository}`), platform }],
  });
}

/** A registry that has these tags of each repository. */
function registry(...tags: readonly string[]): Pages {
  const pages: Record<string, Pages[string]> = {};
  for (const repository of ['mastodon/mastodon', 'mastodon/mastodon-streaming', 'other/other']) {
    pages[`/v2/${repository}/tags/list?n=1000`] = { tags };
    for (const tag of tags) {
      pages[`/v2/${repository}/manifests/${tag}`] = (_request: unknown, response: ServerResponse) =>
        response.writeHead(200, { 'content-type': indexType }).end(indexOf(repository));
    }
  }
  return pages;
}

async function lockWith(artifacts: readonly Artifact[], pages: Pages, flags: LockFlags = {}) {
  const server = await serveMakers(pages);
  const folder = await fileTree({ 'artifacts.lock.yaml': formatArtifactLock({ artifacts }) });
  const path = `${folder}/artifacts.lock.yaml`;
  const result = await lockArtifacts(path, flags, server.context);
  return { ...result, artifacts: (await readArtifactLock(path)).artifacts };
}

describe('an image without digests', () => {
  const unpinned = { ...web, kind: 'unpinned-image' } as const;

  it('stays what it is when the lock is written and read', () => {
    const text = formatArtifactLock({ artifacts: [unpinned] });

    expect(text).toContain('kind: container-image');
    expect(parseArtifactLock({ file: 'x', text }).artifacts).toEqual([unpinned]);
  });

  it('has no digest or two', async () => {
    const text = formatArtifactLock({ artifacts: [unpinned] }).replace(
      /( +)licence/,
      `$1indexDigest: ${digest('index')}\n$1licence`,
    );

    const error = await errorOf(async () => parseArtifactLock({ file: 'artifacts.lock.yaml', text }));

    expect(error.details).toContain('has one digest of two');
  });

  it('gets the digests of its version when the lock is renewed', async () => {
    const { text, exitCode, artifacts } = await lockWith([unpinned], registry('v4.7.4'));

    expect(text).toContain('v4.7.4, with its digests');
    expect(exitCode).toBe(0);
    expect(artifacts).toEqual([
      {
        ...{ ...web, kind: 'container-image', source: 'the registry ghcr.io' },
        indexDigest: digest(indexOf('mastodon/mastodon')),
        arm64Digest: digest('arm64 mastodon/mastodon'),
      },
    ]);
  });

  it('is no renewed lock while it is only looked for', async () => {
    const { text, exitCode, artifacts } = await lockWith([unpinned], registry('v4.7.4'), { check: true });

    expect(text).toContain('1 entry would change');
    expect(exitCode).toBe(1);
    expect(artifacts).toEqual([unpinned]);
  });

  it('takes a newer version with its digests at once', async () => {
    const { artifacts } = await lockWith([unpinned], registry('v4.7.4', 'v4.7.10', 'v4.8.0-rc.1'));

    expect(artifacts).toMatchObject([
      { kind: 'container-image', reference: 'ghcr.io/mastodon/mastodon:v4.7.10' },
    ]);
  });

  it('brings the other images of the same maker and version along, and no others', async () => {
    const images = [web, streaming, other].map((one) => ({ ...one, kind: 'unpinned-image' }) as const);

    const { artifacts } = await lockWith(images, registry('v4.7.4'), { only: ['mastodon-streaming'] });

    expect(artifacts.map(({ name, kind }) => [name, kind])).toEqual([
      ['mastodon', 'container-image'],
      ['mastodon-streaming', 'container-image'],
      ['other', 'unpinned-image'],
    ]);
  });
});
