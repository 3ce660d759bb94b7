import { HearthError } from '../errors/hearth-error.ts';
import { codeFrame, type TextRange } from '../text/code-frame.ts';
import { count } from '../text/count.ts';
import { type Paint, plainPaint } from '../text/paint.ts';
import { type ConfigPath, formatPath } from './config-path.ts';

/** One problem of config.yaml. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** The key it is about; empty when it is about the text itself. */
  readonly path: ConfigPath;
  /** What is wrong; continues "error[KEY]: …". */
  readonly message: string;
  /** The cure, or an example; stands at the place itself. */
  readonly help?: string | undefined;
  readonly range: TextRange;
}

/** A text and the name it is shown under. */
export interface ConfigSource {
  readonly file: string;
  readonly text: string;
}

/** By place in the file, so that a person can work from top to bottom. */
export function sortByPlace(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.toSorted(
    (a, b) => a.range.start.line - b.range.start.line || a.range.start.column - b.range.start.column,
  );
}

/** All problems as pictures of their lines, in order. */
export function formatDiagnostics(
  diagnostics: readonly Diagnostic[],
  source: ConfigSource,
  paint: Paint = plainPaint,
): string {
  return sortByPlace(diagnostics)
    .map((diagnostic) => formatDiagnostic(diagnostic, source, paint))
    .join('\n');
}

/** The error for a config with problems: ERR_CONFIG_INVALID with all pictures and the count. */
export function configError(
  diagnostics: readonly Diagnostic[],
  source: ConfigSource,
  paint: Paint = plainPaint,
): HearthError {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  return new HearthError('ERR_CONFIG_INVALID', {
    what: `${source.file} has ${count(errors.length, 'error')}`,
    details: formatDiagnostics(diagnostics, source, paint),
    todo: `correct ${errors.length === 1 ? 'it' : 'them'}; docs/config.md lists every key`,
    state: 'Nothing was built.',
  });
}

function formatDiagnostic(diagnostic: Diagnostic, source: ConfigSource, paint: Paint): string {
  const { severity, path, message, help, range } = diagnostic;
  const place = path.length === 0 ? '' : `[${formatPath(path)}]`;
  const head = paint(severity === 'error' ? 'red' : 'yellow', paint('bold', `${severity}${place}`));
  const frame = { ...source, range, ...(help === undefined ? {} : { message: help }) };
  return `${head}: ${message}\n${codeFrame(frame, paint)}`;
}
