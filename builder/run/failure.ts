import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { HearthError } from '../errors/hearth-error.ts';
import { parsePackageList } from '../stage/step.ts';

export interface FailedStep {
  readonly stage: string;
  readonly kind: string;
  readonly path: string;
  /** Path below the stage folder. */
  readonly label: string;
  readonly exitCode: number;
  /** All output, with the marks of the shell library. */
  readonly lines: readonly string[];
  readonly logFile: string;
  readonly projectDir: string;
}

const shownLines = 20;

/** The error of a failed step: stage, file, line, exit code, last lines, log, and the way into its tree. */
export async function stepError(step: FailedStep): Promise<HearthError> {
  const output = step.lines.filter((line) => !line.startsWith('hearth-failed-at:'));
  const missing = step.kind.startsWith('packages') ? await findMissingPackage(step) : undefined;
  const line = missing?.line ?? failedLine(step);
  const place = relative(step.projectDir, step.path) + (line === undefined ? '' : `:${line}`);
  const shown = output.slice(-shownLines);
  const isDownload = isDownloadProblem(output);
  return new HearthError(isDownload ? 'ERR_DOWNLOAD' : 'ERR_STEP_FAILED', {
    what: `${step.stage}: ${place} failed with exit code ${step.exitCode}.`,
    ...(missing ? { why: missing.why } : {}),
    details: [
      output.length > shownLines ? `The last ${shownLines} of ${output.length} lines:` : 'Its output:',
      ...shown.map((text) => `  ${text}`),
      '',
      `Full log  ${step.logFile}`,
      `Shell     scripts/hearth shell ${step.stage}    (the tree as it was when it failed)`,
    ].join('\n'),
    todo: `${advice({ place, isMissing: missing !== undefined, isDownload })}, then run the build again: it goes on at this step.`,
    state: 'Nothing is left mounted; finished steps are kept.',
  });
}

function advice(about: { place: string; isMissing: boolean; isDownload: boolean }): string {
  if (about.isMissing) return `Correct the name in ${about.place}`;
  if (about.isDownload) return 'Check the network and `debian.mirror` in config.yaml';
  return `Look at ${about.place}`;
}

/** The last mark that names the step's own file; scripts for the chroot are read from standard input, without a name. */
function failedLine(step: FailedStep): number | undefined {
  const marks = step.lines
    .map((line) => /^hearth-failed-at:(.*):(\d+)$/.exec(line))
    .filter((mark) => mark !== null);
  const isOwn = (source: string) =>
    step.kind === 'run-chroot'
      ? !source.includes('/')
      : `/${step.path}`.endsWith(`/${source.replace(/^\.\//, '')}`);
  const own = marks.filter((mark) => isOwn(mark[1] ?? ''));
  const last = own.at(-1)?.[2];
  return last === undefined ? undefined : Number(last);
}

async function findMissingPackage(step: FailedStep): Promise<{ line: number; why: string } | undefined> {
  const names = parsePackageList(await readFile(step.path, 'utf8'));
  for (const line of step.lines) {
    const found =
      /Unable to locate package (\S+)/.exec(line) ??
      /Package '?([^\s']+)'? has no installation candidate/.exec(line) ??
      /(?:Version|Release) '[^']*' for '([^']+)' was not found/.exec(line);
    const entry = names.find(({ name }) => name.replace(/[/=:].*$/, '') === found?.[1]?.replace(/:.*$/, ''));
    if (entry)
      return { line: entry.line, why: `Debian's archive has no package "${entry.name}" for this image.` };
  }
  return undefined;
}

function isDownloadProblem(lines: readonly string[]): boolean {
  return lines.some((line) =>
    /^E: (Failed to fetch|Unable to fetch|The repository .* (is not signed|does not have a Release file)|.*[Hh]ash [Ss]um mismatch)/.test(
      line,
    ),
  );
}
