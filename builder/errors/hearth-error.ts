import { catalogue, type ErrorCode } from './catalogue.ts';
import type { ExitCode } from './exit-code.ts';

export interface HearthErrorParts {
  /** What happened, one sentence, from the user's view. */
  readonly what: string;
  /** Why, one sentence. */
  readonly why?: string;
  /** What to do: a command, or a file and line. */
  readonly todo?: string;
  /** What is left behind: "Nothing was written." */
  readonly state?: string;
  /** Longer material shown below: log lines, a list of problems. */
  readonly details?: string;
  readonly cause?: unknown;
}

/** An expected failure: shown without a stack trace, with a code that docs/errors.md explains. */
export class HearthError extends Error {
  readonly code: ErrorCode;
  readonly why: string | undefined;
  readonly todo: string | undefined;
  readonly state: string | undefined;
  readonly details: string | undefined;

  constructor(code: ErrorCode, parts: HearthErrorParts) {
    super(parts.what, { cause: parts.cause });
    this.name = 'HearthError';
    this.code = code;
    this.why = parts.why;
    this.todo = parts.todo;
    this.state = parts.state;
    this.details = parts.details;
  }

  get exitCode(): ExitCode {
    return catalogue[this.code].exitCode;
  }
}
