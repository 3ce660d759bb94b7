import { relative } from 'node:path';
import type { Artifact } from '../artifacts/artifact.ts';
import { refuseKnownFlaws } from '../artifacts/floors.ts';
import { artifactLockName, readArtifactLock } from '../artifacts/lock-file.ts';
import { bakedFiles, placeArtifacts } from '../artifacts/place.ts';
import { formatDiagnostics } from '../config/diagnostics.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { sharedKeys } from '../config/pick.ts';
import type { ConfigSlice, Edition } from '../config/schema.ts';
import { HearthError } from '../errors/hearth-error.ts';
import type { Project } from '../plan/project.ts';
import { type Discovery, discoverStages } from '../stage/discover.ts';
import { selectStages } from '../stage/select.ts';
import type { Stage, StageProblem } from '../stage/stage.ts';
import { count } from '../text/count.ts';
import type { Paint } from '../text/paint.ts';
import { suggest } from '../text/suggest.ts';
import type { Settings } from './settings.ts';

export interface ProjectOptions {
  readonly edition?: Edition;
  readonly paint?: Paint;
}

/** Reads config.yaml and all stage folders; throws one error that lists every problem of both. */
export async function loadProject(settings: Settings, options: ProjectOptions = {}): Promise<Project> {
  const discovery = await discoverStages(settings.projectDir);
  const loaded = await loadConfig({
    path: shownPath(settings.configPath),
    slices: configSlices(discovery.stages),
    stageNames: discovery.stages.map((stage) => stage.name),
    ...(options.edition === undefined ? {} : { overrides: { edition: options.edition } }),
  });
  const wanted = loaded.config?.stages ?? discovery.stages.map((stage) => stage.name);
  const problems = [
    ...stageProblems(discovery, wanted),
    ...discovery.stages.flatMap((stage) => unknownReads(settings, stage)),
  ];
  const config = loaded.config;
  if (config === undefined || problems.length > 0) throw invalidProject(loaded, problems, options.paint);
  const stages = await selectStages(settings.projectDir, discovery.stages, wanted);
  const lock = await readLock(settings, stages);
  const { placed, unpinned, problems: misplaced } = placeArtifacts(stages, lock, config);
  if (misplaced.length > 0) throw invalidProject(loaded, misplaced, options.paint);
  return {
    projectDir: settings.projectDir,
    config,
    stages: stages.map((stage) => ({ ...stage, baked: bakedFiles(placed, stage.name) })),
    artifacts: placed,
    unpinned,
  };
}

/** Projects whose stages use nothing of others need no lock. */
async function readLock(settings: Settings, stages: readonly Stage[]): Promise<readonly Artifact[]> {
  if (!stages.some((stage) => (stage.definition?.artifacts ?? []).length > 0)) return [];
  const { artifacts } = await readArtifactLock(`${settings.projectDir}/${artifactLockName}`);
  refuseKnownFlaws(artifacts);
  return artifacts;
}

/** Short where it can be: below the current folder. */
function shownPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}

/** The parts of config.yaml that the stages hand in. */
export function configSlices(stages: readonly Stage[]): ConfigSlice[] {
  return stages.flatMap((stage) =>
    stage.definition?.config ? [{ ...stage.definition.config, stage: stage.name }] : [],
  );
}

/** Problems of stages that are not built disturb nobody. */
function stageProblems(discovery: Discovery, wanted: readonly string[]): StageProblem[] {
  const stageNames = new Set(discovery.stages.map((stage) => stage.name));
  const isSkipped = new Set(discovery.stages.filter((stage) => stage.isSkipped).map((stage) => stage.name));
  return discovery.problems.filter(({ file }) => {
    const stage = file.split('/')[1] ?? '';
    return !stageNames.has(stage) || (wanted.includes(stage) && !isSkipped.has(stage));
  });
}

function unknownReads(settings: Settings, stage: Stage): StageProblem[] {
  const known = sharedKeys();
  return (stage.definition?.reads ?? [])
    .filter((key) => !known.includes(key))
    .map((key) => {
      const meant = suggest(key, known);
      return {
        file: relative(settings.projectDir, `${stage.path}/stage.ts`),
        message: `reads "${key}", which config.yaml does not have`,
        ...(meant === undefined ? {} : { help: `did you mean "${meant}"?` }),
      };
    });
}

function invalidProject(loaded: LoadedConfig, problems: readonly StageProblem[], paint?: Paint): HearthError {
  const errors = loaded.diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length;
  const total = errors + problems.length;
  const parts = [
    ...(errors > 0 ? [formatDiagnostics(loaded.diagnostics, loaded.source, paint)] : []),
    ...problems.map(formatProblem),
  ];
  const places = [...(errors > 0 ? [loaded.source.file] : []), ...(problems.length > 0 ? ['stages/'] : [])];
  return new HearthError(errors > 0 ? 'ERR_CONFIG_INVALID' : 'ERR_STAGE_INVALID', {
    what: `${count(total, 'problem')} in ${places.join(' and ')}.`,
    details: parts.join('\n'),
    state: 'Nothing was built.',
    todo:
      errors > 0 ? 'Correct the lines above; docs/config.md lists every key.' : 'Correct the files above.',
  });
}

function formatProblem(problem: StageProblem): string {
  const place = problem.line === undefined ? problem.file : `${problem.file}:${problem.line}`;
  const help = problem.help === undefined ? '' : `\n  = help: ${problem.help}`;
  return `error: ${place}: ${problem.message}${help}`;
}
