import { readFile, stat } from 'node:fs/promises';
import { release } from 'node:os';
import { exists } from '../exists.ts';
import { type Account, currentAccount } from '../identity.ts';
import { mountOf } from './mounts.ts';

/** What the checks know of this host. All of it is read from files: no program is started. */
export interface HostFacts {
  readonly account: Account;
  /** As Node names it: `x64`, `arm64`. */
  readonly arch: string;
  readonly kernelRelease: string;
  /** `20.19.0`. */
  readonly nodeVersion: string;
  /** ID of os-release(5): `debian`, `ubuntu`, `fedora`; empty if it is not known. */
  readonly distribution: string;
  /** VERSION_ID of os-release(5). */
  readonly distributionVersion: string;
  /** Where programs lie, by name; those that are missing are not in it. */
  readonly programs: ReadonlyMap<string, ProgramFacts>;
  readonly limits: KernelLimits;
  readonly binfmt: BinfmtFacts;
}

export interface ProgramFacts {
  readonly path: string;
  readonly isSetuid: boolean;
  /** Lies on a file system that is mounted nosuid: neither the setuid bit nor capabilities count. */
  readonly isNosuid: boolean;
}

export interface KernelLimits {
  /** user.max_user_namespaces; undefined where the kernel has no such file. */
  readonly maxUserNamespaces: number | undefined;
  /** kernel.unprivileged_userns_clone, a switch of some distributions' kernels. */
  readonly unprivilegedUsernsClone: number | undefined;
  /** kernel.apparmor_restrict_unprivileged_userns, a switch of Ubuntu's kernels. */
  readonly apparmorRestrictsNamespaces: number | undefined;
  /** no_new_privs (prctl(2)): programs with a setuid bit get no rights; set by our shell's service or by the whole container. */
  readonly noNewPrivileges: 'no' | 'shell' | 'everywhere';
  /** Something around us took rights that no one gets back: a container, a service or a desktop's sandbox. */
  readonly isConfined: boolean;
}

export interface BinfmtFacts {
  /** The text of /proc/sys/fs/binfmt_misc/qemu-aarch64; empty if there is none. */
  readonly handler: string;
  /** False where binfmt_misc is not mounted. */
  readonly isMounted: boolean;
  /** A package has brought the settings of a handler. */
  readonly isInstalled: boolean;
}

/** Programs that the builder starts on the host itself. */
const programNames = ['mmdebstrap', 'newuidmap', 'newgidmap', 'setpriv', 'unshare', 'tar'] as const;

/** Where sandbox.ts looks for them. */
const programFolders = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
] as const;

/** Reads everything that the checks look at; takes a few milliseconds. */
export async function readHostFacts(): Promise<HostFacts> {
  const [account, osRelease, programs, limits, binfmt] = await Promise.all([
    currentAccount(),
    readText('/etc/os-release'),
    findPrograms(),
    readLimits(),
    readBinfmt(),
  ]);
  return {
    account,
    arch: process.arch,
    kernelRelease: release(),
    nodeVersion: process.versions.node,
    distribution: osReleaseValue(osRelease, 'ID'),
    distributionVersion: osReleaseValue(osRelease, 'VERSION_ID'),
    programs,
    limits,
    binfmt,
  };
}

/** A value of an os-release(5) file, without its quotes; empty if it is not there. */
export function osReleaseValue(text: string, key: string): string {
  const value = new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1] ?? '';
  return value.trim().replace(/^(["'])(.*)\1$/, '$2');
}

async function findPrograms(): Promise<Map<string, ProgramFacts>> {
  const found = await Promise.all(programNames.map(async (name) => [name, await findProgram(name)] as const));
  return new Map(found.flatMap(([name, facts]) => (facts ? [[name, facts] as const] : [])));
}

async function findProgram(name: string): Promise<ProgramFacts | undefined> {
  for (const folder of programFolders) {
    const path = `${folder}/${name}`;
    const info = await stat(path).catch(() => undefined);
    if (!info?.isFile() || (info.mode & 0o111) === 0) continue;
    const mount = await mountOf(path);
    return { path, isSetuid: (info.mode & 0o4000) !== 0, isNosuid: mount?.isNosuid ?? false };
  }
  return undefined;
}

async function readLimits(): Promise<KernelLimits> {
  const [max, clone, apparmor, status, firstStatus] = await Promise.all([
    readNumber('/proc/sys/user/max_user_namespaces'),
    readNumber('/proc/sys/kernel/unprivileged_userns_clone'),
    readNumber('/proc/sys/kernel/apparmor_restrict_unprivileged_userns'),
    readText('/proc/self/status'),
    readText('/proc/1/status'),
  ]);
  return {
    maxUserNamespaces: max,
    unprivilegedUsernsClone: clone,
    apparmorRestrictsNamespaces: apparmor,
    noNewPrivileges: !isLocked(status) ? 'no' : isLocked(firstStatus) ? 'everywhere' : 'shell',
    isConfined: isConfined(status),
  };
}

/** A seccomp filter, or no CAP_SYS_ADMIN (number 21) even for root, by the text of /proc/self/status. */
export function isConfined(status: string): boolean {
  const capabilities = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  const isWithoutAdmin = capabilities !== undefined && ((BigInt(`0x${capabilities}`) >> 21n) & 1n) === 0n;
  return isWithoutAdmin || /^Seccomp:\s*2$/m.test(status);
}

function isLocked(status: string): boolean {
  return /^NoNewPrivs:\s*1$/m.test(status);
}

async function readBinfmt(): Promise<BinfmtFacts> {
  const [handler, isMounted, settings] = await Promise.all([
    readText('/proc/sys/fs/binfmt_misc/qemu-aarch64'),
    exists('/proc/sys/fs/binfmt_misc/status'),
    Promise.all(
      [
        '/usr/lib/binfmt.d/qemu-aarch64.conf',
        '/usr/lib/binfmt.d/qemu-aarch64-static.conf',
        '/usr/share/binfmts/qemu-aarch64',
      ].map(exists),
    ),
  ]);
  return { handler, isMounted, isInstalled: settings.includes(true) };
}

async function readNumber(path: string): Promise<number | undefined> {
  const text = await readText(path);
  return /^\d+\s*$/.test(text) ? Number(text) : undefined;
}

async function readText(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '');
}
