import { HearthError } from '../errors/hearth-error.ts';

/** Hands a job a signal that Ctrl-C and SIGTERM abort; how the job ends then is its own business. */
export async function withSignal<T>(job: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onSignal = () => controller.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    return await job(controller.signal);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** What is said when a job is stopped. */
export interface StopWords {
  readonly stopping: string;
  readonly state: string;
  readonly todo: string;
}

const buildWords: StopWords = {
  stopping: 'Stopping; finished steps are kept.',
  state: 'Nothing is left mounted; finished steps are kept.',
  todo: 'Run the same command to go on at the step that was running.',
};

/**
 * Runs a long job that ends cleanly at Ctrl-C or SIGTERM. A second signal ends us at once; the kernel then drops the
 * job's processes and mounts.
 */
export async function withInterrupt<T>(
  job: (signal: AbortSignal) => Promise<T>,
  { stopping, state, todo }: StopWords = buildWords,
): Promise<T> {
  const controller = new AbortController();
  let received: NodeJS.Signals | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (received) process.exit(signal === 'SIGTERM' ? 143 : 130);
    received = signal;
    process.stderr.write(`\n${stopping} Again: stop at once.\n`);
    controller.abort(new Error(signal));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    return await job(controller.signal);
  } catch (error) {
    if (!received) throw error;
    throw new HearthError(received === 'SIGTERM' ? 'ERR_TERMINATED' : 'ERR_INTERRUPTED', {
      what: 'Stopped, as you asked.',
      state,
      todo,
      cause: error,
    });
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
