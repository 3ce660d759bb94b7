import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diskIdFor, seedsFor } from '../../../builder/config/seeds.ts';

describe('seedsFor', () => {
  it('never changes for a name: images of the same name must stay the same', () => {
    expect(seedsFor('hearth')).toEqual({
      diskId: createHash('sha256').update('hearth disk id\nhearth').digest('hex').slice(0, 8),
      fatVolumeId: 'a4b63ec2',
      ext4Uuid: '07bb3eaf-bb82-8e1b-97c0-017bcea3ef92',
      ext4HashSeed: '8cc81e2c-dbd0-8281-8eed-7a262ed79eb3',
    });
  });

  it('gives other ids to another name, and no two alike', () => {
    const ids = [...Object.values(seedsFor('hearth')), ...Object.values(seedsFor('attic'))];

    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has the shapes that the tools want, for any name', () => {
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    fc.assert(
      fc.property(fc.string(), (name) => {
        const seeds = seedsFor(name);

        expect(seeds.diskId).toMatch(/^(?!0{8})[0-9a-f]{8}$/);
        expect(seeds.fatVolumeId).toMatch(/^(?!0{8})[0-9a-f]{8}$/);
        expect(seeds.ext4Uuid).toMatch(uuid);
        expect(seeds.ext4HashSeed).toMatch(uuid);
        expect(diskIdFor(name)).toBe(seeds.diskId);
      }),
    );
  });
});
