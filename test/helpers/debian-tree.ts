import { createHash } from 'node:crypto';
import { access, mkdir, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { findMirror } from '../../builder/host/mirror.ts';
import { runInSandbox } from '../../builder/host/sandbox.ts';
import { removeTree, temporaryName } from '../../builder/host/workspace.ts';

const suite = 'trixie';

/** What the tests run on it: the services of 50-data, and what they are asked with. Recommended ones are left out. */
const packages: readonly string[] = [
  ...['ca-certificates', 'postgresql-17', 'postgresql-client-17', 'pgbouncer', 'valkey-server'],
  ...['nginx-light', 'postfix', 'libsasl2-modules', 'age', 'smbclient'],
  ...['systemd', 'dbus', 'nftables', 'iproute2', 'procps', 'curl', 'openssl', 'e2fsprogs'],
];

const leftOut: readonly string[] = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*'];

/** Written before any package: Debian makes no cluster of its own. */
const beforePackages = [
  'mkdir -p "$1/etc/postgresql-common/createcluster.d"',
  'echo "create_main_cluster = false" > "$1/etc/postgresql-common/createcluster.d/hearth.conf"',
  `printf '#!/bin/sh\\nexit 101\\n' > "$1/usr/sbin/policy-rc.d" && chmod 755 "$1/usr/sbin/policy-rc.d"`,
];

/** Where the trees and their mount point are. */
export function debianFolder(): string {
  const cacheDir = process.env['HEARTH_CACHE_DIR'] ?? `${homedir()}/.cache/hearth`;
  return resolve(`${cacheDir}/test-debian`);
}

/** A Debian of the host's architecture with the packages of the tests, never changed by them: about two minutes, once. */
export async function debianTree(): Promise<string> {
  const made = [suite, process.arch, packages, leftOut, beforePackages, 'format 1'];
  const key = createHash('sha256').update(JSON.stringify(made)).digest('hex').slice(0, 16);
  const path = `${debianFolder()}/${key}`;
  if (await isThere(`${path}/usr/lib/hearth-complete`)) return path;
  await mkdir(`${debianFolder()}/mount`, { recursive: true });
  const draft = temporaryName(path);
  try {
    await bootstrap(draft);
    await writeFile(`${draft}/usr/lib/hearth-complete`, '');
    await removeTree(path);
    await rename(draft, path);
  } catch (error) {
    await removeTree(draft);
    // Another test may have made it in the meantime.
    if (await isThere(`${path}/usr/lib/hearth-complete`)) return path;
    throw error;
  }
  return path;
}

async function bootstrap(draft: string): Promise<void> {
  const mirror = await findMirror({});
  const folder = dirname(draft);
  const { exitCode, stderr } = await runInSandbox({
    command: [
      'mmdebstrap',
      ...['--mode=root', '--variant=apt', '--format=directory', '--skip=output/dev'],
      `--include=${packages.join(',')}`,
      ...['--aptopt=Acquire::Languages "none"', '--aptopt=APT::Install-Recommends "false"'],
      ...['--dpkgopt=force-unsafe-io', '--dpkgopt=force-confold'],
      ...leftOut.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
      ...mirror.aptOptions.map((line) => `--aptopt=${line.replace(/;\s*$/, '')}`),
      ...beforePackages.map((line) => `--essential-hook=${line}`),
      `--customize-hook=: >"$1/etc/resolv.conf"; rm -f "$1/etc/ssl/private/"*.key "$1/etc/hostname"`,
      ...[suite, draft],
      `deb ${mirror.main} ${suite} main`,
      `deb ${mirror.main} ${suite}-updates main`,
      `deb ${mirror.security} ${suite}-security main`,
    ],
    binds: [{ path: folder, writable: true }],
    env: { TMPDIR: folder },
    reject: false,
  });
  if (exitCode !== 0)
    throw new Error(`no Debian for the tests: ${stderr.trimEnd().split('\n').slice(-15).join('\n')}`);
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
