import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const card = readFileSync(
  'stages/90-first-boot/templates/usr/lib/systemd/system/hearth-card.service.hbs',
  'utf8',
);
const target = readFileSync('overlays/imager/etc/systemd/system/kernel-command-line.target', 'utf8');

/** The conditions as patterns: systemd's globs have no more than these signs here. */
const patterns = [...card.matchAll(/^ConditionPathExistsGlob=\|\/boot\/firmware\/(.+)$/gm)].map(
  ([, glob = '']) => new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '.*')}$`),
);

it.each([
  'firstrun.sh',
  'user-data',
  'network-config',
  'meta-data',
  'rpi-preseed.toml',
  'RPI-PRESEED.TOML',
  'hearth.yaml',
  'HEARTH.YML',
  'Hearth.yaml.txt',
  'hearth.yaml.tmp',
  'hearth.yml.txt.tmp',
  'factory-reset',
  'FACTORY-RESET.TXT',
])('%s on the card starts hearth-card.service', (name) => {
  expect(patterns.some((pattern) => pattern.test(name))).toBe(true);
});

it.each(['config.txt', 'cmdline.txt', 'hearth-card.txt', 'hearth.yaml.example', 'SETUP-CODE.txt'])(
  '%s alone does not',
  (name) => expect(patterns.some((pattern) => pattern.test(name))).toBe(false),
);

it('waits for the reset, and lets everything wait that reads the answers, but no socket: that would be a circle', () => {
  const list = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(card)?.[1]?.split(' ') ?? [];

  expect(list('After')).toEqual(['boot-firmware.mount', 'hearth-reset.service']);
  expect(list('Before')).toEqual(
    expect.arrayContaining(['NetworkManager.service', 'hearth-keeper.service', 'hearth-apply.service']),
  );
  expect(list('Before').filter((unit) => !unit.endsWith('.service'))).toEqual([]);
});

it('makes the target of Imager a start like any other', () => {
  expect(target).toMatch(/^Requires=multi-user\.target$/m);
  expect(target).toMatch(/^AllowIsolate=yes$/m);
  expect(target).not.toContain('Action=');
});
