import { mkdir, readFile } from 'node:fs/promises';
import { runProcess } from '../host/process.ts';
import { type LockedToolsSource, packagesRecord, type ToolsTree } from '../host/tools-tree.ts';
import { removeTree, temporaryName } from '../host/workspace.ts';
import type { LockedTools } from './lock.ts';
import { archiveFileName, type PackageSet, packagesDigest, sortPackages } from './package-file.ts';
import { linkPackages } from './package-store.ts';
import { writeRepository } from './repository.ts';

/** Debian's name of this host's architecture. */
export const hostArchitecture = process.arch === 'arm64' ? 'arm64' : 'amd64';

/** The packages that a tools tree was made from; undefined for one that does not know it. */
export async function toolsPackages(tools: Pick<ToolsTree, 'path'>): Promise<LockedTools | undefined> {
  const text = await readFile(`${tools.path}${packagesRecord}`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  return { architecture: hostArchitecture, packages: parseIndex(text) };
}

/** How to make a tools tree of exactly these packages. */
export function lockedToolsSource(options: {
  readonly cacheDir: string;
  readonly suite: string;
  readonly packages: PackageSet;
  /** Brings the packages into the store. */
  readonly provide: (packages: PackageSet) => Promise<void>;
}): LockedToolsSource {
  const { cacheDir, suite, packages, provide } = options;
  return {
    id: packagesDigest(packages).slice(0, 16),
    names: packages.map(({ name }) => name),
    record: formatIndex(packages),
    withRepository: async (use) => {
      await provide(packages);
      const folder = temporaryName(`${cacheDir}/tools/repository`);
      try {
        await mkdir(folder, { recursive: true });
        await linkPackages(cacheDir, packages, `${folder}/pool`);
        const index = packages.map(async (file) => {
          const path = `pool/${archiveFileName(file)}`;
          const { stdout } = await runProcess(['dpkg-deb', '--field', `${folder}/${path}`]);
          return { ...file, path, control: stdout };
        });
        await writeRepository(folder, { suite, architecture: hostArchitecture }, await Promise.all(index));
        return await use(folder);
      } finally {
        await removeTree(folder);
      }
    },
  };
}

/** Reads paragraphs of a Packages index (apt-cache show), each package once. */
export function parseIndex(text: string): PackageSet {
  const found = new Map<string, PackageSet[number]>();
  for (const paragraph of text.split('\n\n')) {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(paragraph)?.[1] ?? '';
    const name = field('Package');
    if (name === '' || found.has(name)) continue;
    const path = field('Filename');
    found.set(name, {
      name,
      version: field('Version'),
      architecture: field('Architecture'),
      sizeBytes: Number(field('Size')),
      sha256: field('SHA256'),
      // The archive of security updates is the only one with this folder.
      archive: path.startsWith('pool/updates/') ? 'debian-security' : 'debian',
      path,
    });
  }
  return sortPackages([...found.values()]);
}

function formatIndex(packages: PackageSet): string {
  const paragraphs = packages.map(({ name, version, architecture, path, sizeBytes, sha256 }) =>
    [
      `Package: ${name}\nVersion: ${version}\nArchitecture: ${architecture}`,
      `Filename: ${path}\nSize: ${sizeBytes}\nSHA256: ${sha256}\n`,
    ].join('\n'),
  );
  return paragraphs.join('\n');
}
