import { describe, expect, it } from 'vitest';
import { stageEnvironment } from '../../../builder/config/environment.ts';
import { requireConfig } from '../../../builder/config/load.ts';
import { pick, sharedKeys } from '../../../builder/config/pick.ts';
import { diskIdFor } from '../../../builder/config/seeds.ts';
import { load } from '../../helpers/load-config.ts';

const constants = {
  FIRST_USER_NAME: 'hearth',
  FIRST_USER_PASS: '',
  DISABLE_FIRST_BOOT_USER_RENAME: '1',
  PASSWORDLESS_SUDO: '0',
  PUBKEY_ONLY_SSH: '1',
  ENABLE_CLOUD_INIT: '0',
  USE_QEMU: '0',
  ARCH: 'arm64',
};

async function environmentFor(text: string, keys: readonly string[]) {
  return stageEnvironment(pick(requireConfig(await load(text)), keys));
}

describe('stageEnvironment', () => {
  it('has only the constants of pi-gen when a stage reads nothing', async () => {
    expect(await environmentFor('', [])).toEqual(constants);
  });

  it.each<[string, Record<string, string>]>([
    ['edition', { HEARTH_EDITION: 'slim' }],
    ['image.name', { IMG_NAME: 'hearth', HEARTH_DISK_ID: diskIdFor('hearth') }],
    ['image.date', { IMG_DATE: '2026-11-23' }],
    ['hostname', { TARGET_HOSTNAME: 'hearth' }],
    ['locale', { LOCALE_DEFAULT: 'en_GB.UTF-8' }],
    ['timezone', { TIMEZONE_DEFAULT: 'Europe/London' }],
    ['keyboard.layout', { KEYBOARD_KEYMAP: 'gb', KEYBOARD_LAYOUT: 'English (UK)' }],
    ['keyboard', { KEYBOARD_KEYMAP: 'gb', KEYBOARD_LAYOUT: 'English (UK)' }],
    ['wifi.country', { WPA_COUNTRY: 'GB' }],
    ['ssh.authorizedKeys', { PUBKEY_SSH_FIRST_USER: '', ENABLE_SSH: '0' }],
    ['debian.suite', { RELEASE: 'trixie' }],
  ])('sets for %s exactly its variables', async (key, variables) => {
    expect(await environmentFor('', [key])).toEqual({ ...constants, ...variables });
  });

  it('turns SSH on when there is a key, and gives the keys one a line', async () => {
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOvaOhkdEau/oqk+nrBIU8QOypti+sP9SjnO+IzXuVHC';

    const environment = await environmentFor(`ssh: {authorizedKeys: [${key} a, ${key} b]}`, ['ssh']);

    expect(environment).toMatchObject({ ENABLE_SSH: '1', PUBKEY_SSH_FIRST_USER: `${key} a\n${key} b` });
  });

  it('has only text values for all shared keys together', async () => {
    const environment = await environmentFor('', sharedKeys());

    expect(Object.values(environment).filter((value) => typeof value !== 'string')).toEqual([]);
    expect(Object.keys(environment)).toHaveLength(21);
  });
});
