import { execFile } from 'node:child_process';

export type UnitState = 'running' | 'starting' | 'off' | 'failed' | 'unknown';

const timeoutMs = 10_000;

/** Asks systemd for the states of units, in the same order. Says `unknown` for all when systemd does not answer. */
export async function readUnitStates(
  systemctl: string,
  units: readonly string[],
): Promise<readonly UnitState[]> {
  if (units.length === 0) return [];
  const answer = await runSystemctl(systemctl, [
    'show',
    '--property=LoadState,ActiveState,SubState,Job',
    '--',
    ...units,
  ]);
  const blocks = answer?.trim().split(/\n\n+/) ?? [];
  return units.map((_unit, index) => {
    const block = blocks[index];
    return block === undefined || blocks.length !== units.length ? 'unknown' : unitState(block);
  });
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
      // A queued job: still to be started in this boot.
      return fields.has('Job') ? 'starting' : 'off';
    default:
      return 'unknown';
  }
}

function splitOnce(line: string, separator: string): [string, string] {
  const at = line.indexOf(separator);
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}

function runSystemctl(systemctl: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(systemctl, args, { timeout: timeoutMs, maxBuffer: 256 * 1024 }, (error, stdout) =>
      resolve(error ? undefined : stdout),
    );
  });
}
