/**
 * What the journal may know of an error: its kind and where it came from. Not its message: a parser quotes what it could
 * not read, a rule what it was given, and that may be a secret.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return 'something that is no error was thrown';
  const { code } = error as NodeJS.ErrnoException;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const places = frames.slice(0, 3).map((line) => line.trim());
  return [code ?? error.constructor.name, ...places].join(' ');
}
