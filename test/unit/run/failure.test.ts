import { describe, expect, it } from 'vitest';
import { type FailedStep, stepError } from '../../../builder/run/failure.ts';
import { fileTree } from '../../helpers/file-tree.ts';

const project = '/home/me/hearth';

function failed(parts: Partial<FailedStep>): FailedStep {
  return {
    stage: '30-samba',
    kind: 'run',
    path: `${project}/stages/30-samba/01-a/00-run.sh`,
    label: '01-a/00-run.sh',
    exitCode: 3,
    lines: [],
    logFile: '/home/me/hearth/dist/logs/30-samba.log',
    projectDir: project,
    ...parts,
  };
}

async function messageOf(parts: Partial<FailedStep>): Promise<string> {
  return (await stepError(failed(parts))).message;
}

describe('stepError', () => {
  it('names stage, file, exit code, last lines, log, shell and what to do', async () => {
    const error = await stepError(failed({ lines: ['one', 'two', 'hearth-failed-at:lib.sh:1'] }));

    expect(error.code).toBe('ERR_STEP_FAILED');
    expect(error.exitCode).toBe(1);
    expect(error.message).toBe('30-samba: stages/30-samba/01-a/00-run.sh failed with exit code 3.');
    expect(error.details).toBe(
      [
        'Its output:',
        '  one',
        '  two',
        '',
        'Full log  /home/me/hearth/dist/logs/30-samba.log',
        'Shell     scripts/hearth shell 30-samba    (the tree as it was when it failed)',
      ].join('\n'),
    );
    expect(error.todo).toBe(
      'Look at stages/30-samba/01-a/00-run.sh, then run the build again: it goes on at this step.',
    );
    expect(error.state).toBe('Nothing is left mounted; finished steps are kept.');
  });

  it('shows the last 20 lines of a long output', async () => {
    const lines = Array.from({ length: 50 }, (_, index) => `line ${index + 1}`);

    const { details } = await stepError(failed({ lines }));

    expect(details).toContain('The last 20 of 50 lines:\n  line 31\n');
    expect(details).not.toContain('line 30');
  });
});

describe('the line of a failed host script', () => {
  const own = `hearth-failed-at:${project}/stages/30-samba/01-a/00-run.sh`;

  it('comes from the last mark of the script itself', async () => {
    const lines = [
      `${own}:4`,
      'hearth-failed-at:/usr/share/x/lib.sh:99',
      `${own}:7`,
      'hearth-failed-at:b.sh:1',
    ];

    expect(await messageOf({ lines })).toContain('00-run.sh:7 failed');
  });

  it('may come from a script that was called by its short name', async () => {
    expect(await messageOf({ lines: ['hearth-failed-at:./00-run.sh:5'] })).toContain('00-run.sh:5 failed');
  });

  it.each([
    ['a script in the tree, read from standard input', 'hearth-failed-at::2'],
    ['another script whose name ends like its own', 'hearth-failed-at:run.sh:2'],
    ['a script of another stage', `hearth-failed-at:${project}/stages/10-boot/01-a/00-run.sh:2`],
  ])('does not come from %s', async (_whose, mark) => {
    expect(await messageOf({ lines: [mark] })).toContain('/00-run.sh failed');
  });

  it('is left out when the script marked none', async () => {
    expect(await messageOf({ lines: ['exit'] })).toContain('/00-run.sh failed');
  });
});

describe('the line of a failed chroot script', () => {
  const chroot = { kind: 'run-chroot', path: `${project}/stages/30-samba/00-run-chroot.sh` };

  it('comes from the last mark without a file', async () => {
    const lines = ['hearth-failed-at::3', 'hearth-failed-at:/usr/lib/x.sh:99', 'hearth-failed-at::6'];

    expect(await messageOf({ ...chroot, lines })).toContain('00-run-chroot.sh:6 failed');
  });

  it('is left out when only other scripts failed', async () => {
    expect(await messageOf({ ...chroot, lines: ['hearth-failed-at:/usr/lib/x.sh:99'] })).toContain(
      '00-run-chroot.sh failed',
    );
  });
});

describe('a package list that can not be installed', () => {
  async function errorFor(line: string) {
    const folder = await fileTree({
      'stages/30-samba/00-packages': '# shares\nsamba wsdd2\nsambba/trixie-backports nope=1.0\n',
    });
    return await stepError(
      failed({
        kind: 'packages',
        path: `${folder}/stages/30-samba/00-packages`,
        projectDir: folder,
        exitCode: 100,
        lines: ['Reading package lists...', line],
      }),
    );
  }

  it.each([
    ['E: Unable to locate package sambba', 3, 'sambba/trixie-backports'],
    ["E: Package 'wsdd2' has no installation candidate", 2, 'wsdd2'],
    ['E: Package wsdd2 has no installation candidate', 2, 'wsdd2'],
    ["E: Version '1.0' for 'nope' was not found", 3, 'nope=1.0'],
    ["E: Release 'trixie-backports' for 'sambba' was not found", 3, 'sambba/trixie-backports'],
  ])('%s', async (line, number, name) => {
    const error = await errorFor(line);

    const place = `stages/30-samba/00-packages:${number}`;
    expect(error.code).toBe('ERR_STEP_FAILED');
    expect(error.message).toBe(`30-samba: ${place} failed with exit code 100.`);
    expect(error.why).toBe(`Debian's archive has no package "${name}" for this image.`);
    expect(error.todo).toBe(
      `Correct the name in ${place}, then run the build again: it goes on at this step.`,
    );
  });

  it('has no line for a package that it does not name', async () => {
    const error = await errorFor('E: Unable to locate package other');

    expect(error.message).toBe('30-samba: stages/30-samba/00-packages failed with exit code 100.');
    expect(error.why).toBeUndefined();
  });
});

describe('a download that failed', () => {
  it.each([
    'E: Failed to fetch http://archive.example.org/a.deb  503  Service Unavailable',
    'E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?',
    "E: The repository 'http://archive.example.org trixie Release' does not have a Release file.",
    "E: The repository 'http://archive.example.org trixie InRelease' is not signed.",
    'E: a.deb Hash Sum mismatch',
  ])('has its own code: %s', async (line) => {
    const error = await stepError(failed({ lines: [line] }));

    expect(error.code).toBe('ERR_DOWNLOAD');
    expect(error.exitCode).toBe(4);
  });

  it('is not seen in what a script says of fetching', async () => {
    const { code } = await stepError(
      failed({ lines: ['Failed to fetch the answer', 'W: Failed to fetch x'] }),
    );

    expect(code).toBe('ERR_STEP_FAILED');
  });
});
