import type { ImageComparison } from '../../../image/compare.ts';
import type { FileChange, FileDifference } from '../../../image/compare-entries.ts';
import type { ManifestDifference } from '../../../image/compare-manifest.ts';
import { count } from '../../../text/count.ts';
import { formatTable } from '../../../text/table.ts';
import type { Circumstance } from './circumstances.ts';

/** What became of one image. */
export interface ImageReport {
  /** File name, as `hearth.img`. */
  readonly image: string;
  /** Undefined if one of the builds did not make this image. */
  readonly comparison: ImageComparison | undefined;
  readonly missingIn?: 'A' | 'B';
  readonly manifest: readonly ManifestDifference[];
}

export interface VerifyReport {
  readonly circumstances: readonly Circumstance[];
  readonly images: readonly ImageReport[];
  /** Given with --keep. */
  readonly folders: readonly string[];
}

const shownFiles = 50;
const shownRegions = 10;
const shownManifest = 20;

export function isReproducible({ images }: VerifyReport): boolean {
  return images.every(({ comparison, manifest }) => comparison?.isIdentical && manifest.length === 0);
}

/** One JSON object with everything, not only the first fifty files. */
export function reportAsJson(report: VerifyReport): string {
  const { circumstances, images, folders } = report;
  const content = { version: 1, identical: isReproducible(report), circumstances, images, folders };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** `identical: sha256 …` for each image, or what differs. */
export function reportAsText({ images }: VerifyReport): string {
  return `${images.flatMap(describeImage).join('\n')}\n`;
}

/** The table of what was different while the second build ran. */
export function circumstancesAsText(circumstances: readonly Circumstance[]): string {
  return formatTable([['circumstance', 'A', 'B'], ...circumstances.map(({ what, a, b }) => [what, a, b])]);
}

function describeImage({ image, comparison, missingIn, manifest }: ImageReport): string[] {
  if (!comparison) return [`different: ${image} was not made by build ${missingIn}`];
  const about = manifest.length === 0 ? [] : describeManifest(image, manifest);
  if (comparison.isIdentical) return [`identical: sha256 ${comparison.sha256}  ${image}`, ...about];
  const { tables, files, regions } = comparison;
  return [
    `different: ${image}${files.length > 0 ? `, ${count(files.length, 'file')}` : ''}`,
    ...(tables ? ['  partition table', `    A: ${tables.a}`, `    B: ${tables.b}`] : []),
    ...files.slice(0, shownFiles).flatMap(describeFile),
    ...more(files.length - shownFiles, 'file'),
    ...describeRegions(regions),
    ...about,
  ];
}

function describeFile({ path, changes }: FileDifference): string[] {
  return [`  ${printable(path)}`, ...changes.flatMap(describeChange).map((line) => `    ${line}`)];
}

function describeChange(change: FileChange): string[] {
  switch (change.what) {
    case 'missing in A':
    case 'missing in B':
      return [change.what];
    case 'fact':
      return [`${change.name}: ${printable(change.a)} in A, ${printable(change.b)} in B`];
    case 'content': {
      const [a, b] = change.sizesBytes;
      const sizes = a === b ? count(a, 'byte') : `${a.toLocaleString('en-US')} and ${count(b, 'byte')}`;
      const line = change.line;
      return [
        `content: first difference at byte ${change.offsetBytes.toLocaleString('en-US')} of ${sizes}`,
        ...(line ? [`  line ${line.number} in A: ${line.a}`, `  line ${line.number} in B: ${line.b}`] : []),
      ];
    }
  }
}

function describeRegions(regions: ImageComparison['regions']): string[] {
  if (regions.length === 0) return [];
  return [
    '  All files are equal. The bytes differ in:',
    ...regions
      .slice(0, shownRegions)
      .map(
        ({ startBytes, endBytes, name }) => `    bytes ${startBytes} to ${endBytes - 1}: ${printable(name)}`,
      ),
    ...more(regions.length - shownRegions, 'region'),
    '  That is what mke2fs, mkfs.vfat or mcopy wrote by themselves: a time, an id or a seed in builder/image/.',
  ];
}

function describeManifest(image: string, differences: readonly ManifestDifference[]): string[] {
  return [
    `different: the manifest of ${image}, ${count(differences.length, 'value')}`,
    ...differences
      .slice(0, shownManifest)
      .map(({ key, a, b }) => `  ${key}: ${a ?? 'missing'} in A, ${b ?? 'missing'} in B`),
    ...more(differences.length - shownManifest, 'value'),
  ];
}

function more(amount: number, word: string): string[] {
  return amount > 0 ? [`  and ${count(amount, `more ${word}`, `more ${word}s`)}; --json lists all`] : [];
}

/** A file name can hold anything. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}|\p{Cf}/gu, '�');
}
