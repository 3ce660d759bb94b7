/** Writes the files that are made from code. `--check` writes nothing and ends with 1 when one is stale. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generatedFiles } from '../builder/config/generated-files.ts';
import type { ConfigSlice } from '../builder/config/schema.ts';
import { discoverStages } from '../builder/stage/discover.ts';
import { mastodonExamples } from './lib/mastodon-examples.ts';

const root = path.resolve(import.meta.dirname, '..');

/** The generated files that are missing or differ from what the code says, with their right text. */
export async function staleFiles(): Promise<ReadonlyMap<string, string>> {
  const stale = new Map<string, string>();
  for (const [file, text] of [...generatedFiles(await stageSlices()), ...mastodonExamples()]) {
    const target = path.join(root, file);
    const current = existsSync(target) ? await readFile(target, 'utf8') : undefined;
    if (current !== text) stale.set(file, text);
  }
  return stale;
}

async function stageSlices(): Promise<readonly ConfigSlice[]> {
  const { stages } = await discoverStages(root);
  return stages.flatMap(({ name, definition }) =>
    definition?.config === undefined ? [] : [{ ...definition.config, stage: name }],
  );
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    console.log('usage: npx tsx scripts/generate-docs.ts [--check]');
    return;
  }
  const stale = await staleFiles();
  for (const [file, text] of stale) {
    console.error(`${args.includes('--check') ? 'stale' : 'written'}: ${file}`);
    if (!args.includes('--check')) await writeFile(path.join(root, file), text);
  }
  process.exitCode = args.includes('--check') && stale.size > 0 ? 1 : 0;
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2));
