import { errorsPage } from '../errors/errors-page.ts';
import { configPage } from './config-page.ts';
import { configJsonSchema } from './json-schema.ts';
import type { ConfigSlice } from './schema.ts';

/** The files of the repository that are made from code: path from the root → text. A test keeps them fresh. */
export function generatedFiles(slices: readonly ConfigSlice[]): ReadonlyMap<string, string> {
  return new Map([
    ['config.schema.json', configJsonSchema(slices)],
    ['docs/config.md', configPage(slices)],
    ['docs/errors.md', errorsPage()],
  ]);
}
