import { execFile } from 'node:child_process';

export type UnitState = 'running' | 'starting' | 'off' | 'failed' | 'unknown';

const timeoutMs = 10_000;

/**
 * Asks systemd for the states of units, in the same order. Says `unknown` for all when systemd does not answer as
 * expected, and `report` gets the reason.
 */
export async function readUnitStates(
  systemctl: string,
  units: readonly string[],
  report: (problem: string) => void,
): Promise<readonly UnitState[]> {
  if (units.length === 0) return [];
  const args = ['show', '--property=LoadState,ActiveState,SubState,Job', '--', ...units];
  const answer = await runSystemctl(systemctl, args, report);
  const blocks = answer?.trim().split(/\n\n+/) ?? [];
  if (answer !== undefined && blocks.length !== units.length)
    report(`systemctl told of ${blocks.length} units, not of ${units.length}`);
  return blocks.length === units.length ? blocks.map(unitState) : units.map(() => 'unknown');
}

/** Turns the `KEY=value` lines of one unit into what a person wants to know. */
export function unitState(block: string): UnitState {
  const fields = new Map(block.split('\n').map((line) => splitOnce(line, '=')));
  // systemd tries again and again: for the owner that is a service that does not work.
  if (fields.get('SubState')?.startsWith('auto-restart')) return 'failed';
  switch (fields.get('ActiveState')) {
    case 'active':
    case 'reloading':
    case 'refreshing':
      return 'running';
    case 'activating':
      return 'starting';
    case 'failed':
      return 'failed';
    case 'inactive':
    case 'deactivating':
    case 'maintenance':
      // The number of a queued job, or nothing: still to be started in this boot.
      return fields.get('Job') ? 'starting' : 'off';
    default:
      return 'unknown';
  }
}

function splitOnce(line: string, separator: string): [string, string] {
  const at = line.indexOf(separator);
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}

function runSystemctl(
  systemctl: string,
  args: readonly string[],
  report: (problem: string) => void,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(systemctl, args, { timeout: timeoutMs, maxBuffer: 256 * 1024 }, (error, stdout) => {
      if (error) report(error.killed ? 'systemctl took too long' : error.message);
      resolve(error ? undefined : stdout);
    });
  });
}
