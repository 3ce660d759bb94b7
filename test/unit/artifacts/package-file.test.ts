import { describe, expect, it } from 'vitest';
import type { AptPackageArtifact } from '../../../builder/artifacts/artifact.ts';
import { deviceList } from '../../../builder/artifacts/device-list.ts';
import { bakedArtifacts, bakedFiles, placeArtifacts } from '../../../builder/artifacts/place.ts';
import { artifactRow } from '../../../builder/cli/commands/inspect.ts';
import type { Config } from '../../../builder/config/schema.ts';
import type { StageArtifact } from '../../../builder/stage/define.ts';
import type { Stage } from '../../../builder/stage/stage.ts';
import { readImageArtifacts } from '../../../stages/90-first-boot/agent/provision/image-artifacts.ts';
import { fileTree } from '../../helpers/file-tree.ts';

const file = {
  version: '1.3-5aa',
  url: 'https://example.org/deb/pool/player_1.3-5aa_arm64.deb',
  sizeBytes: 5_242_880,
  sha256: 'ab'.repeat(32),
};
const player: AptPackageArtifact = {
  kind: 'apt-package',
  name: 'player',
  repository: 'https://example.org/deb',
  suite: 'public',
  component: 'main',
  package: 'player',
  keyUrl: 'https://example.org/key',
  keyFingerprint: 'A'.repeat(40),
  minimumVersion: '1.2',
  file,
  licence: 'Closed Terms',
  mayBePublished: false,
  source: 'signed lists',
};
const wanted: StageArtifact = { name: 'player', path: '/usr/lib/hearth/player.deb' };
const onDevice = { path: wanted.path, version: file.version, sizeBytes: 5_242_880, sha256: file.sha256 };

describe('the pinned file of a package', () => {
  it('is baked into a private full image, as its maker publishes it', () => {
    const { placed, problems } = place({ isPrivate: true });

    expect(problems).toEqual([]);
    expect(placed[0]?.delivery).toBe('baked');
    expect(bakedFiles(placed, '40-player')).toEqual([
      { name: 'player', sha256: file.sha256, path: 'usr/lib/hearth/player.deb', mode: 0o644 },
    ]);
    expect(bakedArtifacts(placed)).toEqual([
      {
        ...{ kind: 'file', name: 'player', ...file },
        ...{ licence: 'Closed Terms', mayBePublished: false, source: 'signed lists' },
      },
    ]);
  });

  it.each<[string, Choice]>([
    ['others may get the image', {}],
    ['the edition is slim', { isPrivate: true, edition: 'slim' }],
    ['config.yaml says so', { isPrivate: true, delivery: { player: 'first-boot' } }],
    ['its stage has no place for it', { isPrivate: true, path: null }],
  ])('stays out when %s', (_what, choice) => {
    const { placed, problems } = place(choice);

    expect(problems).toEqual([]);
    expect(placed[0]?.delivery).toBe('first-boot');
    expect(bakedFiles(placed, '40-player')).toEqual([]);
    expect(bakedArtifacts(placed)).toEqual([]);
    expect(deviceList(placed, [])?.artifacts[0]).not.toHaveProperty('file');
  });

  it('is never baked into an image for others, nor where its stage has no place for it', () => {
    const delivery = { player: 'baked' } as const;

    expect(place({ delivery }).problems[0]?.message).toContain('may not be given to others (Closed Terms)');
    expect(place({ delivery, isPrivate: true, path: null }).problems[0]?.message).toContain('has no path');
  });

  it('is told to the device, which reads it', async () => {
    const list = deviceList(place({ isPrivate: true }).placed, []);
    const { licence: _licence, mayBePublished: _public, source: _source, ...rest } = player;

    expect(list?.artifacts).toEqual([{ ...rest, file: onDevice }]);
    expect(await read(list)).toEqual({ state: 'known', list });
  });

  it.each([
    { path: 'x.deb' },
    { path: '/usr/../etc/passwd' },
    { version: '' },
    { sizeBytes: 0 },
    { sha256: 'x' },
  ])('is refused by the device with %o', async (wrong) => {
    const list = deviceList(place({ isPrivate: true }).placed, []);
    const artifacts = [{ ...list?.artifacts[0], file: { ...onDevice, ...wrong } }];

    expect(await read({ ...list, artifacts })).toMatchObject({
      state: 'damaged',
      reason: expect.stringContaining('"file" of "player" is missing or wrong'),
    });
  });

  it('is shown by inspect', () => {
    const listed = { name: 'player', kind: 'apt-package' };

    expect(artifactRow({ ...listed, file: { ...onDevice, path: '/player.deb' } })).toEqual([
      ...['  player', '1.3-5aa', '5 MiB', 'baked: /player.deb'],
    ]);
    expect(artifactRow(listed)).toEqual(['  player', '', '', 'the device fetches it when it is set up']);
  });
});

interface Choice extends Partial<Omit<Config['artifacts'], 'mirrors'>> {
  readonly edition?: Config['edition'];
  /** Default that of the stage; null: the stage names none. */
  readonly path?: string | null;
}

function place({ edition = 'full', path = wanted.path ?? null, isPrivate = false, delivery = {} }: Choice) {
  const artifacts: StageArtifact[] = [path === null ? { name: 'player' } : { name: 'player', path }];
  const stage: Stage = {
    ...{ name: '40-player', path: '/stages/40-player', prerun: undefined, substages: [], isSkipped: false },
    ...{ exportImage: undefined, inputs: [], definition: { summary: 'player', artifacts } },
  };
  return placeArtifacts([stage], [player], { edition, artifacts: { isPrivate, delivery, mirrors: [] } });
}

async function read(list: unknown) {
  return readImageArtifacts(`${await fileTree({ list: JSON.stringify(list) })}/list`);
}
