import { afterEach, describe, expect, it, vi } from 'vitest';
import { runCli } from '../../../builder/cli/program.ts';
import { readVersion } from '../../../builder/cli/version.ts';

interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const commands = [
  'check',
  'plan',
  'build',
  'lock',
  'fetch',
  'store',
  'boot',
  'inspect',
  'explain',
  'shell',
  'clean',
];

async function run(...args: string[]): Promise<Run> {
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text);
      return true;
    });
  }
  const exitCode = await runCli(args);
  vi.restoreAllMocks();
  return { exitCode, ...written };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('runCli', () => {
  it('lists its commands and exit codes', async () => {
    const { exitCode, stdout } = await run('--help');

    expect(exitCode).toBe(0);
    for (const name of commands) {
      expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    }
    expect(stdout).toContain("3 this host can't");
  });

  it.each(commands)('%s --help shows an example', async (name) => {
    const { exitCode, stdout } = await run(name, '--help');

    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Examples:\n  hearth ${name}`);
  });

  it('says its version', async () => {
    expect(await run('--version')).toEqual({ exitCode: 0, stdout: `${readVersion()}\n`, stderr: '' });
  });

  it.each([
    [['biuld'], 'Did you mean build?'],
    [['build', '--editon', 'slim'], '--edition'],
    [['build', '--edition', 'tiny'], 'slim, full'],
    [['explain'], 'stage-or-code'],
  ])('ends with 2 for %j', async (args, text) => {
    const { exitCode, stdout, stderr } = await run(...args);

    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(text);
  });

  it('explains an error code', async () => {
    const { exitCode, stdout, stderr } = await run('explain', 'err_step_failed');

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ERR_STEP_FAILED: .* \(exit code 1\)\n\n\S/);
    expect(stderr).toBe('');
  });

  it('prints an expected failure without a stack trace', async () => {
    const { exitCode, stdout, stderr } = await run('plan', '--config', '/nowhere/config.yaml');

    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('ERR_CONFIG');
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
