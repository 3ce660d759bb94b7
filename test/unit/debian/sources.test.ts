import { describe, expect, it } from 'vitest';
import { mirrorSources, readSources } from '../../../builder/debian/sources.ts';
import { fileTree } from '../../helpers/file-tree.ts';

const device = { main: 'http://deb.example/debian', security: 'http://deb.example/debian-security' };
const mirror = { main: 'https://near.example/d', security: 'https://near.example/s' };
const view = '/cache/views/ab';

/** One source file with this build's mirrors. */
function mirrored(text: string, change: { view?: string; mirror?: typeof mirror } = {}): string | undefined {
  return mirrorSources({ 'a.list': text }, change.view ?? view, device, change.mirror ?? mirror)['a.list'];
}

describe('readSources', () => {
  it('finds both kinds of files, and leaves out what apt does not read', async () => {
    const folder = await fileTree({
      'etc/apt/sources.list': 'deb a\n',
      'etc/apt/sources.list.d/b.sources': 'Types: deb\n',
      'etc/apt/sources.list.d/a.list': 'deb b\n',
      'etc/apt/sources.list.d/a.list.save': 'deb c\n',
      'etc/apt/sources.list.d/README': 'text\n',
    });

    const sources = await readSources(folder);

    expect(Object.entries(sources)).toEqual([
      ['etc/apt/sources.list', 'deb a\n'],
      ['etc/apt/sources.list.d/a.list', 'deb b\n'],
      ['etc/apt/sources.list.d/b.sources', 'Types: deb\n'],
    ]);
  });

  it('leaves out empty files, and knows a tree without sources', async () => {
    const folder = await fileTree({ 'etc/apt/sources.list': ' \n', 'etc/apt/sources.list.d/': '' });

    expect(await readSources(folder)).toEqual({});
    expect(await readSources(`${folder}/none`)).toEqual({});
  });
});

describe('mirrorSources', () => {
  it('puts the mirrors into one-line sources', () => {
    const text = [
      'deb http://deb.example/debian trixie main',
      'deb-src [arch=arm64] http://deb.example/debian/ trixie main',
      'deb http://deb.example/debian-security trixie-security main',
      '',
    ].join('\n');

    expect(mirrored(text)).toBe(
      [
        'deb https://near.example/d/ trixie main',
        'deb-src [arch=arm64] https://near.example/d/ trixie main',
        'deb https://near.example/s/ trixie-security main',
        '',
      ].join('\n'),
    );
  });

  it('puts the mirrors into deb822 sources, and several addresses into one field', () => {
    const text = [
      'Types: deb',
      'URIs: http://deb.example/debian// http://other.example/debian',
      'Suites: trixie trixie-updates',
      '',
      'Types: deb',
      'URIs:http://deb.example/debian-security/',
      'Suites: trixie-security',
    ].join('\n');

    expect(mirrored(text)).toBe(
      [
        'Types: deb',
        'URIs: https://near.example/d/ http://other.example/debian',
        'Suites: trixie trixie-updates',
        '',
        'Types: deb',
        'URIs:https://near.example/s/',
        'Suites: trixie-security',
      ].join('\n'),
    );
  });

  it.each([
    'deb http://deb.example/debian-backports trixie main',
    'deb http://deb.example/debian/more trixie main',
    'deb https://deb.example/debian trixie main',
    'deb http://debXexample/debian trixie main',
    'deb tor+http://deb.example/debian trixie main',
    'deb http://cache.example/http://deb.example/debian trixie main',
  ])('does not touch another archive: %s', (line) => {
    expect(mirrored(line)).toBe(line);
  });

  it.each([
    ['deb [signed-by=/usr/share/a.gpg] http://x.example stable main', `signed-by=${view}/usr/share/a.gpg]`],
    [
      'deb [arch=arm64 signed-by=/a.gpg,/b.gpg trusted=no] http://x.example /',
      `signed-by=${view}/a.gpg,${view}/b.gpg trusted=no] http://x.example /`,
    ],
    ['Signed-By: /usr/share/keyrings/a.pgp', `Signed-By: ${view}/usr/share/keyrings/a.pgp`],
    ['signed-by:/a.pgp /b.pgp', `signed-by:${view}/a.pgp ${view}/b.pgp`],
  ])('takes keyrings from the view: %s', (text, wanted) => {
    expect(mirrored(text)).toContain(wanted);
  });

  it.each([
    'Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n /abc+/def=\n',
    'deb [signed-by=0123456789ABCDEF] http://x.example stable main',
    '# deb cdrom:[Debian]/ trixie main\n\n  # /usr/share\n',
    'deb file:/srv/packages ./\n',
  ])('leaves a source as it is that needs nothing: %j', (text) => {
    expect(mirrored(text)).toBe(text);
  });

  it('takes every letter of a folder or mirror as it is', () => {
    const odd = { main: 'https://near.example/$&', security: 'https://near.example/$1' };
    const text = 'deb [signed-by=/a.gpg] http://deb.example/debian trixie main';

    expect(mirrored(text, { view: '/c$1/$$', mirror: odd })).toBe(
      'deb [signed-by=/c$1/$$/a.gpg] https://near.example/$&/ trixie main',
    );
  });

  it('keeps the names of the files', () => {
    expect(Object.keys(mirrorSources({ a: '', b: '' }, view, device, mirror))).toEqual(['a', 'b']);
  });
});
