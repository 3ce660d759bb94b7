import { describe, expect, it } from 'vitest';
import { requireConfig } from '../../../builder/config/load.ts';
import { pick, sharedKeys } from '../../../builder/config/pick.ts';
import { load } from '../../helpers/load-config.ts';

describe('sharedKeys', () => {
  it('lists sections and single keys, but not the stage list', () => {
    expect(sharedKeys()).toEqual([
      'edition',
      'image',
      'image.name',
      'image.date',
      'hostname',
      'locale',
      'timezone',
      'keyboard',
      'keyboard.layout',
      'keyboard.variant',
      'wifi',
      'wifi.country',
      'ssh',
      'ssh.authorizedKeys',
      'debian',
      'debian.suite',
      'debian.mirror',
      'debian.securityMirror',
      'debian.snapshotMirror',
    ]);
  });
});

describe('pick', () => {
  it('nests the named keys as in config.yaml and takes nothing else', async () => {
    const config = requireConfig(await load('image: {name: attic}\n'));

    expect(pick(config, ['image.name', 'hostname', 'keyboard.layout'])).toStrictEqual({
      image: { name: 'attic' },
      hostname: 'hearth',
      keyboard: { layout: 'gb' },
    });
  });

  it('takes whole sections, alone or beside their keys, in any order', async () => {
    const config = requireConfig(await load(''));
    const keyboard = { layout: 'gb', variant: '' };

    expect(pick(config, ['keyboard'])).toStrictEqual({ keyboard });
    expect(pick(config, ['keyboard', 'keyboard.layout'])).toStrictEqual({ keyboard });
    expect(pick(config, ['keyboard.layout', 'keyboard'])).toStrictEqual({ keyboard });
  });

  it('has a key that has no value, as undefined', async () => {
    const picked = pick(requireConfig(await load('')), ['debian.mirror']);

    expect(picked).toStrictEqual({ debian: { mirror: undefined } });
  });

  it("takes a stage's own part", async () => {
    expect(pick(requireConfig(await load('plex: {claim: a}')), ['plex'])).toStrictEqual({
      plex: { claim: 'a' },
    });
  });

  it('is empty without keys', async () => {
    expect(pick(requireConfig(await load('')), [])).toStrictEqual({});
  });

  it('refuses a key that no config has', async () => {
    const config = requireConfig(await load(''));

    expect(() => pick(config, ['hostnam'])).toThrow('the config has no key "hostnam"');
  });
});
