import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { configError } from '../../../builder/config/diagnostics.ts';
import { loadConfig, requireConfig } from '../../../builder/config/load.ts';
import { HearthError } from '../../../builder/errors/hearth-error.ts';
import { renderError } from '../../../builder/errors/render.ts';
import { load, oneLine, slices, stageNames } from '../../helpers/load-config.ts';

const defaults = {
  edition: 'slim',
  image: { name: 'hearth', date: '2026-11-23' },
  hostname: 'hearth',
  locale: 'en_GB.UTF-8',
  timezone: 'Europe/London',
  keyboard: { layout: 'gb', variant: '' },
  wifi: { country: 'GB' },
  ssh: { authorizedKeys: [] },
  debian: { suite: 'trixie' },
  artifacts: { isPrivate: false, delivery: {}, mirrors: [] },
  samba: { workgroup: 'WORKGROUP', version: '4.22', port: 445, timeMachine: true, shares: [] },
  plex: {},
};

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hearth-config-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe('loadConfig', () => {
  it.each([
    ['an empty file', ''],
    ['a file of comments', '# nothing\n\n# here\n'],
    ['an empty document', '---\n'],
    ['empty sections and lists', 'image:\nssh:\n  authorizedKeys:\n  # - key\nsamba:\n  shares:\nstages:\n'],
    ['a byte order mark', '\uFEFFedition: slim\n'],
    ['line ends of Windows', 'edition: slim\r\nhostname: hearth\r\n'],
  ])('fills in all defaults for %s', async (_, text) => {
    const { config, diagnostics } = await load(text);

    expect(diagnostics).toEqual([]);
    expect(config).toEqual(defaults);
  });

  it('keeps what is written beside the defaults', async () => {
    const { config } = await load('image:\n  name: attic\nsamba:\n  shares:\n    - name: films\n');

    expect(config).toEqual({
      ...defaults,
      image: { name: 'attic', date: '2026-11-23' },
      samba: { ...defaults.samba, shares: [{ name: 'films', path: '/srv/media' }] },
    });
  });

  it('finds all problems at once, in the order of their lines', async () => {
    const text = [
      'hostname: "bad host"',
      'image:',
      '  name: 1.30',
      '  nmae: x',
      'wifi: {country: UK}',
      'samba:',
      '  port: 0755',
      'colour: red',
      'hostname: other',
    ].join('\n');

    const { diagnostics } = await load(text);

    expect(diagnostics.map(oneLine)).toEqual([
      '3:9 image.name: must be text, and 1.30 without quotes is a number: 1.3',
      '4:3 image.nmae: unknown key "nmae"',
      '5:17 wifi.country: "UK" is not a country code of ISO 3166',
      '7:9 samba.port: 0755 is the number 755 in YAML 1.2',
      '8:1 colour: unknown key "colour"',
      '9:1 : this key is written twice',
    ]);
  });

  it('lets the command line win over the file', async () => {
    const { config } = await loadConfig({
      path: 'config.yaml',
      text: 'edition: slim\n',
      slices,
      overrides: { edition: 'full' },
    });

    expect(config?.edition).toBe('full');
  });

  it('freezes the config down to the last field', async () => {
    const { config } = await load('samba: {shares: [{name: a}]}\n');
    const samba = config?.['samba'] as { shares: { name: string }[] };

    expect(() => Object.assign(config?.image ?? {}, { name: 'x' })).toThrow(TypeError);
    expect(() => samba.shares.push({ name: 'b' })).toThrow(TypeError);
  });

  it('does not let one config change the defaults of the next', async () => {
    const first = await load('');
    const second = await load('');

    expect(first.config?.ssh.authorizedKeys).toEqual([]);
    expect(second.config).toEqual(first.config);
  });

  it('warns about tags and goes on', async () => {
    const { config, diagnostics } = await load('hostname: !name hearth\n');

    expect(diagnostics.map((one) => [one.severity, oneLine(one)])).toEqual([
      ['warning', '1:11 : tags have no meaning here'],
    ]);
    expect(config?.hostname).toBe('hearth');
  });

  it('takes every config that it wrote itself', async () => {
    const name = fc
      .stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/)
      .filter((text) => text !== 'localhost');
    const configs = fc.record({
      hostname: name,
      image: fc.record({ name }),
      edition: fc.constantFrom('slim', 'full'),
      samba: fc.record({ port: fc.integer({ min: 1, max: 65535 }), timeMachine: fc.boolean() }),
    });

    await fc.assert(
      fc.asyncProperty(configs, async (written) => {
        const { config, diagnostics } = await load(stringify(written));

        expect(diagnostics).toEqual([]);
        expect(config).toMatchObject(written);
      }),
      { numRuns: 50 },
    );
  });

  it.each(['? - <<: 1\n: x\n', ': - - {<<\n', '? {<<: 3}\n: - 1\n', '? [a]\n: b\n'])(
    'says what is wrong with a key that is no text: %j',
    async (text) => {
      const { config, diagnostics } = await load(text);

      expect(config).toBeUndefined();
      expect(diagnostics).not.toEqual([]);
    },
  );

  it('never throws, whatever the text is', async () => {
    const pieces = fc.constantFrom(
      'a',
      'hostname',
      ': ',
      '\n',
      '  ',
      '- ',
      '[',
      '{',
      '"',
      '&x ',
      '*x',
      '\t',
      '!',
      '0755',
      '%',
      '|',
      '<<',
    );

    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { maxLength: 15 }), async (parts) => {
        const { config, diagnostics } = await load(parts.join(''));

        expect(config === undefined).toBe(diagnostics.some((one) => one.severity === 'error'));
      }),
      { numRuns: 300 },
    );
  });
});

describe('loadConfig and the file itself', () => {
  it('reads it from disk', async () => {
    const file = path.join(await temporaryFolder(), 'config.yaml');
    await writeFile(file, 'hostname: attic\n');

    const { config, source } = await loadConfig({ path: file, slices });

    expect(config?.hostname).toBe('attic');
    expect(source).toEqual({ file, text: 'hostname: attic\n' });
  });

  it('says so when it is missing', async () => {
    const file = path.join(await temporaryFolder(), 'config.yaml');

    await expect(loadConfig({ path: file, slices })).rejects.toMatchObject({
      code: 'ERR_CONFIG_UNREADABLE',
      exitCode: 2,
      message: `can not read the configuration ${file}`,
      why: 'There is no such file.',
    });
  });

  it('says so when it is a folder', async () => {
    await expect(loadConfig({ path: await temporaryFolder(), slices })).rejects.toMatchObject({
      code: 'ERR_CONFIG_UNREADABLE',
      why: 'It is a folder.',
    });
  });

  it.skipIf(process.getuid?.() === 0)(
    'says so when it may not be read (root may read everything)',
    async () => {
      const file = path.join(await temporaryFolder(), 'config.yaml');
      await writeFile(file, '');
      await chmod(file, 0o000);

      await expect(loadConfig({ path: file, slices })).rejects.toMatchObject({ why: 'You may not read it.' });
    },
  );

  it('says so when it is not UTF-8', async () => {
    const file = path.join(await temporaryFolder(), 'config.yaml');
    await writeFile(file, Buffer.from([0x68, 0xff, 0xfe]));

    await expect(loadConfig({ path: file, slices })).rejects.toMatchObject({
      why: 'It is not text in UTF-8.',
    });
  });
});

describe('requireConfig', () => {
  it('gives the config when there is no error', async () => {
    expect(requireConfig(await load('hostname: attic')).hostname).toBe('attic');
  });

  it('throws one error with all pictures, the count and the exit code for config', async () => {
    const loaded = await load('network:\nhostname: "bad host"\ntimezone: Mars\n');

    const error = (() => {
      try {
        return requireConfig(loaded);
      } catch (thrown) {
        return thrown;
      }
    })();

    expect(error).toBeInstanceOf(HearthError);
    expect(renderError(error, { widthColumns: 60 })).toBe(
      [
        '✖ config.yaml has 3 errors                ERR_CONFIG_INVALID',
        '',
        'error[network]: unknown key "network"',
        '  --> config.yaml:1:1',
        '   |',
        ' 1 | network:',
        '   | ^^^^^^^ known here: edition, image, hostname, locale, timezone, keyboard, wifi, ssh, debian, artifacts, stages, samba and plex',
        '   |',
        'error[hostname]: must use only a–z, 0–9 and "-"',
        '  --> config.yaml:2:11',
        '   |',
        ' 1 | network:',
        ' 2 | hostname: "bad host"',
        '   |           ^^^^^^^^^^ for example "bad-host"',
        '   |',
        'error[timezone]: "Mars" is not a time zone of the IANA table',
        '  --> config.yaml:3:11',
        '   |',
        ' 2 | hostname: "bad host"',
        ' 3 | timezone: Mars',
        '   |           ^^^^ for example "Europe/London" or "UTC"',
        '   |',
        '',
        '  State   Nothing was built.',
        '  Try     correct them; docs/config.md lists every key',
      ].join('\n'),
    );
  });

  it('does not count warnings', async () => {
    const { diagnostics, source } = await load('hostname: !a b_c\n');

    expect(configError(diagnostics, source).message).toBe('config.yaml has 1 error');
  });
});

describe('slices of stages', () => {
  const text = z.string().default('a').meta({ description: 'A text.' });

  it.each([
    [
      'a shared key',
      { key: 'image', schema: z.object({ a: text }) },
      'x: the config key "image" is a shared key',
    ],
    [
      'a key of two words',
      { key: 'a-b', schema: z.object({ a: text }) },
      'x: the config key "a-b" must be one word like "samba"',
    ],
    [
      'a taken key',
      { key: 'samba', schema: z.object({ a: text }) },
      'x: the config key "samba" is taken by 30-samba',
    ],
    [
      'a field without default',
      { key: 'a', schema: z.object({ a: z.string().describe('x') }) },
      'x: every field of "a" needs a default',
    ],
    [
      'a field without description',
      { key: 'a', schema: z.object({ a: z.string().default('') }) },
      'x: a.a needs a description',
    ],
    [
      'a nested field without description',
      {
        key: 'a',
        schema: z.object({
          l: z
            .array(z.object({ n: z.string() }))
            .default([])
            .describe('l'),
        }),
      },
      'x: a.l.n needs a description',
    ],
  ])('with %s are an error of the stage', async (_, slice, problem) => {
    const all = [...slices, { ...slice, stage: 'x' }];

    await expect(
      loadConfig({ path: 'config.yaml', text: '', slices: all, stageNames }),
    ).rejects.toMatchObject({
      code: 'ERR_STAGE_INVALID',
      details: problem,
    });
  });
});
