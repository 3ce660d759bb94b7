import { describe, expect, it } from 'vitest';
import { requireConfig } from '../../../builder/config/load.ts';
import { allReadableKeys, epochOf, visibleConfig } from '../../../builder/run/stage-input.ts';
import type { StageDefinition } from '../../../builder/stage/define.ts';
import { load } from '../../helpers/load-config.ts';
import { makeStage } from '../../helpers/make-stage.ts';

const text =
  'hostname: attic\nimage: {name: attic, date: "2026-01-02"}\nwifi: {country: GB}\nplex: {claim: c}\n' +
  'debian: {mirror: "http://archive.example.org/debian"}\n';

async function visibleTo(definition: StageDefinition | undefined) {
  return visibleConfig(requireConfig(await load(text)), makeStage('30-x', { definition }));
}

describe('visibleConfig', () => {
  it('shows the keys that the stage reads, and no other', async () => {
    const { data, variables } = await visibleTo({ summary: 'x', reads: ['hostname'] });

    expect(data).toStrictEqual({ hostname: 'attic' });
    expect(variables).toMatchObject({ TARGET_HOSTNAME: 'attic' });
    for (const name of [
      'IMG_NAME',
      'HEARTH_DISK_ID',
      'WPA_COUNTRY',
      'RELEASE',
      'HEARTH_EDITION',
      'LOCALE_DEFAULT',
    ]) {
      expect(variables).not.toHaveProperty(name);
    }
  });

  it('shows nothing to a stage.ts that reads nothing', async () => {
    const { data, variables } = await visibleTo({ summary: 'x' });

    expect(data).toStrictEqual({});
    expect(variables).not.toHaveProperty('TARGET_HOSTNAME');
    expect(variables).toHaveProperty('FIRST_USER_NAME');
  });

  it("shows a stage its own part, and nobody else's", async () => {
    const { default: zod } = await import('zod');
    const config = { key: 'plex', schema: zod.object({}) };

    expect((await visibleTo({ summary: 'x', config })).data).toStrictEqual({ plex: { claim: 'c' } });
  });

  it('shows all shared keys to a folder written for pi-gen, but not where packages come from', async () => {
    const { data, variables } = await visibleTo(undefined);

    expect(data).toMatchObject({ hostname: 'attic', wifi: { country: 'GB' } });
    expect(data).not.toHaveProperty('plex');
    expect(JSON.stringify(data)).not.toContain('example.org');
    expect(variables).toMatchObject({ IMG_NAME: 'attic', TARGET_HOSTNAME: 'attic', WPA_COUNTRY: 'GB' });
  });
});

describe('allReadableKeys', () => {
  it('names single values only', () => {
    const keys = allReadableKeys();

    expect(keys).toContain('image.name');
    expect(keys).not.toContain('image');
    expect(keys).not.toContain('debian.mirror');
    expect(keys).not.toContain('debian.securityMirror');
  });
});

describe('epochOf', () => {
  it("is midnight UTC of the image's day", async () => {
    expect(epochOf(requireConfig(await load(text)))).toBe(Date.UTC(2026, 0, 2) / 1000);
  });
});
