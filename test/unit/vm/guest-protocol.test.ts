import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { runProcess } from '../../../builder/host/process.ts';
import {
  channelPrelude,
  channelUnit,
  encodeCall,
  type GuestAnswer,
  parseGuestLine,
  reportUnit,
} from '../../../builder/vm/guest-protocol.ts';
import { kernelCommandLine } from '../../../builder/vm/kernel-arguments.ts';

/** Talks to a bash of this host as the driver does to the guest's. */
async function answersOf(...calls: readonly string[]): Promise<readonly GuestAnswer[]> {
  const { stdout } = await runProcess(['bash', '-s'], {
    input: channelPrelude(tmpdir()) + calls.map((command, index) => encodeCall(index, command, 5)).join(''),
  });
  return stdout
    .split('\n')
    .map(parseGuestLine)
    .flatMap((line) => (line.kind === 'answer' ? [line.answer] : []));
}

describe('the command channel', () => {
  it('brings back output, errors and the exit code', async () => {
    const answers = await answersOf('echo "a  b"; echo oops >&2; exit 7', 'true');

    expect(answers).toEqual([
      { exitCode: 7, stdout: 'a  b\n', stderr: 'oops\n' },
      { exitCode: 0, stdout: '', stderr: '' },
    ]);
  });

  it('survives quotes, several lines, a lack of line ends, and commands that read their input', async () => {
    const answers = await answersOf(`cat; printf '%s' "it's"\nprintf ' $HOME\\n%%'`, 'echo next');

    expect(answers.map(({ stdout }) => stdout)).toEqual(["it's $HOME\n%", 'next\n']);
  });

  it('does not lose the next command after one that is not valid shell', async () => {
    const answers = await answersOf('if then', 'echo next');

    expect(answers.map(({ exitCode }) => exitCode)).toEqual([2, 0]);
  });

  it('ends a command after its time', async () => {
    const { stdout } = await runProcess(['bash', '-s'], {
      input: channelPrelude(tmpdir()) + encodeCall(3, 'sleep 60', 1),
    });

    expect(parseGuestLine(stdout.trim())).toMatchObject({ kind: 'answer', id: 3, answer: { exitCode: 124 } });
  });
});

describe('parseGuestLine', () => {
  it('knows the greeting of a new shell', () => {
    expect(parseGuestLine('HEARTH-READY 0f-1')).toEqual({ kind: 'ready', bootId: '0f-1' });
  });

  it.each([
    '',
    'random: crng init done',
    'HEARTH-ANSWER',
    'HEARTH-ANSWER 1 0 YQ==',
    'HEARTH-ANSWER x 0 YQ== .',
  ])('takes %j for noise', (line) => {
    expect(parseGuestLine(line)).toEqual({ kind: 'noise' });
  });
});

describe('channelUnit', () => {
  it('leaves room for cmdline.txt on the command line', () => {
    const line = kernelCommandLine([], 'virt', channelUnit('hvc0'));

    expect(line.length).toBeLessThan(1300);
  });

  it('protects the dollar signs from systemd', () => {
    for (const unit of [channelUnit('hvc0'), reportUnit('ttyS1')]) {
      expect(unit.replaceAll('$$', '')).not.toContain('$');
    }
  });
});
