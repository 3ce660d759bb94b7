import { describe, expect, it } from 'vitest';
import type { Artifact } from '../../../builder/artifacts/artifact.ts';
import { knownFlaw, knownWeakness, refuseKnownFlaws } from '../../../builder/artifacts/floors.ts';
import { compareVersions } from '../../../builder/artifacts/version-order.ts';
import { errorOf } from '../../helpers/error-of.ts';

const about = { licence: 'x', mayBePublished: true, source: 'x' };

function file(name: string, version: string, url = 'https://mirror.example/a'): Artifact {
  return { name, kind: 'file', version, url, sizeBytes: 1, sha256: '0'.repeat(64), ...about };
}

function plex(minimumVersion: string): Artifact {
  return {
    ...{ name: 'plex', kind: 'apt-package', repository: 'https://repo.example', suite: 'public' },
    ...{ component: 'main', package: 'plexmediaserver', keyUrl: 'https://k.example', minimumVersion },
    ...{ keyFingerprint: '0'.repeat(40), ...about },
  };
}

function image(reference: string): Artifact {
  return { name: 'any', kind: 'container-image', reference, indexDigest: 'a', arm64Digest: 'b', ...about };
}

describe('compareVersions', () => {
  it.each([
    ['v1.36.4+k3s1', 'v1.36.5+k3s1'],
    ['v1.36.4', 'v1.36.4+k3s1'],
    ['v1.9.0+k3s1', 'v1.36.0+k3s1'],
    ['v1.36.4+k3s1', 'v1.36.4+k3s2'],
    ['2026.9.3', '2026.10.0'],
    ['1.43.3.10896-cb3ebc72d', '1.43.4.10903'],
    ['1.43.4.10903', '1.43.4.10903-e5521bd8c'],
    ['1.0~rc1', '1.0'],
    ['1.0', '1.0a'],
    ['9.9', '1:1.0'],
    ['1.2', 'v1.3'],
  ])('says that %s is older than %s', (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0);
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
  });

  it.each([
    ['v1.2', '1.2'],
    ['1.02', '1.2'],
  ])('says that %s is the same as %s', (one, other) => {
    expect(compareVersions(one, other)).toBe(0);
  });
});

describe('known flaws', () => {
  const cloudflared = 'https://github.com/cloudflare/cloudflared/releases/download/1/cloudflared-linux-arm64';
  it.each([
    ['k3s before v1.36.4', file('k3s', 'v1.36.3+k3s1'), /v1\.36\.4/],
    ['an older line of k3s', file('k3s', 'v1.35.8+k3s1'), /v1\.36\.4/],
    ['the images of old k3s', file('k3s-images', 'v1.36.3+k3s1'), /v1\.36\.4/],
    ['cloudflared before 2026.7.2', file('cloudflared', '2026.6.1'), /VULN-118896/],
    ['cloudflared 2026.8.0', file('cloudflared', '2026.8.0'), /VULN-141859/],
    ['cloudflared 2026.8.1', file('cloudflared', '2026.8.1'), /VULN-141859/],
    ['cloudflared under another name', file('tunnel', '2026.8.0', cloudflared), /VULN-141859/],
    ['Plex before 1.43.3.10896', plex('1.43.3.10861'), /run programs/],
    ['Mastodon before v4.7.4', image('ghcr.io/mastodon/mastodon:v4.7.3'), /GHSA-288h/],
    ['its streaming before v4.7.4', image('ghcr.io/mastodon/mastodon-streaming:v4.6.5'), /GHSA-288h/],
  ])('are known of %s', (_name, artifact, reason) => {
    expect(knownFlaw(artifact)).toMatch(reason);
  });

  it.each([
    file('k3s', 'v1.36.4+k3s1'),
    file('k3s', 'v1.37.1+k3s1'),
    file('cloudflared', '2026.7.2'),
    file('cloudflared', '2026.8.2'),
    file('cloudflared', '2026.8.10'),
    plex('1.43.3.10896'),
    image('ghcr.io/mastodon/mastodon:v4.7.4'),
    image('docker.io/library/postgres:17.11-alpine'),
    file('other', '0.1'),
  ])('are not known of $name $version$minimumVersion$reference', (artifact) => {
    expect(knownFlaw(artifact)).toBeUndefined();
  });

  it('are refused all at once, with the reasons', async () => {
    const error = await errorOf(() =>
      refuseKnownFlaws([file('k3s', 'v1.35.8+k3s1'), file('cloudflared', '2026.8.0'), plex('1.43.5.1')]),
    );

    expect(error.code).toBe('ERR_LOCK_INVALID');
    expect(error.message).toContain('2 versions');
    expect(error.details).toMatch(/^k3s v1\.35\.8\+k3s1: .*\ncloudflared 2026\.8\.0: /);
  });

  it.each([
    ['v1.36.4+k3s1', /CVE-2026-84445/],
    ['v1.37.0+k3s1', /v1\.37\.1/],
  ])('that are bearable are said of k3s %s', (version, reason) => {
    expect(knownFlaw(file('k3s', version))).toBeUndefined();
    expect(knownWeakness(file('k3s', version))).toMatch(reason);
  });

  it('are over with the versions that mend them', () => {
    expect(knownWeakness(file('k3s', 'v1.36.5+k3s1'))).toBeUndefined();
    expect(knownWeakness(file('k3s', 'v1.37.1+k3s1'))).toBeUndefined();
    expect(knownWeakness(plex('1.43.4.10903'))).toBeUndefined();
  });
});
