import { readdir, readFile } from 'node:fs/promises';
import type { ArchiveBases } from './package-file.ts';

/** The text of one of apt's source files, by its path below the view: `etc/apt/sources.list.d/debian.sources`. */
export type Sources = Readonly<Record<string, string>>;

/** Reads the sources of a view. They name the archive that the finished device will use. */
export async function readSources(view: string): Promise<Sources> {
  const sources: Record<string, string> = {};
  const folder = 'etc/apt/sources.list.d';
  const names = await readdir(`${view}/${folder}`).catch(() => []);
  const files = names.filter((name) => /\.(list|sources)$/.test(name)).map((name) => `${folder}/${name}`);
  for (const file of ['etc/apt/sources.list', ...files.sort()]) {
    const text = await readFile(`${view}/${file}`, 'utf8').catch(() => '');
    if (text.trim() !== '') sources[file] = text;
  }
  return sources;
}

/** The sources with this build's mirrors in place of the device's archive, and keyrings taken from the view. */
export function mirrorSources(
  sources: Sources,
  view: string,
  device: ArchiveBases,
  mirror: ArchiveBases,
): Sources {
  return Object.fromEntries(
    Object.entries(sources).map(([file, text]) => [
      file,
      text
        // Functions: in a plain replacement a dollar sign would have a meaning.
        .replaceAll(addressPattern(device.security), () => `${mirror.security}/`)
        .replaceAll(addressPattern(device.main), () => `${mirror.main}/`)
        .replaceAll(/(?<=signed-by *[:=])[^\]\n]*/gi, (keyrings) => moveKeyrings(keyrings, view)),
    ]),
  );
}

/** One or more files, in a list with commas or spaces; fingerprints and keys stay as they are. */
function moveKeyrings(keyrings: string, view: string): string {
  return keyrings.replaceAll(/(?<=^|[\s,])\//g, () => `${view}/`);
}

/** An address as a whole word, with or without slashes at its end; in deb822 it may follow the colon of the field. */
function addressPattern(address: string): RegExp {
  // An address that nobody knows stands nowhere.
  if (address === '') return /(?!)/g;
  return new RegExp(`(?<=^|[\\s:])${address.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}/*(?=\\s|$)`, 'gm');
}
