import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';

/** A package in a repository: its paragraph of control fields (deb-control(5)), and where its file is. */
export interface IndexedPackage {
  readonly control: string;
  /** Below the repository. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Writes the index files that make apt see a folder of packages as an archive. It is not signed. */
export async function writeRepository(
  folder: string,
  { suite, architecture }: { readonly suite: string; readonly architecture: string },
  packages: readonly IndexedPackage[],
): Promise<void> {
  const index = `main/binary-${architecture}`;
  const text = packages
    .map(({ control, path, sizeBytes, sha256 }) =>
      [control.trim(), `Filename: ${path}`, `Size: ${sizeBytes}`, `SHA256: ${sha256}`, ''].join('\n'),
    )
    .join('\n');
  await mkdir(`${folder}/dists/${suite}/${index}`, { recursive: true });
  await writeFile(`${folder}/dists/${suite}/${index}/Packages`, text);
  const sha256 = createHash('sha256').update(text).digest('hex');
  const release = [
    `Suite: ${suite}`,
    `Codename: ${suite}`,
    'Components: main',
    `Architectures: ${architecture} all`,
    'Date: Thu, 01 Jan 1970 00:00:00 UTC',
    'SHA256:',
    ` ${sha256} ${Buffer.byteLength(text)} ${index}/Packages`,
    '',
  ];
  await writeFile(`${folder}/dists/${suite}/Release`, release.join('\n'));
}
