import { markdownTable } from '../text/markdown.ts';
import { type CatalogueEntry, catalogue } from './catalogue.ts';

const exitCodeMeanings = [
  ['0', 'done'],
  ['1', 'a step failed'],
  ['2', 'wrong usage or config; nothing was touched'],
  ['3', 'this host can not build'],
  ['4', 'a download was refused or did not match'],
  ['5', 'the image was built, but failed its boot test'],
  ['70', 'a bug in Hearth'],
  ['130, 143', 'interrupted, after cleaning up'],
] as const;

/** The text of docs/errors.md. */
export function errorsPage(): string {
  const entries: readonly (readonly [string, CatalogueEntry])[] = Object.entries(catalogue);
  const chapters = entries.flatMap(([code, entry]) => [
    `## ${code}`,
    `${entry.title}. Exit code ${entry.exitCode}.`,
    entry.explanation,
  ]);
  const paragraphs = [
    '# Errors',
    '<!-- Generated from builder/errors/catalogue.ts by scripts/generate-docs.ts. Changes here are lost. -->',
    'Each error shows its code at the end of its first line. A code never changes its meaning.',
    markdownTable(['Exit code', 'Meaning'], exitCodeMeanings),
    ...chapters,
  ];
  return `${paragraphs.join('\n\n')}\n`;
}
