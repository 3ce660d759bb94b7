import type { Stage } from '../../builder/stage/stage.ts';

/** A stage that holds nothing, as discovery would describe it. */
export function makeStage(name: string, parts: Partial<Stage> = {}): Stage {
  const path = parts.path ?? `/project/stages/${name}`;
  return {
    name,
    path,
    definition: undefined,
    prerun: undefined,
    substages: [{ name: '', path, steps: [] }],
    isSkipped: false,
    exportImage: undefined,
    inputs: [],
    ...parts,
  };
}
