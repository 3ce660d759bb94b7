import { describe, expect, it } from 'vitest';
import { commandsOf, packagesProblem } from '../../../../builder/host/checks/problem.ts';

describe('commandsOf', () => {
  it('makes one command of all packages, and each other command once', () => {
    const other = { what: 'x', why: 'y', todo: 'sudo sysctl -w a=1' };

    const commands = commandsOf([
      packagesProblem('a', 'b', ['mmdebstrap']),
      other,
      packagesProblem('c', 'd', ['uidmap', 'mmdebstrap']),
      other,
    ]);

    expect(commands).toEqual([
      'sudo apt-get install -y --no-install-recommends mmdebstrap uidmap',
      'sudo sysctl -w a=1',
    ]);
  });

  it('has no command for packages where none is missing', () => {
    expect(commandsOf([])).toEqual([]);
  });
});
