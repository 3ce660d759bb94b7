import { describe, expect, it } from 'vitest';
import type {
  Artifact,
  ContainerImageArtifact,
  UnpinnedImageArtifact,
} from '../../../builder/artifacts/artifact.ts';
import { deviceList } from '../../../builder/artifacts/device-list.ts';
import {
  bakedArtifacts,
  bakedFiles,
  bakedImages,
  placeArtifacts,
  unpinnedNote,
} from '../../../builder/artifacts/place.ts';
import type { Config, Delivery, Edition } from '../../../builder/config/schema.ts';
import { describeBaked } from '../../../builder/plan/fingerprint.ts';
import type { BakedFile, Stage } from '../../../builder/stage/stage.ts';

const hex = 'cd'.repeat(32);
const image: ContainerImageArtifact = {
  kind: 'container-image',
  name: 'mastodon',
  reference: 'ghcr.io/mastodon/mastodon:v4.7.4',
  indexDigest: `sha256:${'ef'.repeat(32)}`,
  arm64Digest: `sha256:${hex}`,
  licence: 'AGPL-3.0',
  mayBePublished: true,
  source: 'its registry',
};
const path = '/var/lib/rancher/k3s/agent/images/10-mastodon-@DIGEST@.tar.zst';

const unpinned: UnpinnedImageArtifact = {
  ...{ kind: 'unpinned-image', name: 'mastodon', reference: image.reference },
  ...{ licence: 'AGPL-3.0', mayBePublished: true, source: 'its name' },
};

function place(
  place = path,
  edition: Edition = 'full',
  delivery: Readonly<Record<string, Delivery>> = {},
  locked: Artifact = image,
) {
  const stage: Stage = {
    ...{ name: '70-mastodon', path: '/s', prerun: undefined, substages: [], isSkipped: false },
    ...{ exportImage: undefined, inputs: [] },
    definition: { summary: 'a test', artifacts: [{ name: 'mastodon', path: place }] },
  };
  const artifacts: Config['artifacts'] = { isPrivate: false, delivery, mirrors: [] };
  return placeArtifacts([stage], [locked], { edition, artifacts });
}

describe('a container image', () => {
  it('is baked in the full edition, under the digest of the image for arm64', () => {
    const { placed, problems } = place();

    expect(problems).toEqual([]);
    expect(bakedFiles(placed, '70-mastodon')).toEqual([
      {
        ...{ name: 'mastodon', sha256: hex, reference: image.reference, mode: 0o644 },
        path: 'var/lib/rancher/k3s/agent/images/10-mastodon-cdcdcdcdcdcd.tar.zst',
      },
    ]);
    expect(bakedImages(placed)).toEqual([image]);
    expect(bakedArtifacts(placed)).toEqual([]);
  });

  it('is told to the device with its digests, and where it lies', () => {
    expect(deviceList(place().placed, [])?.artifacts).toEqual([
      {
        ...{ kind: 'container-image', name: 'mastodon', reference: image.reference },
        ...{ indexDigest: image.indexDigest, arm64Digest: image.arm64Digest },
        ...{ delivery: 'baked', path: path.replace('@DIGEST@', 'cdcdcdcdcdcd'), mode: 0o644 },
      },
    ]);
  });

  it('is left to the device in the slim edition, which makes an archive that is not compressed', () => {
    const { placed } = place(path, 'slim');

    expect(bakedFiles(placed, '70-mastodon')).toEqual([]);
    expect(bakedImages(placed)).toEqual([]);
    expect(deviceList(placed, [])?.artifacts[0]).toMatchObject({
      delivery: 'first-boot',
      path: '/var/lib/rancher/k3s/agent/images/10-mastodon-cdcdcdcdcdcd.tar',
    });
  });

  it.each(['/images/mastodon.tar.zst', '/images/@DIGEST@/mastodon.tar.zst', '/images/mastodon-@DIGEST@.tar'])(
    'is refused at %s, where k3s may pass over it',
    (place_) => {
      expect(place(place_).problems).toEqual([
        {
          file: 'stages/70-mastodon/stage.ts',
          message: `lays the container image "mastodon" at ${place_}, where k3s may not find it`,
          help: 'end the path with @DIGEST@.tar.zst',
        },
      ]);
    },
  );

  it('changes the fingerprint with its digest, its name and its place', () => {
    const [file] = bakedFiles(place().placed, '70-mastodon') as [BakedFile];
    const all = [
      file,
      { ...file, sha256: 'ab'.repeat(32) },
      { ...file, reference: 'ghcr.io/mastodon/mastodon:v4.7.5' },
      { ...file, path: 'elsewhere.tar.zst' },
    ].map(describeBaked);

    expect(new Set(all).size).toBe(4);
  });
});

describe('a container image that is not pinned', () => {
  it('is left out of the slim edition: the device is not told of it, and people are', () => {
    const found = place(path, 'slim', {}, unpinned);

    expect(found).toEqual({ placed: [], unpinned: [unpinned], problems: [] });
    expect(deviceList(found.placed, [])).toBeUndefined();
    expect(unpinnedNote(found.unpinned)).toBe(
      'mastodon is not pinned, so this image can not offer what needs it. With a network: scripts/hearth lock --only mastodon',
    );
    expect(unpinnedNote([])).toBeUndefined();
  });

  it('is named together with others', () => {
    const streaming = { ...unpinned, name: 'mastodon-streaming' };

    expect(unpinnedNote([unpinned, streaming])).toBe(
      'mastodon and mastodon-streaming are not pinned, so this image can not offer what needs them. ' +
        'With a network: scripts/hearth lock --only mastodon mastodon-streaming',
    );
  });

  it.each<[string, Edition, Readonly<Record<string, Delivery>>]>([
    ['the full edition', 'full', {}],
    ['a slim one that is to have it', 'slim', { mastodon: 'baked' }],
  ])('stops %s', (_name, edition, delivery) => {
    expect(place(path, edition, delivery, unpinned)).toEqual({
      placed: [],
      unpinned: [],
      problems: [
        {
          file: 'config.yaml',
          message:
            'artifacts.delivery.mastodon: the lock has no digests of "mastodon" yet, so there is nothing to bake',
          help: 'run `scripts/hearth lock --only mastodon` with a network, or make the image without it: first-boot',
        },
      ],
    });
  });

  it('is left out of the full edition if config.yaml says first-boot', () => {
    expect(place(path, 'full', { mastodon: 'first-boot' }, unpinned)).toMatchObject({
      placed: [],
      unpinned: [unpinned],
      problems: [],
    });
  });
});
