import { readFile } from 'node:fs/promises';
import { toolsTreeKey } from '../host/tools-tree.ts';
import { digestOf, fingerprintStage } from '../plan/fingerprint.ts';
import { type Action, makePlan, type PlannedStage } from '../plan/planner.ts';
import type { Project } from '../plan/project.ts';
import { hasResult, type LastParts, readLastParts, type StageStore } from '../plan/state-store.ts';
import { discoverStages } from '../stage/discover.ts';
import { listFiles } from '../stage/inputs.ts';
import { imageArchitecture } from './context.ts';
import { epochOf, visibleConfig } from './stage-input.ts';

/** Computes the fingerprint of each stage and compares it with what the store has. Nothing is changed. */
export async function planBuild(project: Project, store: StageStore): Promise<Action[]> {
  const planned = await fingerprintStages(project);
  const last: LastParts = await readLastParts(store);
  const present = new Set<string>();
  for (const { fingerprint } of planned) {
    if (fingerprint && (await hasResult(store, fingerprint.digest))) present.add(fingerprint.digest);
  }
  return makePlan(planned, {
    has: (digest) => present.has(digest),
    lastParts: (name) => last[name],
  });
}

/** True if the stage's files are still those that the plan was made from. */
export async function isUnchanged(project: Project, action: Action): Promise<boolean> {
  const { stages } = await discoverStages(project.projectDir);
  const wanted = project.stages.flatMap((stage) => stages.find(({ name }) => name === stage.name) ?? []);
  const now = await fingerprintStages({ ...project, stages: wanted });
  return now.some(({ fingerprint }) => fingerprint?.digest === action.fingerprint);
}

async function fingerprintStages(project: Project): Promise<PlannedStage[]> {
  const base = {
    architecture: imageArchitecture,
    'image.date': String(epochOf(project.config)),
    'tools tree': toolsTreeKey(),
    'step runner': await runnerDigest(),
  };
  const planned: PlannedStage[] = [];
  let parent: string | undefined;
  for (const stage of project.stages) {
    if (stage.isSkipped) {
      planned.push({ stage, fingerprint: undefined });
      continue;
    }
    const fingerprint = await fingerprintStage({
      parent,
      stageName: stage.name,
      config: visibleConfig(project.config, stage).data,
      files: stage.inputs,
      base,
    });
    planned.push({ stage, fingerprint });
    parent = fingerprint.digest;
  }
  return planned;
}

/** What turns a stage's files into a tree: the runner's own files, Hearth's version, and the libraries that render. */
async function runnerDigest(): Promise<string> {
  const files = [...(await listFiles(`${import.meta.dirname}/shell`)), `${import.meta.dirname}/layer.ts`];
  const texts = await Promise.all(files.map(async (file) => await readFile(file, 'utf8')));
  const about = JSON.parse(await readFile(`${import.meta.dirname}/../../package.json`, 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
  };
  const { esbuild, handlebars } = about.dependencies;
  return digestOf([texts, about.version, esbuild, handlebars]).slice(0, 16);
}
