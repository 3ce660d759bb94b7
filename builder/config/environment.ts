import { valueAt } from './config-path.ts';
import type { PickedConfig } from './pick.ts';
import { keyboardName } from './rules/keyboard.ts';
import { diskIdFor } from './seeds.ts';

type Variables = Readonly<Record<string, string>>;

/** What every stage script gets: pi-gen's scripts expect these, and no config key changes them. */
const constants: Variables = {
  FIRST_USER_NAME: 'hearth',
  // No default password anywhere: the account stays locked until its owner sets one.
  FIRST_USER_PASS: '',
  DISABLE_FIRST_BOOT_USER_RENAME: '1',
  PASSWORDLESS_SUDO: '0',
  PUBKEY_ONLY_SSH: '1',
  ENABLE_CLOUD_INIT: '0',
  USE_QEMU: '0',
  ARCH: 'arm64',
};

/** Config key → the variables of pi-gen (and ours) that carry it. */
const variablesOf: Readonly<Record<string, (value: unknown) => Variables>> = {
  edition: (value) => ({ HEARTH_EDITION: String(value) }),
  'image.name': (value) => ({ IMG_NAME: String(value), HEARTH_DISK_ID: diskIdFor(String(value)) }),
  'image.date': (value) => ({ IMG_DATE: String(value) }),
  hostname: (value) => ({ TARGET_HOSTNAME: String(value) }),
  locale: (value) => ({ LOCALE_DEFAULT: String(value) }),
  timezone: (value) => ({ TIMEZONE_DEFAULT: String(value) }),
  // pi-gen's KEYMAP is the code ("gb"), its LAYOUT the name that debconf shows ("English (UK)").
  'keyboard.layout': (value) => ({
    KEYBOARD_KEYMAP: String(value),
    KEYBOARD_LAYOUT: keyboardName(String(value)),
  }),
  'wifi.country': (value) => ({ WPA_COUNTRY: String(value) }),
  'ssh.authorizedKeys': (value) => sshVariables(Array.isArray(value) ? value.map(String) : []),
  'debian.suite': (value) => ({ RELEASE: String(value) }),
};

/** The environment of a stage's scripts, from the keys that the stage reads; a key that was not picked sets nothing. */
export function stageEnvironment(picked: PickedConfig): Readonly<Record<string, string>> {
  const variables = Object.entries(variablesOf).flatMap(([key, toVariables]) => {
    const value = valueAt(picked, key.split('.'));
    return value === undefined ? [] : [toVariables(value)];
  });
  return Object.assign({}, constants, ...variables) as Variables;
}

function sshVariables(keys: readonly string[]): Variables {
  return { PUBKEY_SSH_FIRST_USER: keys.join('\n'), ENABLE_SSH: keys.length === 0 ? '0' : '1' };
}
