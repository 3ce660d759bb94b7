import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { $ } from 'zx';
import {
  commandsOf,
  type HostProblem,
  packagesOf,
  packagesProblem,
} from '../../builder/host/checks/problem.ts';
import { findInstallable } from '../../builder/host/preflight.ts';

/** A browser for the tests of the setup page; another one can be named. */
const chromium = process.env['HEARTH_CHROMIUM'] ?? '/usr/bin/chromium';

/**
 * Installs what a build needs from the host: packages, and subordinate ids for this user; for the tests also a browser.
 * Where it may not, prints the exact commands and ends with exit code 3. What is left to mend by hand is said by the build
 * itself.
 */
export async function prepareHost(
  needs: { readonly browser?: boolean; readonly testPrograms?: boolean } = {},
): Promise<void> {
  const problems = [
    ...(await findInstallable()),
    ...(needs.browser === true && !existsSync(chromium) ? [noBrowser()] : []),
    ...(needs.testPrograms === true ? missingPrograms() : []),
  ];
  if (problems.length === 0) return;
  const root = await asRoot();
  if (root === undefined) {
    console.error('This machine lacks what a build needs, and this user may not install it:\n');
    for (const { what } of problems) console.error(`- ${what}`);
    console.error('\nRun:\n');
    for (const command of commandsOf(problems)) console.error(`  ${command}`);
    console.error('\nthen run the same command again. Nothing was changed.');
    process.exit(3);
  }
  for (const command of programsOf(problems)) await runAsRoot(root, command);
}

function noBrowser(): HostProblem {
  const why =
    'The tests use the setup page in a real browser. HEARTH_CHROMIUM can name one that is elsewhere.';
  return packagesProblem(`There is no ${chromium}.`, why, ['chromium']);
}

/** What the tests make their own archives, signatures and certificates with. */
function missingPrograms(): readonly HostProblem[] {
  const packages = {
    '/usr/bin/age': 'age',
    '/usr/bin/zstd': 'zstd',
    '/usr/bin/gpg': 'gnupg',
    '/usr/bin/openssl': 'openssl',
  };
  return Object.entries(packages)
    .filter(([program]) => !existsSync(program))
    .map(([program, name]) => packagesProblem(`There is no ${program}.`, 'The tests need it.', [name]));
}

/** What to run as root, packages first: they bring the programs that the others need. */
function programsOf(problems: readonly HostProblem[]): (readonly string[])[] {
  const packages = packagesOf(problems);
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];
  const others = problems.flatMap(({ fix }) => (fix?.kind === 'as-root' ? [fix.command] : []));
  return [...(packages.length === 0 ? [] : [install]), ...others];
}

async function runAsRoot(root: readonly string[], command: readonly string[]): Promise<void> {
  console.error(`Running ${command.join(' ')} ...`);
  if (command[0] === 'apt-get') await $({ quiet: true })`${root} apt-get update`.nothrow();
  const result = await $({ quiet: true, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })`${[
    ...root,
    ...command,
  ]}`.nothrow();
  if (result.exitCode === 0) return;
  console.error(`${result.stderr.trim()}\n\nThis failed: ${command.join(' ')}\nRun it by hand, then again.`);
  process.exit(3);
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
