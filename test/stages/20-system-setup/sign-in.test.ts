import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, test } from 'vitest';
import { setup } from '../../../stages/20-system/setup.ts';
import { lookAt } from '../../../stages/90-first-boot/agent/device/look.ts';
import type { SignIn } from '../../../stages/90-first-boot/agent/setup/define.ts';
import { type FakeDevice, fakeDevice } from './fake-device.ts';

const signIn = setup.signIn as SignIn;
const devices: FakeDevice[] = [];
const password = 'pass wörd:$y$ 1';

afterEach(() => {
  for (const device of devices.splice(0)) device.remove();
});

/** The hash of a password by the host's own crypt. */
function hashOf(secret: string, setting: string): string {
  return execFileSync('perl', ['-e', '$p = <STDIN>; chomp $p; print crypt($p, $ARGV[0])', setting], {
    input: secret,
    encoding: 'utf8',
  });
}

const yescrypt = hashOf(password, '$y$j9T$QsYuZkNjVvbIKBd0u3yNq1$');
const sha512 = hashOf(password, '$6$salt$');

function make(shadow: Readonly<Record<string, string>>, members = Object.keys(shadow).join(',')) {
  const lines = Object.entries(shadow).map(([name, hash]) => `${name}:${hash}:20000:0:99999:7:::\n`);
  const device = fakeDevice({
    '/etc/shadow': `root:*:20000:0:99999:7:::\n${lines.join('')}`,
    '/etc/group': `adm:x:4:carla\nsudo:x:27:${members}\n`,
  });
  devices.push(device);
  // Notes its arguments, as every user of the device could see them.
  device.put(
    '/usr/bin/perl',
    `#!/bin/sh\nprintf '%s\\n' "$@" >> ${device.root}/seen\nexec /usr/bin/perl "$@"\n`,
    0o755,
  );
  return { device, look: lookAt(device.root) };
}

describe('signing in', () => {
  test.each([
    ['yescrypt', yescrypt],
    ['SHA-512', sha512],
  ])('takes the right password by %s, with the name and without', async (_kind, hash) => {
    const { look } = make({ anna: hash });
    expect(await signIn.isPossible(look)).toBe(true);
    expect(await signIn.verify(look, { name: 'anna', password })).toBe(true);
    expect(await signIn.verify(look, { password })).toBe(true);
  });

  test('takes no other password, and no part of the right one', async () => {
    const { look } = make({ anna: yescrypt });
    for (const wrong of [
      '',
      'x',
      password.slice(0, -1),
      `${password} `,
      `${password}\n`,
      `${password}\nx`,
      yescrypt,
      '*',
    ])
      expect(await signIn.verify(look, { password: wrong }), JSON.stringify(wrong)).toBe(false);
  });

  test('takes the password only with the name it belongs to', async () => {
    const { look } = make({ anna: yescrypt });
    for (const name of ['berta', 'root', '', 'anna:x'])
      expect(await signIn.verify(look, { name, password })).toBe(false);
  });

  test('shuts out locked and expired accounts, and those who are no administrators', async () => {
    for (const hash of [`!${yescrypt}`, '*', '!', '']) {
      const { look } = make({ anna: hash });
      expect(await signIn.isPossible(look)).toBe(false);
      expect(await signIn.verify(look, { name: 'anna', password })).toBe(false);
      expect(await signIn.verify(look, { name: 'anna', password: '' })).toBe(false);
    }
    const { look } = make({ carla: yescrypt }, 'anna');
    expect(await signIn.verify(look, { password })).toBe(false);
    const { device, look: expired } = make({ anna: yescrypt });
    device.put('/etc/shadow', `anna:${yescrypt}:20000:0:99999:7::1:\n`);
    expect(await signIn.verify(expired, { password })).toBe(false);
  });

  test('shows password and hash to nobody', async () => {
    const { device, look } = make({ anna: yescrypt });
    await signIn.verify(look, { name: 'anna', password });
    await signIn.verify(look, { name: 'nobody', password });
    const seen = device.get('/seen') ?? '';
    expect(seen.match(/crypt/g)).toHaveLength(2);
    expect(seen).not.toContain(password);
    expect(seen).not.toContain(yescrypt.slice(-20));
  });
});
