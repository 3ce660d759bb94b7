import type { DeviceTask, RunResult } from '../../../90-first-boot/agent/device/door.ts';
import { postgresPrograms } from './places.ts';

/** Who asks, and where: root of this device is `postgres` there, by the socket and without a password. */
export const asPostgres = ['--host=/run/postgresql', '--username=postgres'] as const;

const quiet = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1'];

/** Runs SQL, which is in no argument and no log. Throws a StepFailure with PostgreSQL's words. */
export async function sql(
  task: Pick<DeviceTask, 'must'>,
  text: string,
  database = 'postgres',
): Promise<string> {
  const { stdout } = await task.must(
    `${postgresPrograms}/psql`,
    [...quiet, ...asPostgres, `--dbname=${database}`],
    { input: text, timeoutMs: 600_000 },
  );
  return stdout.trim();
}

/** Runs one of PostgreSQL's programs as root by the socket. Throws a StepFailure with its words. */
export async function postgresProgram(
  task: Pick<DeviceTask, 'must'>,
  program: 'pg_dump' | 'pg_restore',
  args: readonly string[],
): Promise<RunResult> {
  return await task.must(`${postgresPrograms}/${program}`, [...asPostgres, ...args], {
    timeoutMs: 6 * 3_600_000,
  });
}
