import type { Duplex, Readable, Writable } from 'node:stream';
import { execa } from 'execa';

/** The one door to other programs: nothing else in the project starts a process. */
export interface ProcessOptions {
  readonly cwd?: string;
  /** The whole environment of the program; nothing is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** Text, bytes or a stream for standard input; without it standard input is empty. 'inherit' is for shells. */
  readonly input?: string | Uint8Array | Readable | 'inherit';
  /** Called for each line of standard output and standard error, in the order in which they came. */
  readonly onLine?: (line: string) => void;
  /** 'inherit' gives the program our terminal; 'stream' leaves stdout to the caller; 'collect' (default) keeps both as text. */
  readonly output?: 'collect' | 'stream' | 'inherit';
  /** Ends the program (SIGTERM, SIGKILL 5 s later) when aborted. */
  readonly signal?: AbortSignal;
  /** Opens file descriptor 3 of the program as a two-way pipe to us. */
  readonly controlPipe?: boolean;
}

export interface ProcessResult {
  /** 128 + signal number for a program ended by a signal; 127 if it could not be started. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningProcess {
  readonly pid: number;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly stdin: Writable | null;
  readonly control: Duplex | null;
  /** Never rejects: a program that could not be started ends with exit code 127 and the reason in stderr. */
  readonly exited: Promise<ProcessResult>;
  kill(signal?: NodeJS.Signals): void;
}

/** Starts a program. The first word is its path or name, the rest are its arguments; there is no shell in between. */
export function startProcess(command: readonly string[], options: ProcessOptions = {}): RunningProcess {
  const [file, ...args] = command;
  if (file === undefined) throw new TypeError('empty command');
  const output = options.output ?? 'collect';
  const outputTarget = output === 'inherit' ? 'inherit' : 'pipe';
  const subprocess = execa(file, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: { ...options.env }, extendEnv: false }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    stdio: [
      options.input === 'inherit' ? 'inherit' : options.input === undefined ? 'ignore' : 'pipe',
      outputTarget,
      outputTarget,
      ...(options.controlPipe ? (['pipe'] as const) : []),
    ],
    buffer: options.controlPipe
      ? { stdout: output === 'collect', stderr: output === 'collect', fd3: false }
      : output === 'collect',
    maxBuffer: 256 * 1024 * 1024,
    stripFinalNewline: false,
    // In a group of its own, so that Ctrl-C reaches only us and we end it in order; a shell needs the terminal.
    detached: options.input !== 'inherit',
    reject: false,
    forceKillAfterDelay: 5_000,
  });
  feedInput(subprocess.stdin, options.input);
  if (options.onLine) {
    void forEachLine(subprocess.stdout, options.onLine);
    void forEachLine(subprocess.stderr, options.onLine);
  }
  return {
    pid: subprocess.pid ?? -1,
    stdin: subprocess.stdin,
    stdout: subprocess.stdout,
    stderr: subprocess.stderr,
    control: options.controlPipe ? (subprocess.stdio[3] as unknown as Duplex) : null,
    exited: subprocess.then((result) => ({
      exitCode: result.exitCode ?? (result.signal ? 128 + signalNumber(result.signal) : 127),
      stdout: typeof result.stdout === 'string' ? result.stdout : '',
      stderr:
        (typeof result.stderr === 'string' ? result.stderr : '') +
        (result.exitCode === undefined && !result.signal ? `${result.shortMessage ?? ''}\n` : ''),
    })),
    kill(signal = 'SIGTERM') {
      subprocess.kill(signal);
    },
  };
}

/** Runs a program to its end. */
export async function runProcess(
  command: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  return await startProcess(command, options).exited;
}

function feedInput(stdin: Writable | null, input: ProcessOptions['input']): void {
  if (!stdin || input === undefined || input === 'inherit') return;
  // A program may end before it has read all of its input; its exit code tells what that means.
  stdin.on('error', () => {});
  if (typeof input === 'string' || input instanceof Uint8Array) stdin.end(input);
  else input.pipe(stdin);
}

async function forEachLine(stream: Readable | null, onLine: (line: string) => void): Promise<void> {
  if (!stream) return;
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split(/\r?\n|\r/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}

function signalNumber(signal: NodeJS.Signals): number {
  const numbers: Partial<Record<NodeJS.Signals, number>> = {
    SIGHUP: 1,
    SIGINT: 2,
    SIGQUIT: 3,
    SIGABRT: 6,
    SIGKILL: 9,
    SIGSEGV: 11,
    SIGPIPE: 13,
    SIGTERM: 15,
  };
  return numbers[signal] ?? 0;
}
