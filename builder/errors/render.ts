import { type Paint, plainPaint } from '../text/paint.ts';
import type { ExitCode } from './exit-code.ts';
import { HearthError } from './hearth-error.ts';

export interface RenderOptions {
  readonly paint?: Paint;
  /** Show stack traces and causes of expected errors too. */
  readonly debug?: boolean;
  /** For terminals that lack the sign ✖. */
  readonly ascii?: boolean;
  /** The error's code stands at the right end of the first line. */
  readonly widthColumns?: number;
}

/** The exit code for whatever was thrown; 70 when it was not one of ours. */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof HearthError ? error.exitCode : 70;
}

/** The text for whatever was thrown, for a person: what, why, details, state, what to do. No newline at the end. */
export function renderError(error: unknown, options: RenderOptions = {}): string {
  return error instanceof HearthError ? renderExpected(error, options) : renderUnexpected(error, options);
}

const labelWidth = 8;

function renderExpected(error: HearthError, options: RenderOptions): string {
  const paint = options.paint ?? plainPaint;
  const notes = [
    ...note('State', error.state, paint),
    ...note('Try', error.todo, paint),
    ...(error.code === 'ERR_INTERNAL' ? note('Report', reportRequest, paint) : []),
  ];
  return [
    headline(error.message, error.code, options),
    ...(error.why === undefined ? [] : [indent(error.why)]),
    ...(error.details === undefined ? [] : ['', error.details.trimEnd(), '']),
    ...notes,
    ...(options.debug === true || error.code === 'ERR_INTERNAL' ? ['', stackOf(error)] : []),
  ].join('\n');
}

function renderUnexpected(error: unknown, options: RenderOptions): string {
  const paint = options.paint ?? plainPaint;
  return [
    headline('a bug in Hearth stopped this command', 'ERR_INTERNAL', options),
    '',
    stackOf(error),
    '',
    ...note('Report', reportRequest, paint),
  ].join('\n');
}

const reportRequest = 'please send the lines above, your config.yaml without secrets, and the command';

function headline(what: string, code: string, options: RenderOptions): string {
  const paint = options.paint ?? plainPaint;
  const sign = options.ascii === true ? 'x' : '✖';
  const left = `${sign} ${what}`;
  const gap = Math.max(2, (options.widthColumns ?? 100) - left.length - code.length);
  return `${paint('red', sign)} ${paint('bold', what)}${' '.repeat(gap)}${paint('dim', code)}`;
}

function note(label: string, text: string | undefined, paint: Paint): readonly string[] {
  if (text === undefined) return [];
  const [first = '', ...more] = text.split('\n');
  const margin = ' '.repeat(labelWidth + 2);
  return [`  ${paint('bold', label.padEnd(labelWidth))}${first}`, ...more.map((line) => margin + line)];
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}

/** The stack with those of all causes and parts. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return `thrown: ${String(error)}`;
  const parts: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  return [
    error.stack ?? `${error.name}: ${error.message}`,
    ...parts.map((part, index) => `part ${index + 1} of ${parts.length}: ${stackOf(part)}`),
    ...(error.cause === undefined ? [] : [`caused by: ${stackOf(error.cause)}`]),
  ].join('\n');
}
