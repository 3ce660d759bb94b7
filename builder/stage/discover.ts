import { access, readdir } from 'node:fs/promises';
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkHostScript, checkStepFile } from './check-script.ts';
import type { StageDefinition } from './define.ts';
import { listInputs } from './inputs.ts';
import type { Stage, StageProblem, Substage } from './stage.ts';
import { compareSteps, parseStepName, type Step } from './step.ts';

export interface Discovery {
  /** All stage folders, by name. */
  readonly stages: readonly Stage[];
  readonly problems: readonly StageProblem[];
}

/** Files that a stage folder may hold beside its steps. */
const stageFiles = ['stage.ts', 'setup.ts', 'README.md', 'README', 'prerun.sh'];
const markerFiles = ['SKIP', 'SKIP_IMAGES', 'EXPORT_IMAGE', 'SKIP_NOOBS', 'EXPORT_NOOBS'];
const stageFolders = ['files', 'templates', 'setup', 'node_modules'];
const substageFiles = ['README.md', 'README', 'SKIP'];

/**
 * Reads every stage folder of a project, in the order of their names. Finds all problems and throws none: a name that
 * is nobody's, a script without its run bit or interpreter, a broken list or stage.ts.
 */
export async function discoverStages(projectDir: string): Promise<Discovery> {
  const problems: StageProblem[] = [];
  const stages: Stage[] = [];
  for (const entry of await readdir(`${projectDir}/stages`, { withFileTypes: true }).then(sortByName)) {
    if (entry.isDirectory()) {
      stages.push(await readStage(projectDir, entry.name, problems));
    } else if (!entry.name.startsWith('.') && !entry.name.endsWith('.md')) {
      problems.push({
        file: `stages/${entry.name}`,
        message: 'is not a stage',
        help: 'a stage is a folder; move the file into one',
      });
    }
  }
  return { stages, problems };
}

async function readStage(projectDir: string, name: string, problems: StageProblem[]): Promise<Stage> {
  const path = `${projectDir}/stages/${name}`;
  const folder = new FolderReader(projectDir, path, problems);
  const definition = await loadDefinition(path, folder);
  const has = async (file: string) => await exists(`${path}/${file}`);
  const prerun = (await has('prerun.sh')) ? `${path}/prerun.sh` : undefined;
  if (prerun !== undefined) problems.push(...(await checkHostScript(prerun, folder.label('prerun.sh'))));
  const { inputs, missing } = await listInputs(projectDir, path, definition);
  for (const item of missing) {
    folder.report({ file: folder.label('stage.ts'), message: `names ${item}, which is not there` });
  }
  const isExported = (await has('EXPORT_IMAGE')) && !(await has('SKIP_IMAGES'));
  return {
    name,
    path,
    definition,
    prerun,
    substages: await readStageFolder(projectDir, path, folder, claimedNames(definition)),
    isSkipped: await has('SKIP'),
    exportImage: isExported ? `${path}/EXPORT_IMAGE` : undefined,
    inputs,
  };
}

/** The steps that lie in the stage folder itself, then its substages. */
async function readStageFolder(
  projectDir: string,
  path: string,
  folder: FolderReader,
  claimed: ReadonlySet<string>,
): Promise<Substage[]> {
  const steps: Step[] = [];
  const substages: Substage[] = [];
  for (const entry of await readdir(path, { withFileTypes: true }).then(sortByName)) {
    const isKnown = (entry.isDirectory() ? stageFolders : [...stageFiles, ...markerFiles]).includes(
      entry.name,
    );
    if (isKnown || claimed.has(entry.name)) continue;
    const step = await folder.step(entry.name, entry.isDirectory());
    if (step) steps.push(step);
    else if (!entry.isDirectory()) folder.unknown(entry.name);
    else {
      const substage = await readSubstage(projectDir, path, entry.name, folder.problems);
      if (substage) substages.push(substage);
    }
  }
  return [{ name: '', path, steps: steps.sort(compareSteps) }, ...substages];
}

async function readSubstage(
  projectDir: string,
  stagePath: string,
  name: string,
  problems: StageProblem[],
): Promise<Substage | undefined> {
  const path = `${stagePath}/${name}`;
  const folder = new FolderReader(projectDir, path, problems, `${name}/`);
  const entries = await readdir(path, { withFileTypes: true }).then(sortByName);
  if (entries.some((entry) => entry.name === 'SKIP')) return undefined;
  const steps: Step[] = [];
  for (const entry of entries) {
    const step = await folder.step(entry.name, entry.isDirectory());
    if (step) steps.push(step);
    else if (!entry.isDirectory() && !substageFiles.includes(entry.name)) folder.unknown(entry.name);
  }
  if (steps.length === 0) {
    problems.push({
      file: folder.label(''),
      message: 'has no steps and no stage.ts names it',
      help: 'a substage holds files such as 00-packages or 01-run.sh; put plain files into `files/`',
    });
  }
  return { name, path, steps: steps.sort(compareSteps) };
}

/** Reads the entries of one folder and notes what is wrong with them. */
class FolderReader {
  readonly #projectDir: string;
  readonly #path: string;
  readonly problems: StageProblem[];
  readonly #prefix: string;

  constructor(projectDir: string, path: string, problems: StageProblem[], prefix = '') {
    this.#projectDir = projectDir;
    this.#path = path;
    this.problems = problems;
    this.#prefix = prefix;
  }

  label(name: string): string {
    return relative(this.#projectDir, `${this.#path}/${name}`);
  }

  async step(name: string, isDirectory: boolean): Promise<Step | undefined> {
    const parsed = parseStepName(name);
    if (!parsed || (parsed.kind === 'patches') !== isDirectory) return undefined;
    const step: Step = { ...parsed, path: `${this.#path}/${name}`, label: `${this.#prefix}${name}` };
    this.problems.push(...(await checkStepFile(step, this.label(name))));
    return step;
  }

  unknown(name: string): void {
    this.problems.push({
      file: this.label(name),
      message: 'is not a name that a stage knows',
      help:
        suggestStepName(name) ??
        'put files for your scripts into `files/`, or name it in `inputs` of stage.ts',
    });
  }

  report(problem: StageProblem): void {
    this.problems.push(problem);
  }
}

/** For names that are nearly those of a step. */
function suggestStepName(name: string): string | undefined {
  const number = /^(\d+)/.exec(name)?.[1];
  if (number === undefined) return undefined;
  const nn = number.padStart(2, '0').slice(-2);
  if (/package/i.test(name)) return `did you mean ${nn}-packages or ${nn}-packages-nr?`;
  if (/chroot/i.test(name)) return `did you mean ${nn}-run-chroot.sh?`;
  if (/run|\.sh$/i.test(name)) return `did you mean ${nn}-run.sh (host) or ${nn}-run-chroot.sh (inside)?`;
  if (/debconf/i.test(name)) return `did you mean ${nn}-debconf?`;
  if (/patch/i.test(name)) return `did you mean the folder ${nn}-patches?`;
  return undefined;
}

async function loadDefinition(path: string, folder: FolderReader): Promise<StageDefinition | undefined> {
  const file = `${path}/stage.ts`;
  if (!(await exists(file))) return undefined;
  try {
    const module = (await import(pathToFileURL(file).href)) as { stage?: StageDefinition };
    if (module.stage && typeof module.stage.summary === 'string') return module.stage;
    folder.report({
      file: folder.label('stage.ts'),
      message: 'does not export `stage`',
      help: 'export const stage = defineStage({ summary: … })',
    });
  } catch (error) {
    folder.report({
      file: folder.label('stage.ts'),
      message: `can not be loaded: ${(error as Error).message.split('\n')[0]}`,
    });
  }
  return undefined;
}

/** Names in the stage folder that stage.ts speaks of. */
function claimedNames(definition: StageDefinition | undefined): ReadonlySet<string> {
  const paths = [...(definition?.inputs ?? []), ...(definition?.bundles ?? []).map((bundle) => bundle.entry)];
  return new Set(paths.map((path) => path.replace(/^\.\//, '').split('/')[0] ?? ''));
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

function sortByName<T extends { name: string }>(entries: T[]): T[] {
  return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
