import { access } from 'node:fs/promises';
import { relative } from 'node:path';
import { listFiles } from './inputs.ts';
import type { CollectedPart, InputFile, Stage } from './stage.ts';

/**
 * The stages of the given names, in that order. A bundle that `collects` a file gets it from all stages of the image up
 * to its own: what they hold counts as its stage's input.
 */
export async function selectStages(
  projectDir: string,
  stages: readonly Stage[],
  names: readonly string[],
): Promise<Stage[]> {
  const selected = names.flatMap((name) => stages.find((stage) => stage.name === name) ?? []);
  return await Promise.all(
    selected.map(async (stage, index) => {
      const wanted = (stage.definition?.bundles ?? []).flatMap((bundle) => bundle.collects ?? []);
      if (wanted.length === 0) return stage;
      const sources = selected.slice(0, index + 1).filter((source) => !source.isSkipped);
      const collected = await Promise.all(
        wanted.flatMap((file) => sources.map(async (source) => await partOf(source, file))),
      );
      const parts = collected.filter((part) => part !== undefined);
      const inputs = await Promise.all(parts.map(async (part) => await inputsOf(projectDir, part)));
      return { ...stage, collected: parts, inputs: [...stage.inputs, ...inputs.flat()] };
    }),
  );
}

async function partOf(source: Stage, file: string): Promise<CollectedPart | undefined> {
  const path = `${source.path}/${file}`;
  return await access(path).then(
    () => ({ stage: source.name, file, path }),
    () => undefined,
  );
}

/** The file itself, and the folder of the same name beside it (`setup/` for `setup.ts`), where its own imports lie. */
async function inputsOf(projectDir: string, part: CollectedPart): Promise<InputFile[]> {
  const folder = part.path.replace(/\.ts$/, '');
  const further = await listFiles(folder).catch(() => []);
  return [part.path, ...further].map((path) => ({ label: relative(projectDir, path), path }));
}
