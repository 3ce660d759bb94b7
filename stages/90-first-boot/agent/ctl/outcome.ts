/** Exit codes of hearthctl. */
export const done = 0;
export const failed = 1;
export const wrongUsage = 2;
export const notPossible = 3;

/** Ends a command with a sentence for the person and an exit code. */
export class CtlProblem extends Error {
  override readonly name = 'CtlProblem';
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}
