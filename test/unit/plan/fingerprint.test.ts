import { chmod, cp, utimes, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareParts, type FingerprintSource, fingerprintStage } from '../../../builder/plan/fingerprint.ts';
import { listInputs } from '../../../builder/stage/inputs.ts';
import { digestOf, hashFile } from '../../../builder/text/digest.ts';
import { addFiles, executable, fileTree, linkTo, type TreeEntry } from '../../helpers/file-tree.ts';

const files: Readonly<Record<string, TreeEntry>> = {
  '00-packages': 'sudo\n',
  '01-run.sh': executable('#!/bin/sh\n'),
  'files/a': 'a',
  'files/link': linkTo('a'),
};

const plain = {
  parent: 'aa',
  stageName: '30-samba',
  config: { hostname: 'hearth', samba: { shares: ['media'], version: '4.22' } },
  base: { architecture: 'arm64', 'tools tree': '1' },
};

/** The digest of a stage folder with everything else as in `plain`. */
async function digestIn(folder: string, change: Partial<FingerprintSource> = {}): Promise<string> {
  const { inputs } = await listInputs(folder, folder, undefined);
  return (await fingerprintStage({ ...plain, files: inputs, ...change })).digest;
}

describe('fingerprintStage', () => {
  it('names each part and gives 64 hex digits', async () => {
    const folder = await fileTree({ a: 'abc', b: executable('abc'), c: linkTo('a') });
    const { inputs } = await listInputs(folder, folder, undefined);

    const { digest, parts } = await fingerprintStage({ ...plain, files: inputs });

    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(parts).toEqual({
      format: expect.any(String),
      stage: '30-samba',
      parent: 'aa',
      architecture: 'arm64',
      'tools tree': '1',
      'config.yaml hostname': '"hearth"',
      'config.yaml samba.shares': '["media"]',
      'config.yaml samba.version': '"4.22"',
      'file a': `plain ${abc}`,
      'file b': `executable ${abc}`,
      'file c': 'link to a',
    });
  });

  it.each<[string, Partial<FingerprintSource>]>([
    ['the stage before', { parent: 'ab' }],
    ['having no stage before', { parent: undefined }],
    ['its name', { stageName: '31-samba' }],
    ['a config value', { config: { ...plain.config, hostname: 'attic' } }],
    [
      'the type of a config value',
      { config: { ...plain.config, samba: { shares: ['media'], version: 4.22 } } },
    ],
    ['a config list', { config: { ...plain.config, samba: { shares: ['media', 'b'], version: '4.22' } } }],
    ['a config key less', { config: { hostname: 'hearth' } }],
    ['the tools', { base: { architecture: 'arm64', 'tools tree': '2' } }],
    ['the architecture', { base: { architecture: 'armhf', 'tools tree': '1' } }],
    ['no files', { files: [] }],
  ])('changes with %s', async (_what, change) => {
    const folder = await fileTree(files);

    expect(await digestIn(folder, change)).not.toBe(await digestIn(folder));
  });

  it.each<[string, Readonly<Record<string, TreeEntry>>]>([
    ['the content of a file', { 'files/a': 'b' }],
    ['a new file', { 'files/b': '' }],
    ['a new link', { 'files/other': linkTo('a') }],
  ])('changes with %s', async (_what, change) => {
    const folder = await fileTree(files);
    const before = await digestIn(folder);

    await addFiles(folder, change);

    expect(await digestIn(folder)).not.toBe(before);
  });

  it('changes with the name of a file and with the target of a link', async () => {
    const one = await fileTree({ a: 'x', l: linkTo('a') });

    expect(await digestIn(await fileTree({ b: 'x', l: linkTo('a') }))).not.toBe(await digestIn(one));
    expect(await digestIn(await fileTree({ a: 'x', l: linkTo('b') }))).not.toBe(await digestIn(one));
  });

  it('changes with a run bit, but with no other mode bit', async () => {
    const folder = await fileTree(files);
    const before = await digestIn(folder);

    await chmod(`${folder}/files/a`, 0o600);
    expect(await digestIn(folder)).toBe(before);

    await chmod(`${folder}/files/a`, 0o744);
    expect(await digestIn(folder)).not.toBe(before);
  });

  it('does not change with times', async () => {
    const folder = await fileTree(files);
    const before = await digestIn(folder);

    for (const path of ['00-packages', 'files/a', 'files']) await utimes(`${folder}/${path}`, 1, 1);

    expect(await digestIn(folder)).toBe(before);
  });

  it('does not change when the checkout moves', async () => {
    const folder = await fileTree(files);
    const elsewhere = `${await fileTree()}/another/place`;

    await cp(folder, elsewhere, { recursive: true, verbatimSymlinks: true });

    expect(await digestIn(elsewhere)).toBe(await digestIn(folder));
  });

  it('changes with any single value of any config, and with nothing else', async () => {
    const key = fc.string({ unit: fc.constantFrom(...'abcdef'), minLength: 1, maxLength: 4 });
    const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.array(fc.string()));
    const configs = fc.dictionary(key, fc.oneof(value, fc.dictionary(key, value, { minKeys: 1 })), {
      minKeys: 1,
    });
    const digest = async (config: unknown) =>
      (await fingerprintStage({ ...plain, config, files: [] })).digest;

    await fc.assert(
      fc.asyncProperty(configs, fc.nat(), value, async (config, position, other) => {
        const names = Object.keys(config);
        const name = names[position % names.length] ?? '';
        const changed = { ...config, [name]: other };
        const reversed = Object.fromEntries(Object.entries(config).reverse());

        expect(await digest(reversed)).toBe(await digest(config));
        const isSame = JSON.stringify(config[name]) === JSON.stringify(other);
        expect((await digest(changed)) === (await digest(config))).toBe(isSame);
      }),
    );
  });

  it('changes with any single byte of a file', async () => {
    const folder = await fileTree();
    const digest = async (text: Uint8Array) => {
      await writeFile(`${folder}/a`, text);
      return await digestIn(folder);
    };

    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1 }), fc.nat(), async (bytes, position) => {
        const flipped = Uint8Array.from(bytes);
        flipped[position % bytes.length] = (bytes[position % bytes.length] ?? 0) ^ 1;

        expect(await digest(flipped)).not.toBe(await digest(bytes));
      }),
      { numRuns: 30 },
    );
  });
});

describe('digestOf', () => {
  it('does not depend on the order of keys, but on that of lists', () => {
    expect(digestOf({ a: 1, b: { c: 2, d: 3 } })).toBe(digestOf({ b: { d: 3, c: 2 }, a: 1 }));
    expect(digestOf([1, 2])).not.toBe(digestOf([2, 1]));
  });
});

describe('hashFile', () => {
  it('gives SHA-256', async () => {
    const folder = await fileTree({ empty: '' });

    expect(await hashFile(`${folder}/empty`)).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });
});

describe('compareParts', () => {
  it('lists what is new, gone and different, by name', () => {
    const before = { b: '1', same: 'x', gone: 'y' };
    const after = { same: 'x', b: '2', a: 'new' };

    expect(compareParts(before, after)).toEqual([
      { part: 'a', before: undefined, after: 'new' },
      { part: 'b', before: '1', after: '2' },
      { part: 'gone', before: 'y', after: undefined },
    ]);
  });

  it('is empty exactly for equal parts', () => {
    const parts = fc.dictionary(fc.string({ maxLength: 2 }), fc.string({ maxLength: 2 }));

    fc.assert(
      fc.property(parts, parts, (a, b) => {
        expect(compareParts(a, { ...a })).toEqual([]);
        expect(compareParts(a, b).length === 0).toBe(digestOf(a) === digestOf(b));
      }),
    );
  });
});
