export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

/** The installed packages of a dpkg status file (deb-control(5)), sorted by name. */
export function parseDpkgStatus(text: string): InstalledPackage[] {
  const packages: InstalledPackage[] = [];
  for (const paragraph of text.split('\n\n')) {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(paragraph)?.[1] ?? '';
    if (!field('Status').endsWith(' installed')) continue;
    packages.push({ name: field('Package'), version: field('Version'), architecture: field('Architecture') });
  }
  return packages.sort((a, b) => (a.name < b.name ? -1 : 1));
}
