import { readFile } from 'node:fs/promises';
import { release, userInfo } from 'node:os';
import { $ } from 'zx';

/** What the host lacks, each with the command line that adds it, to be run as root. */
interface Missing {
  readonly what: string;
  readonly command: readonly string[];
}

/**
 * Installs what a build needs from the host: mmdebstrap, uidmap, subordinate ids for this user, and for kernels before
 * 6.7 the host's own handler for arm64 programs. Where it may not, prints the exact commands and ends with exit code 3.
 */
export async function prepareHost(): Promise<void> {
  const missing = [...(await missingPackages()), ...(await missingIds())];
  if (missing.length === 0) return;
  const root = await asRoot();
  if (root === undefined) {
    console.error('This machine lacks what a build needs, and this user may not install it. Run:\n');
    for (const { what, command } of missing) console.error(`  sudo ${command.join(' ')}    # ${what}`);
    console.error('\nthen run the same command again. Nothing was changed.');
    process.exit(3);
  }
  for (const { what, command } of missing) {
    console.error(`Installing ${what} ...`);
    if (command[0] === 'apt-get') await $({ quiet: true })`${root} apt-get update`.nothrow();
    const result = await $({ quiet: true, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })`${[
      ...root,
      ...command,
    ]}`.nothrow();
    if (result.exitCode === 0) continue;
    console.error(
      `${result.stderr.trim()}\n\nThis failed: ${command.join(' ')}\nRun it by hand, then again.`,
    );
    process.exit(3);
  }
}

async function missingPackages(): Promise<Missing[]> {
  const wanted = [
    { program: 'mmdebstrap', name: 'mmdebstrap' },
    { program: 'newuidmap', name: 'uidmap' },
  ];
  const names: string[] = [];
  for (const { program, name } of wanted) {
    if ((await $({ quiet: true })`command -v ${program}`.nothrow()).exitCode !== 0) names.push(name);
  }
  if (await needsHostBinfmt()) names.push('qemu-user-static', 'binfmt-support');
  if (names.length === 0) return [];
  const command = ['apt-get', 'install', '-y', '--no-install-recommends', ...names];
  return [{ what: names.join(', '), command }];
}

async function missingIds(): Promise<Missing[]> {
  const { uid, username } = userInfo();
  if (uid === 0) return [];
  const text = await readFile('/etc/subuid', 'utf8').catch(() => '');
  if (text.split('\n').some((line) => line.startsWith(`${username}:`) || line.startsWith(`${uid}:`)))
    return [];
  const ids = ['--add-subuids', '100000-165535', '--add-subgids', '100000-165535'];
  return [{ what: `subordinate ids for ${username}`, command: ['usermod', ...ids, username] }];
}

/** Since Linux 6.7 a build brings its own handler; before that the host's must be registered with the F flag. */
async function needsHostBinfmt(): Promise<boolean> {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  if (process.arch === 'arm64' || major > 6 || (major === 6 && minor >= 7)) return false;
  const handler = await readFile('/proc/sys/fs/binfmt_misc/qemu-aarch64', 'utf8').catch(() => '');
  return !/^flags:.*F/m.test(handler);
}

/** The words before a command that must run as root: none for root, sudo where it works; undefined otherwise. */
async function asRoot(): Promise<string[] | undefined> {
  if (userInfo().uid === 0) return [];
  if ((await $({ quiet: true })`sudo -n true`.nothrow()).exitCode === 0) return ['sudo', '-n'];
  if (!process.stdin.isTTY) return undefined;
  // Asks for the password.
  const asked = await $({ stdio: 'inherit' })`sudo -v`.nothrow();
  return asked.exitCode === 0 ? ['sudo'] : undefined;
}
