import type { AgentContext } from '../context.ts';
import type { Terminal } from './terminal.ts';

/** One command of hearthctl. */
export interface Command {
  readonly options: Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;
  /** How many words without a dash may follow. Default 0. */
  readonly maxNames?: number;
  /** Gives the exit code. Throws CtlProblem for what the person can do something about. */
  readonly run: (call: CommandCall) => Promise<number>;
}

export interface CommandCall {
  readonly context: AgentContext;
  readonly terminal: Terminal;
  readonly options: Readonly<Record<string, unknown>>;
  readonly names: readonly string[];
}

/** Prints a value for scripts. */
export function sayJson({ terminal }: CommandCall, value: unknown): void {
  terminal.say(JSON.stringify(value, null, 2));
}
