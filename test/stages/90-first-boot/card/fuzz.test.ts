import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { setup } from '../../../../stages/20-system/setup.ts';
import { readNetworkConfig, readUserData } from '../../../../stages/90-first-boot/agent/card/cloud-init.ts';
import { cleanCmdline, countryOf } from '../../../../stages/90-first-boot/agent/card/cmdline.ts';
import { readFirstrun } from '../../../../stages/90-first-boot/agent/card/firstrun.ts';
import { parseHearthYaml } from '../../../../stages/90-first-boot/agent/card/parse-yaml.ts';
import { readPreseed } from '../../../../stages/90-first-boot/agent/card/preseed.ts';
import { withoutSecrets } from '../../../../stages/90-first-boot/agent/card/redact-yaml.ts';

const topics = setup.topics ?? [];
const pieces = [
  ...'\'"\\$(){}<>|&;#=:-,[]!*@`%\n\t \r\0ü😀',
  'set_wlan -h',
  '/usr/lib/raspberrypi-sys-mods/imager_custom ',
  '<<EOF\n',
  'EOF\n',
  '<(printf ',
  'user:\n  ',
  'wifis:\n  wlan0:\n    access-points:\n',
  'administrator:\n  password: ',
  'sshKeys:\n    - ',
  'wifi: { password: ',
  '[user]\nname = ',
  'null',
  '&a *a',
  '"""',
];
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 4 })), { maxLength: 25 })
    .map((all) => all.join('')),
);

describe('no text', () => {
  it.each([
    ['firstrun.sh', readFirstrun],
    ['user-data', readUserData],
    ['network-config', readNetworkConfig],
    ['rpi-preseed.toml', readPreseed],
  ])('makes the reader of %s throw, or gives anything but texts', (_name, read) => {
    fc.assert(
      fc.property(text, (input) => {
        const { values } = read(input);
        for (const fields of Object.values(values))
          for (const value of Object.values(fields)) expect(typeof value).toBe('string');
      }),
      { numRuns: 400 },
    );
  });

  it('makes the reader of hearth.yaml throw, and each place is in the text', () => {
    fc.assert(
      fc.property(text, (input) => {
        const lines = input.split('\n').length;
        for (const { place } of parseHearthYaml(input, topics).problems) {
          expect(place.line).toBeGreaterThanOrEqual(1);
          expect(place.line).toBeLessThanOrEqual(lines);
          expect(place.col).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('of any depth or length holds the device', () => {
    for (const text of [
      '['.repeat(20_000),
      '- '.repeat(10_000),
      '\n'.repeat(50_000),
      "'".repeat(9_999),
      '<('.repeat(9_999),
    ]) {
      for (const read of [readFirstrun, readUserData, readNetworkConfig, readPreseed]) read(text);
      readFirstrun(`cat >/x/wpa_supplicant.conf <<E\n${text}\nE\n`);
      expect(parseHearthYaml(text, topics).topics).toEqual([]);
      expect(cleanCmdline(`a${' '.repeat(20_000)}b`).length).toBe(20_002);
    }
  });

  it('is held in cmdline.txt but for the words of Imager', () => {
    const word = fc.stringMatching(/^[a-z0-9.,=/_"-]{1,12}$/);
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        const imager =
          'systemd.run=/boot/firstrun.sh systemd.run_success_action=reboot systemd.unit=kernel-command-line.target';
        expect(cleanCmdline(`${words.join(' ')} ${imager}`.trimStart())).toBe(words.join(' '));
        expect(countryOf(words.join(' '))).toBeUndefined();
      }),
    );
  });
});

describe('a shell text in single quotes', () => {
  it('is read as it was meant, whatever it is', () => {
    const line = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter((value) => !/[\r\n]/.test(value));
    fc.assert(
      fc.property(line, line, (network, password) => {
        const quote = (value: string) => `'${value.replaceAll("'", `'"'"'`)}'`;
        const { values } = readFirstrun(
          `x/imager_custom set_wlan  -h ${quote(network)} ${quote(password)} 'DE'\n`,
        );
        expect(values['wifi']).toEqual({ network, password, country: 'DE', hidden: 'yes' });
      }),
    );
  });
});

describe('withoutSecrets', () => {
  const value = fc.string({ minLength: 1, maxLength: 20 });
  const style = fc.constantFrom('quoted', 'flow', 'literal');

  it('removes every secret and nothing else, however it is written', () => {
    fc.assert(
      fc.property(value, value, style, (secret, network, how) => {
        const quoted = JSON.stringify(`canary${secret}`);
        const name = JSON.stringify(network);
        const input = {
          quoted: `# first\nwifi:\n  network: ${name}\n  password: ${quoted}\n  hidden: no # last\n`,
          flow: `# first\nwifi: { network: ${name}, password: ${quoted}, hidden: no } # last\n`,
          literal: `# first\nwifi:\n  network: ${name}\n  password: >\n    canary\n\n    canary\n  hidden: no # last\n`,
        }[how];

        const result = withoutSecrets(input, topics);

        expect(result).not.toContain('canary');
        expect(result).toContain('# first');
        expect(result).toContain('# last');
        expect(parse(result)).toEqual({ wifi: { network, password: '<taken over>', hidden: 'no' } });
        expect(withoutSecrets(result, topics)).toBe(result);
      }),
    );
  });
});
