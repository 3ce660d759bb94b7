import { describe, expect, it } from 'vitest';
import type { Artifact } from '../../../builder/artifacts/artifact.ts';
import { deviceList } from '../../../builder/artifacts/device-list.ts';
import { bakedArtifacts, bakedFiles, placeArtifacts } from '../../../builder/artifacts/place.ts';
import type { Delivery, Edition } from '../../../builder/config/schema.ts';
import type { StageArtifact } from '../../../builder/stage/define.ts';
import type { Stage } from '../../../builder/stage/stage.ts';

const sha256 = 'ab'.repeat(32);
const k3s: Artifact = {
  kind: 'file',
  name: 'k3s',
  version: 'v1.36.4+k3s1',
  url: 'https://example.org/k3s',
  sizeBytes: 71,
  sha256,
  licence: 'Apache-2.0',
  mayBePublished: true,
  source: 'sha256sum-arm64.txt',
};
const closed: Artifact = { ...k3s, name: 'closed', mayBePublished: false, licence: 'Closed Terms' };
const plex: Artifact = {
  kind: 'apt-package',
  name: 'plex',
  repository: 'https://example.org/deb',
  suite: 'public',
  component: 'main',
  package: 'plexmediaserver',
  keyUrl: 'https://example.org/key',
  keyFingerprint: 'A'.repeat(40),
  minimumVersion: '1.2',
  licence: 'Closed Terms',
  mayBePublished: false,
  source: 'its repository',
};
const lock = [k3s, closed, plex];
const binary: StageArtifact = { name: 'k3s', path: '/usr/local/bin/k3s', mode: 0o755 };

describe('placeArtifacts', () => {
  it.each<[string, Edition, boolean, readonly Delivery[]]>([
    ['the slim edition leaves all to the device', 'slim', false, ['first-boot', 'first-boot', 'first-boot']],
    [
      'the full edition bakes what may be given to others',
      'full',
      false,
      ['baked', 'first-boot', 'first-boot'],
    ],
    [
      'a private image has the rest too, but for a package without a pinned file',
      'full',
      true,
      ['baked', 'baked', 'first-boot'],
    ],
  ])('%s', (_what, edition, isPrivate, deliveries) => {
    const wanted = [binary, { name: 'closed', path: '/opt/closed' }, { name: 'plex' }];
    const { placed, problems } = place(wanted, { edition, isPrivate });

    expect(problems).toEqual([]);
    expect(placed.map(({ delivery }) => delivery)).toEqual(deliveries);
  });

  it('does what config.yaml says of one artifact, in either edition', () => {
    const deliveries = (edition: Edition, delivery: Delivery) =>
      place([binary], { edition, delivery: { k3s: delivery } }).placed.map((one) => one.delivery);

    expect(deliveries('slim', 'baked')).toEqual(['baked']);
    expect(deliveries('full', 'first-boot')).toEqual(['first-boot']);
  });

  it('refuses to bake what may not be given to others, and a package of which no file is pinned', () => {
    const wanted = [{ name: 'closed', path: '/opt/closed' }, { name: 'plex' }];
    const delivery = { closed: 'baked', plex: 'baked' } as const;
    const messages = (isPrivate: boolean) =>
      place(wanted, { delivery, isPrivate }).problems.map(({ message, help }) => `${message}; ${help}`);

    expect(messages(false)).toEqual([
      expect.stringContaining('"closed" may not be given to others (Closed Terms)'),
      expect.stringContaining('"plex" may not be given to others'),
    ]);
    expect(messages(true)).toEqual([
      expect.stringMatching(/no package file is pinned for "plex".*`scripts\/hearth lock --only plex`/),
    ]);
  });

  it('finds names that the lock does not have, in the stage and in config.yaml', () => {
    const { problems } = place([{ name: 'k3', path: '/k3s' }, { name: 'k3s' }], {
      delivery: { plexx: 'first-boot' },
    });

    expect(problems).toEqual([
      {
        file: 'stages/60-k3s/stage.ts',
        message: 'wants the artifact "k3", which artifacts.lock.yaml does not have',
        help: 'did you mean "k3s"?',
      },
      { file: 'stages/60-k3s/stage.ts', message: 'says no path for the artifact "k3s"' },
      {
        file: 'config.yaml',
        message: 'artifacts.delivery.plexx: no artifact has that name',
        help: 'did you mean "plex"?',
      },
    ]);
  });

  it('asks nothing of stages that are left out', () => {
    expect(place([{ name: 'nothing' }], {}, { isSkipped: true })).toEqual({
      placed: [],
      unpinned: [],
      problems: [],
    });
  });
});

describe('what is baked', () => {
  const images = { name: 'k3s', path: '/images/k3s-@DIGEST@.tar.zst', keepImages: ['pause'] };

  it('has the digest in its path where the stage asks for it', () => {
    const { placed } = place([images, { name: 'closed', path: '/opt/closed' }], { edition: 'full' });

    expect(bakedFiles(placed, '60-k3s')).toEqual([
      { name: 'k3s', sha256, path: 'images/k3s-abababababab.tar.zst', mode: 0o644, keepImages: ['pause'] },
    ]);
    expect(bakedFiles(placed, '30-samba')).toEqual([]);
    expect(bakedArtifacts(placed)).toEqual([k3s]);
  });

  it('is told to the device, with what it has to fetch and without the paperwork', () => {
    const { placed } = place([binary, { name: 'plex' }], { edition: 'full' });
    const list = deviceList(placed, ['file:///media/stick', 'http://mirror.example/artifacts']);

    expect(list).toMatchObject({ format: 1, mirrors: ['http://mirror.example/artifacts'] });
    expect(list?.artifacts[0]).toEqual({
      ...{
        kind: 'file',
        name: 'k3s',
        version: 'v1.36.4+k3s1',
        url: 'https://example.org/k3s',
        sizeBytes: 71,
        sha256,
      },
      ...{ delivery: 'baked', path: '/usr/local/bin/k3s', mode: 0o755 },
    });
    expect(list?.artifacts[1]).toMatchObject({ kind: 'apt-package', keyFingerprint: 'A'.repeat(40) });
    expect(list?.artifacts[1]).not.toHaveProperty('delivery');
    expect(deviceList([], [])).toBeUndefined();
  });
});

interface Choice {
  readonly edition?: Edition;
  readonly isPrivate?: boolean;
  readonly delivery?: Readonly<Record<string, Delivery>>;
}

function place(
  artifacts: readonly StageArtifact[],
  { edition = 'slim', isPrivate = false, delivery = {} }: Choice,
  more: Partial<Stage> = {},
) {
  const stage: Stage = {
    ...{ name: '60-k3s', path: '/stages/60-k3s', prerun: undefined, substages: [], isSkipped: false },
    ...{ exportImage: undefined, inputs: [], definition: { summary: 'k3s', artifacts }, ...more },
  };
  return placeArtifacts([stage], lock, { edition, artifacts: { isPrivate, delivery, mirrors: [] } });
}
