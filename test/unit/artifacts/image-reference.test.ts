import { describe, expect, it } from 'vitest';
import {
  fullImageName,
  isLoopbackRegistry,
  parseImageReference,
} from '../../../builder/artifacts/image-reference.ts';

describe('parseImageReference', () => {
  it.each([
    ['ghcr.io/mastodon/mastodon:v4.7.4', 'ghcr.io', 'mastodon/mastodon', 'v4.7.4'],
    ['docker.io/library/postgres:17', 'docker.io', 'library/postgres', '17'],
    ['127.0.0.1:5000/a/b_c-d:x', '127.0.0.1:5000', 'a/b_c-d', 'x'],
    ['localhost/a:1', 'localhost', 'a', '1'],
    ['registry:5000/a:1', 'registry:5000', 'a', '1'],
    ['[::1]:5000/a:1', '[::1]:5000', 'a', '1'],
  ])('reads %s', (text, registry, repository, tag) => {
    expect(parseImageReference(text)).toEqual({ registry, repository, tag });
  });

  it.each([
    'v4.7.4',
    'pause:3.10.2',
    'rancher/mirrored-pause:3.10.2',
    'ghcr.io/mastodon/mastodon',
    'ghcr.io/mastodon/mastodon@sha256:ab',
    'ghcr.io/Mastodon/mastodon:1',
    'ghcr.io/mastodon//mastodon:1',
    'ghcr.io/a:1 --tls-verify=false',
    '',
  ])('takes "%s" for no full name', (text) => {
    expect(parseImageReference(text)).toBeUndefined();
  });
});

describe('fullImageName', () => {
  it.each([
    ['rancher/mirrored-pause:3.10.2', 'docker.io/rancher/mirrored-pause:3.10.2'],
    ['busybox:1.37', 'docker.io/library/busybox:1.37'],
    ['ghcr.io/a/b:1', 'ghcr.io/a/b:1'],
    ['3.10.2', '3.10.2'],
    ['rancher/mirrored-pause', 'rancher/mirrored-pause'],
  ])('makes of %s %s', (text, full) => {
    expect(fullImageName(text)).toBe(full);
  });
});

describe('isLoopbackRegistry', () => {
  it.each([
    ['127.0.0.1:5000', true],
    ['localhost', true],
    ['[::1]:5000', true],
    ['127.0.0.1.example.org', false],
    ['localhost.example.org', false],
    ['ghcr.io', false],
  ])('says of %s: %s', (registry, isLoopback) => {
    expect(isLoopbackRegistry({ registry, repository: 'a', tag: '1' })).toBe(isLoopback);
  });
});
