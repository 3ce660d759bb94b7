import { access, mkdir, readdir, readFile } from 'node:fs/promises';
import type { PackageSet } from '../../../builder/debian/package-file.ts';
import { linkPackages } from '../../../builder/debian/package-store.ts';
import { runProcess } from '../../../builder/host/process.ts';
import { runInSandbox } from '../../../builder/host/sandbox.ts';
import type { ToolsTree } from '../../../builder/host/tools-tree.ts';
import { removeTree } from '../../../builder/host/workspace.ts';

/** A qemu-user that runs the image's programs. */
export interface Emulator {
  readonly name: string;
  readonly path: string;
}

/** The emulator of this host's own Debian, and that of the tools tree. */
export async function emulators(tools: ToolsTree, folder: string): Promise<Emulator[]> {
  const own = await hostEmulator(folder);
  const newer = `${tools.path}/usr/bin/qemu-aarch64`;
  return [
    ...(own === undefined ? [] : [{ name: `this host's qemu-user ${await versionOf(own)}`, path: own }]),
    { name: `qemu-user ${await versionOf(newer)}`, path: newer },
  ];
}

/**
 * Seconds that plain mmdebstrap takes for these packages, from a local repository, with an emulator as the
 * only helper: no program of ours, no setting but the defaults.
 */
export async function plainRun(options: {
  readonly emulator: Emulator;
  readonly packages: PackageSet;
  readonly folder: string;
  readonly cacheDir: string;
  readonly tools: ToolsTree;
}): Promise<number> {
  const { emulator, packages, folder, cacheDir, tools } = options;
  const repository = `${folder}/repository`;
  const target = `${folder}/rootfs`;
  await removeTree(repository);
  await linkPackages(cacheDir, packages, `${repository}/pool`);
  await runInSandbox({
    command: ['/bin/bash', `${shellFolder}/make-repository.sh`, repository, suite],
    tools,
    binds: [{ path: shellFolder }, { path: repository, writable: true }],
    env: { HEARTH_ARCH: 'arm64' },
  });
  await removeTree(target);
  await mkdir(folder, { recursive: true });
  const startedAt = performance.now();
  const result = await runInSandbox({
    // The emulator is registered as the handler of arm64 programs, as binfmt-support does it on a host.
    command: [
      ...['mmdebstrap', '--mode=root', '--variant=minbase', '--architectures=arm64', '--format=directory'],
      // Its check looks for a registration of the host's own.
      ...['--skip=check/qemu', `--include=${names(packages)}`],
      ...[suite, target, `deb [trusted=yes] copy:${repository} ${suite} main`],
    ],
    tools: { path: tools.path, dispatcher: emulator.path },
    foreign: true,
    binds: [{ path: folder, writable: true }, { path: emulator.path }],
    env: { TMPDIR: folder, DEBIAN_FRONTEND: 'noninteractive' },
    network: false,
    reject: false,
  });
  const seconds = (performance.now() - startedAt) / 1000;
  await removeTree(target);
  if (result.exitCode === 0) return seconds;
  throw new Error(`plain mmdebstrap failed:\n${result.stderr.split('\n').slice(-20).join('\n')}`);
}

const suite = 'trixie';
const shellFolder = `${import.meta.dirname}/../../../builder/run/shell`;

function names(packages: PackageSet): string {
  return [...new Set(packages.map(({ name }) => name))].join(',');
}

/** That of the host, or of the package of its release, unpacked beside us. */
async function hostEmulator(folder: string): Promise<string | undefined> {
  for (const path of ['/usr/bin/qemu-aarch64-static', '/usr/bin/qemu-aarch64']) {
    if (await isStatic(path)) return path;
  }
  const unpacked = `${folder}/emulator`;
  await mkdir(unpacked, { recursive: true });
  await runProcess(['apt-get', 'download', 'qemu-user-static'], { cwd: unpacked });
  const file = (await readdir(unpacked)).find((name) => name.endsWith('.deb'));
  if (file === undefined) return undefined;
  await runProcess(['dpkg-deb', '--extract', `${unpacked}/${file}`, unpacked]);
  for (const path of ['usr/bin/qemu-aarch64-static', 'usr/bin/qemu-aarch64']) {
    if (await isStatic(`${unpacked}/${path}`)) return `${unpacked}/${path}`;
  }
  return undefined;
}

/** A dynamically linked one would look for its libraries in the image. */
async function isStatic(path: string): Promise<boolean> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  return isThere && !(await readFile(path)).includes('/lib64/ld-linux-x86-64.so.2');
}

async function versionOf(path: string): Promise<string> {
  const { stdout } = await runProcess([path, '--version']);
  return /version (\S+)/.exec(stdout)?.[1] ?? '?';
}
