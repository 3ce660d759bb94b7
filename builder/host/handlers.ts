import { readFileSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { dpkgPrograms, nativeCalls, nativePrograms } from './native-programs.ts';
import { runInSandbox } from './sandbox.ts';

/** Where chroots see the tools tree during a build. */
const mountPoint = '/.hearth-build';
const source = `${import.meta.dirname}/dispatcher.c`;
/** Below a tools tree. */
const library = '/usr/lib/hearth';

/** Paths of the handlers below a tools tree. */
export const handlerPaths = { dispatcher: `${library}/dispatcher`, emulator: `${library}/emulator` } as const;

/** Everything that the handlers are made from, as text. */
export function handlerSources(): string {
  return JSON.stringify([readFileSync(source, 'utf8'), nativePrograms, dpkgPrograms, nativeCalls]);
}

/** Compiles both handlers for arm64 programs with the compiler of the tools tree `tree`. */
export async function addHandlers(tree: string, signal?: AbortSignal): Promise<void> {
  const folder = `${tree}${library}`;
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/native-programs.h`, await programsHeader(tree));
  await writeFile(`${folder}/dispatcher.c`, await readFile(source));
  for (const made of [['dispatcher'], ['emulator', '-DEMULATE_ALL']]) {
    await runInSandbox({
      command: ['tcc', '-nostdlib', '-static', 'dispatcher.c', '-o', ...made],
      tools: { path: tree },
      binds: [{ path: tree, writable: true }],
      cwd: folder,
      ...(signal ? { signal } : {}),
    });
  }
}

/**
 * A program of dpkg with the image's architecture in place of the host's: as a string of its own, and in its version.
 * Undefined if the host's is named in any other way, or not at all: then the image's own program is emulated.
 */
export function withImageArchitecture(program: Buffer): Buffer | undefined {
  const text = program.toString('latin1');
  if (!isElf(program) || !text.includes('amd64')) return undefined;
  const changed = text.replaceAll('\0amd64\0', '\0arm64\0').replaceAll(' (amd64)\0', ' (arm64)\0');
  return changed.includes('amd64') ? undefined : Buffer.from(changed, 'latin1');
}

async function programsHeader(tree: string): Promise<string> {
  const libraries = '/usr/lib/x86_64-linux-gnu';
  const perl = (await readdir(`${tree}${libraries}/perl`)).find((name) => /^5\.\d+$/.test(name));
  const list = (values: readonly string[]) => values.map((value) => `"${value}", `).join('');
  const linked = await linkNativePrograms(tree);
  const whole = linked.filter((name) => !nativeCalls.some(({ program }) => program === name));
  const calls = nativeCalls.filter(({ program }) => linked.includes(program));
  return [
    `#define TOOLS "${mountPoint}"`,
    `#define LOADER "${mountPoint}/usr/lib64/ld-linux-x86-64.so.2"`,
    // systemd keeps a library of its own.
    `#define LIBRARIES "${mountPoint}${libraries}:${mountPoint}${libraries}/systemd"`,
    `#define QEMU "${mountPoint}/usr/bin/qemu-aarch64"`,
    `#define NATIVE_PROGRAMS ${list(whole)}`,
    `#define NATIVE_CALLS ${calls.map(({ program, firstArguments }) => `{ "${program}", { ${list(firstArguments)}} }, `).join('')}`,
    `#define PERL_BASE "${mountPoint}${libraries}/perl-base"`,
    `#define PERL "${mountPoint}${libraries}/perl/${perl}"`,
    `#define IMAGE_PERL "/usr/lib/aarch64-linux-gnu/perl/${perl}"`,
    '',
  ].join('\n');
}

/**
 * Collects the native programs in one folder, as links that hold in any chroot: those of Debian's alternatives are
 * absolute. Names that the tools tree lacks, or that are scripts, are left to the image's own files.
 */
async function linkNativePrograms(tree: string): Promise<string[]> {
  const folder = `${tree}${library}/native`;
  await mkdir(folder, { recursive: true });
  const linked: string[] = [];
  const names = [...nativePrograms, ...new Set(nativeCalls.map(({ program }) => program))];
  for (const name of names) {
    const program = await findProgram(tree, name);
    if (program === undefined || !isElf(await readFile(`${tree}${program}`))) continue;
    await symlink(`../../..${program.replace(/^\/usr/, '')}`, `${folder}/${name}`);
    linked.push(name);
  }
  for (const name of dpkgPrograms) {
    const program = await findProgram(tree, name);
    const copy =
      program === undefined ? undefined : withImageArchitecture(await readFile(`${tree}${program}`));
    if (copy === undefined) continue;
    await writeFile(`${folder}/${name}`, copy, { mode: 0o755 });
    linked.push(name);
  }
  return linked;
}

async function findProgram(tree: string, name: string): Promise<string | undefined> {
  return (await resolveInside(tree, `/usr/bin/${name}`)) ?? (await resolveInside(tree, `/usr/sbin/${name}`));
}

/** The path of a file below `root` with all links followed inside it. */
async function resolveInside(root: string, path: string): Promise<string | undefined> {
  const info = await lstat(`${root}${path}`).catch(() => undefined);
  if (!info?.isSymbolicLink()) return info?.isFile() ? path : undefined;
  return await resolveInside(root, resolve(dirname(path), await readlink(`${root}${path}`)));
}

function isElf(program: Buffer): boolean {
  return program.subarray(0, 4).toString('latin1') === '\x7fELF';
}
