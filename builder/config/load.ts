import type { HearthError } from '../errors/hearth-error.ts';
import type { Paint } from '../text/paint.ts';
import { isRecord } from './config-path.ts';
import { type ConfigSource, configError, type Diagnostic, sortByPlace } from './diagnostics.ts';
import { dropEmptySections } from './empty-sections.ts';
import type { Finding } from './finding.ts';
import { wordIssues } from './issue-wording.ts';
import { type ParsedYaml, parseYaml } from './parse-yaml.ts';
import { readConfigFile } from './read-config-file.ts';
import { type Config, type ConfigSlice, composeSchema, type Edition } from './schema.ts';
import { assertSlices } from './slice-problems.ts';
import { findStageProblems, wantedStages } from './stage-list.ts';
import { findUnknownKeys } from './unknown-keys.ts';
import { findYamlTraps } from './yaml-traps.ts';

export interface LoadOptions {
  /** Where the file is; also the name that problems are shown under. */
  readonly path: string;
  /** The text, if it is known already. */
  readonly text?: string;
  /** What the stages in stages/ hand in. */
  readonly slices: readonly ConfigSlice[];
  /** All folders of stages/. Without it, names in `stages:` are not checked. */
  readonly stageNames?: readonly string[];
  /** Values from the command line, which win over the file. */
  readonly overrides?: { readonly edition?: Edition };
}

export interface LoadedConfig {
  /** Complete and frozen; undefined when there is at least one error. */
  readonly config: Config | undefined;
  /** Errors and warnings, in the order of their lines. */
  readonly diagnostics: readonly Diagnostic[];
  readonly source: ConfigSource;
}

/**
 * Reads config.yaml and finds all of its problems at once. Throws only when the file can not be read
 * (ERR_CONFIG_UNREADABLE) or a stage's slice is not usable (ERR_STAGE_INVALID).
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  assertSlices(options.slices);
  const text = (options.text ?? (await readConfigFile(options.path))).replace(/^\uFEFF/, '');
  const source = { file: options.path, text };
  const parsed = parseYaml(text);
  if (parsed.data === undefined) return { config: undefined, diagnostics: parsed.diagnostics, source };

  const checked = checkData(parsed, options);
  const diagnostics = sortByPlace([...parsed.diagnostics, ...locateFindings(checked.findings, parsed)]);
  const hasErrors = diagnostics.some((diagnostic) => diagnostic.severity === 'error');
  return { config: hasErrors ? undefined : checked.config, diagnostics, source };
}

/** The config, or the error that shows all its problems. */
export function requireConfig(loaded: LoadedConfig, paint?: Paint): Config {
  if (loaded.config === undefined) throw invalidConfig(loaded, paint);
  return loaded.config;
}

function invalidConfig(loaded: LoadedConfig, paint?: Paint): HearthError {
  return configError(loaded.diagnostics, loaded.source, paint);
}

interface CheckedData {
  readonly config: Config | undefined;
  readonly findings: readonly Finding[];
}

function checkData(parsed: ParsedYaml, options: LoadOptions): CheckedData {
  // An empty file is null.
  const data = parsed.data ?? {};
  if (!isRecord(data)) {
    const message = 'the file must hold "key: value" lines';
    return {
      config: undefined,
      findings: [{ path: [], anchor: 'value', message, help: 'for example: hostname: hearth' }],
    };
  }
  const stageFindings = findStageProblems(data, options.stageNames);
  // A mistyped stage must not make its config part look out of place too.
  const wanted = stageFindings.length > 0 ? undefined : wantedStages(data);
  const isWanted = (slice: ConfigSlice) => wanted === undefined || wanted.includes(slice.stage);
  const schema = composeSchema(options.slices.filter(isWanted));
  const leftOut = options.slices.filter((slice) => !isWanted(slice));

  const result = schema.safeParse(dropEmptySections(data, schema));
  const seen = { data, nodeAt: parsed.sourceMap.nodeAt };
  const findings = [
    ...findYamlTraps(parsed.scalars),
    ...(result.success ? [] : wordIssues(result.error.issues, seen)),
    ...findUnknownKeys(data, schema, leftOut),
    ...stageFindings,
  ];
  if (!result.success) return { config: undefined, findings };
  // zod knows the shape, TypeScript can not: the slices are put in at run time.
  const config = deepFreeze({ ...result.data, ...definedOnly(options.overrides) }) as Config;
  return { config, findings };
}

/** One problem for each key and each value: the first finding is the most exact one. */
function locateFindings(findings: readonly Finding[], parsed: ParsedYaml): readonly Diagnostic[] {
  const first = new Map<string, Finding>();
  for (const finding of findings) {
    const place = JSON.stringify([finding.anchor, ...finding.path]);
    if (!first.has(place)) first.set(place, finding);
  }
  return [...first.values()].map(({ path, anchor, message, help }) => ({
    severity: 'error',
    path,
    message,
    help,
    range: parsed.sourceMap.locate(path, anchor),
  }));
}

function definedOnly(values: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) deepFreeze(child);
    Object.freeze(value);
  }
  return value;
}
