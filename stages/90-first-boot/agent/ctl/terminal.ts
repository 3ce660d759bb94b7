import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** How `hearthctl` speaks with the person in front of it. Tests hand in their own. */
export interface Terminal {
  /** One line on standard output. */
  readonly say: (line: string) => void;
  /** One line on standard error. */
  readonly complain: (line: string) => void;
  /** Somebody can answer. */
  readonly isInteractive: boolean;
  readonly isRoot: boolean;
  /** Language of the texts that stages give (BCP 47). */
  readonly language: string;
  /** Shows the question and gives the line that was typed; undefined when the input has ended. */
  readonly ask: (question: string) => Promise<string | undefined>;
  /** The same without showing what is typed. */
  readonly askSecret: (question: string) => Promise<string | undefined>;
}

/** The terminal of this process. */
export function realTerminal(): Terminal {
  const { stdin, stdout, env } = process;
  return {
    say: (line) => console.log(line),
    complain: (line) => console.error(line),
    isInteractive: stdin.isTTY === true && stdout.isTTY === true,
    isRoot: process.geteuid?.() === 0,
    language: (env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '').startsWith('de') ? 'de' : 'en',
    ask: (question) => readLine(question, false),
    askSecret: (question) => readLine(question, true),
  };
}

function readLine(question: string, isSecret: boolean): Promise<string | undefined> {
  process.stdout.write(question);
  // readline writes what is typed to its output: a secret's goes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: process.stdin,
    output: isSecret ? nowhere : process.stdout,
    terminal: process.stdin.isTTY === true,
  });
  return new Promise((resolve) => {
    let typed: string | undefined;
    lines.once('line', (line) => {
      typed = line;
      lines.close();
    });
    lines.once('SIGINT', () => lines.close());
    lines.once('close', () => {
      if (isSecret) process.stdout.write('\n');
      resolve(typed);
    });
  });
}
