import { HearthError } from '../../builder/errors/hearth-error.ts';

/** The HearthError that a job ends with. Any other end of the job is a failure of the test. */
export async function errorOf(job: () => unknown): Promise<HearthError> {
  try {
    await job();
  } catch (error) {
    if (error instanceof HearthError) return error;
    throw error;
  }
  throw new Error('no error was thrown');
}
