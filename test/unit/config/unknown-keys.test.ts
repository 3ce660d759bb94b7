import { describe, expect, it } from 'vitest';
import { load, oneLine } from '../../helpers/load-config.ts';

describe('unknown keys', () => {
  it.each([
    ['hostnam: a', '1:1 hostnam: unknown key "hostnam"', 'did you mean "hostname"?'],
    ['image:\n  nmae: a', '2:3 image.nmae: unknown key "nmae"', 'did you mean "name"?'],
    [
      'ssh:\n  authorised_keys: []',
      '2:3 ssh.authorised_keys: unknown key "authorised_keys"',
      /authorizedKeys/,
    ],
    ['country: GB', '1:1 country: unknown key "country"', 'it belongs in the section "wifi"'],
    [
      'image:\n  timezone: UTC',
      '2:3 image.timezone: unknown key "timezone"',
      'it belongs at the left edge, in no section',
    ],
    ['image.name: a', '1:1 image.name: unknown key "image.name"', 'write one key a level: image: name: …'],
    ['wifi:\n  password: a', '2:3 wifi.password: unknown key "password"', 'known here: country'],
    ['samba:\n  workgruop: A', '2:3 samba.workgruop: unknown key "workgruop"', 'did you mean "workgroup"?'],
    [
      'samba: {shares: [{name: a, pth: b}]}',
      '1:28 samba.shares[0].pth: unknown key "pth"',
      'did you mean "path"?',
    ],
    ['sabma: {}', '1:1 sabma: unknown key "sabma"', 'did you mean "samba"?'],
    ['1: a', '1:1 1: unknown key "1"', /known here/],
    ['constructor: a', '1:1 constructor: unknown key "constructor"', /known here/],
    ['__proto__: {a: 1}', '1:1 __proto__: unknown key "__proto__"', /known here/],
  ])('explains %j', async (text, expected, help) => {
    const { diagnostics } = await load(text);

    expect(diagnostics.map(oneLine)).toEqual([expected]);
    if (help instanceof RegExp) expect(diagnostics[0]?.help).toMatch(help);
    else expect(diagnostics[0]?.help).toBe(help);
  });

  it('says so when a key belongs to a stage that is not in the image', async () => {
    const { diagnostics } = await load('stages: [10-boot]\nsamba:\n  port: 1\n');

    expect(diagnostics.map(oneLine)).toEqual([
      '2:1 samba: belongs to the stage 30-samba, which is not in the image',
    ]);
    expect(diagnostics[0]?.help).toBe('add 30-samba to "stages", or remove this');
  });
});

describe('stages', () => {
  it.each([
    ['stages: [samba]', '1:10 stages[0]: there is no folder stages/samba', 'did you mean "30-samba"?'],
    [
      'stages:\n  - 10-boot\n  - 20-systm',
      '3:5 stages[1]: there is no folder stages/20-systm',
      'did you mean "20-system"?',
    ],
    ['stages: [zzzzzz]', '1:10 stages[0]: there is no folder stages/zzzzzz', 'see: ls stages'],
    ['stages: [10-boot, 10-boot]', '1:19 stages[1]: the stage 10-boot is listed twice', undefined],
    ['stages: [10-boot, 3]', '1:19 stages[1]: must be text, and 3 without quotes is a number', 'write "3"'],
  ])('explains %j', async (text, expected, help) => {
    const { diagnostics } = await load(text);

    expect(diagnostics.map(oneLine)).toEqual([expected]);
    expect(diagnostics[0]?.help).toBe(help);
  });

  it('does not call config parts of a mistyped stage unknown', async () => {
    const { diagnostics } = await load('stages: [10-boot, 30-smaba]\nsamba:\n  port: 1\n');

    expect(diagnostics.map(oneLine)).toEqual(['1:19 stages[1]: there is no folder stages/30-smaba']);
  });

  it('leaves the parts of other stages out of the config', async () => {
    const { config } = await load('stages: [30-samba]\n');

    expect(config?.['samba']).toBeDefined();
    expect(config).not.toHaveProperty('plex');
  });
});
