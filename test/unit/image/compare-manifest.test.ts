import { describe, expect, it } from 'vitest';
import { compareManifests } from '../../../builder/image/compare-manifest.ts';

const manifest = {
  name: 'hearth',
  sha256: 'aa',
  partitions: [{ number: 1, usedBytes: 0 }],
  packages: [{ name: 'adduser', version: '3.152' }],
};

describe('compareManifests', () => {
  it('finds nothing in equal manifests', () => {
    expect(compareManifests(manifest, structuredClone(manifest))).toEqual([]);
  });

  it('names the key of a value deep inside', () => {
    const other = { ...manifest, packages: [{ name: 'adduser', version: '3.153' }] };

    expect(compareManifests(manifest, other)).toEqual([
      { key: 'packages.0.version', a: '"3.152"', b: '"3.153"' },
    ]);
  });

  it('names what only one of them has', () => {
    expect(compareManifests(manifest, { ...manifest, edition: 'slim' })).toEqual([
      { key: 'edition', a: undefined, b: '"slim"' },
    ]);
  });

  it('leaves out paths, times and the checksum, which is compared by itself', () => {
    const other = { ...manifest, sha256: 'bb', path: '/x', logPath: '/y', durationMs: 5, builtAt: 'now' };

    expect(compareManifests(manifest, other)).toEqual([]);
  });
});
