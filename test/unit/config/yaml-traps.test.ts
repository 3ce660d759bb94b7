import { describe, expect, it } from 'vitest';
import { load, oneLine } from '../../helpers/load-config.ts';

describe('YAML traps', () => {
  it.each([
    [
      'samba:\n  version: 1.30',
      '2:12 samba.version: must be text, and 1.30 without quotes is a number: 1.3',
      'write "1.30"',
    ],
    [
      'samba:\n  version: 4',
      '2:12 samba.version: must be text, and 4 without quotes is a number',
      'write "4"',
    ],
    [
      'hostname: 0xff',
      '1:11 hostname: must be text, and 0xff without quotes is a number: 255',
      'write "0xff"',
    ],
    ['hostname: 1e3', '1:11 hostname: must be text, and 1e3 without quotes is a number: 1000', 'write "1e3"'],
    [
      'hostname: true',
      '1:11 hostname: must be text, and true without quotes is a truth value',
      'write "true"',
    ],
    [
      'samba:\n  port: 0755',
      '2:9 samba.port: 0755 is the number 755 in YAML 1.2',
      'write "0755" in quotes, or 0o755 for an octal number',
    ],
    ['samba:\n  port: 0890', '2:9 samba.port: 0890 is the number 890 in YAML 1.2', 'write "0890" in quotes'],
    ['hostname: 007', '1:11 hostname: 007 is the number 7 in YAML 1.2', /in quotes/],
    [
      'samba:\n  timeMachine: yes',
      '2:16 samba.timeMachine: must be true or false; "yes" is text in YAML 1.2',
      'write true',
    ],
    [
      'samba:\n  timeMachine: off',
      '2:16 samba.timeMachine: must be true or false; "off" is text in YAML 1.2',
      'write false',
    ],
    ['samba:\n  timeMachine: maybe', '2:16 samba.timeMachine: must be true or false, not text', undefined],
    ['samba:\n  timeMachine: 1', '2:16 samba.timeMachine: must be true or false, not a number', undefined],
    ['samba:\n  port: "445"', '2:9 samba.port: must be a number, not text', 'remove the quotes: 445'],
    ['hostname:', '1:1 hostname: has no value', /default/],
    ['hostname: ~', '1:11 hostname: has no value', /default/],
    ['edition: null', '1:10 edition: has no value', /default/],
    ['hostname: [a]', '1:11 hostname: must be text, not a list', 'one value, no list'],
    ['hostname:\n  name: a', '2:3 hostname: must be text, not a section with keys', undefined],
    ['ssh:\n  authorizedKeys: x', '2:19 ssh.authorizedKeys: must be a list, not text', /"- "/],
    ['image: hearth', '1:8 image: must be a section with keys, not text', /two spaces/],
    ['samba:\n  shares:\n    - path: /srv', '3:7 samba.shares[0].name: is missing', 'add "name: …"'],
    ['hostname: a\nhostname: b', '2:1 : this key is written twice', /lost/],
    ['image:\n  name: a\n  name: b', '3:3 : this key is written twice', /lost/],
    ['image:\n\tname: a', '2:1 : a tab is used as indentation', /spaces/],
    ['hostname: a\n---\nhostname: b', '2:1 : a second document begins here', /---/],
    ['stages: [10-boot\nhostname: a', '2:1 : a "[" or "{" above is not closed here', /missing/],
    ['hostname: "a', '1:13 : the text ends inside of quotes', /closed/],
    ['hostname: a: b', '1:11 : this value has a key of its own', /quotes/],
    ['hostname:a\nedition: slim', '1:1 : this is no "key: value"', /colon/],
    ['hostname: @a', '1:11 : a value can not begin with @', /quotes/],
    ['image:\n  name: a\n date: b', '3:1 : this line is indented differently from its neighbours', /spaces/],
    ['hostname: *name', '1:11 : there is no "&name" above this line', /quotes/],
    ['- hostname: a', '1:1 : the file must hold "key: value" lines', /hostname/],
    ['hearth', '1:1 : the file must hold "key: value" lines', /hostname/],
  ])('explains %j', async (text, expected, help) => {
    const { diagnostics, config } = await load(text);

    expect(diagnostics.map(oneLine)).toEqual([expected]);
    if (help instanceof RegExp) expect(diagnostics[0]?.help).toMatch(help);
    else expect(diagnostics[0]?.help).toBe(help);
    expect(config).toBeUndefined();
  });

  it('reads NO as Norway, even when the file asks for YAML 1.1', async () => {
    const { config } = await load('%YAML 1.1\n---\nwifi:\n  country: NO\n');

    expect(config?.wifi.country).toBe('NO');
  });

  it('takes anchors, aliases and merge keys', async () => {
    const { config, diagnostics } = await load(
      'hostname: &name home\nimage:\n  name: *name\nsamba:\n  shares:\n    - &share\n      name: a\n      path: /a\n    - <<: *share\n      name: b\n',
    );

    expect(diagnostics).toEqual([]);
    expect(config?.image.name).toBe('home');
    expect(config?.['samba']).toMatchObject({
      shares: [
        { name: 'a', path: '/a' },
        { name: 'b', path: '/a' },
      ],
    });
  });

  it('shows a problem that came in by a merge key where it is written', async () => {
    const { diagnostics } = await load(
      'samba:\n  shares:\n    - &share\n      name: a\n      path: 5\n    - <<: *share\n',
    );

    expect(diagnostics.map(oneLine)).toEqual([
      '5:13 samba.shares[0].path: must be text, and 5 without quotes is a number',
      '5:13 samba.shares[1].path: must be text, and 5 without quotes is a number',
    ]);
  });

  it('points at the last of two keys of the same name, whose value holds', async () => {
    const { diagnostics } = await load('hostname: good\nhostname: b_d\n');

    expect(diagnostics.map(oneLine)).toEqual([
      '2:1 : this key is written twice',
      '2:11 hostname: must use only a–z, 0–9 and "-"',
    ]);
  });

  it('does not hang on aliases that grow without end', async () => {
    const rows = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`);

    const { diagnostics } = await load(`a0: &a0 [x]\n${rows.join('\n')}\n`);

    expect(diagnostics[0]?.message).toMatch(/alias/i);
  });
});
