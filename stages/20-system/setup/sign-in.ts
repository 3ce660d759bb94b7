import { createHash, timingSafeEqual } from 'node:crypto';
import type { DeviceLook } from '../../90-first-boot/agent/device/door.ts';
import type { SignIn } from '../../90-first-boot/agent/setup/define.ts';

interface Account {
  readonly name: string;
  readonly hash: string;
}

/** A hash of nothing anybody knows: an unknown name takes as long as a wrong password. */
const nobody: Account = {
  name: '',
  hash: '$y$j9T$QsYuZkNjVvbIKBd0u3yNq1$n4GSzRHBRqYSWqA9fZ1P9AC9nDlyNZhgaYPeZSVuHV2',
};
const mostTries = 8;

/** Signs administrators in with the password of their account on the device. */
export const signIn: SignIn = {
  isPossible: async (device) => administrators(device).length > 0,
  verify: async (device, { name, password }) => {
    const accounts = administrators(device).filter((one) => name === undefined || one.name === name);
    let isRight = false;
    for (const account of accounts.length > 0 ? accounts.slice(0, mostTries) : [nobody]) {
      const fits = await hashFits(device, account.hash, password);
      isRight ||= fits && account !== nobody;
    }
    return isRight;
  },
};

/** Members of the group sudo with a password that works: no locked account, no empty password, not expired. */
function administrators(device: DeviceLook): readonly Account[] {
  const members = new Set(
    fieldsOf(device, '/etc/group')
      .find(([group]) => group === 'sudo')?.[3]
      ?.split(','),
  );
  return fieldsOf(device, '/etc/shadow').flatMap(([name = '', hash = '', , , , , , expires = '']) => {
    const isExpired = expires !== '' && Number(expires) * 86_400_000 <= Date.now();
    return members.has(name) && hash.startsWith('$') && !isExpired ? [{ name, hash }] : [];
  });
}

function fieldsOf(device: DeviceLook, file: string): readonly (readonly string[])[] {
  return (device.read(file) ?? '').split('\n').map((line) => line.split(':'));
}

/** Debian's own crypt, by the perl that every Debian has: it knows each kind of hash that chpasswd writes. */
const perlCrypt =
  'binmode STDIN; $h = <STDIN>; $p = <STDIN>; chomp $h; chomp $p; $r = crypt($p, $h); print defined $r ? $r : "*"';

async function hashFits(device: DeviceLook, hash: string, password: string): Promise<boolean> {
  // Each is one line: a line end in the password would hide what comes after it.
  if (/[\r\n\0]/.test(password) || password === '' || password.length > 512) return false;
  const result = await device.run('perl', ['-e', perlCrypt], {
    input: `${hash}\n${password}\n`,
    timeoutMs: 20_000,
  });
  return result.exitCode === 0 && isEqual(result.stdout, hash);
}

function isEqual(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
