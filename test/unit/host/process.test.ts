import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { runProcess, startProcess } from '../../../builder/host/process.ts';

describe('runProcess', () => {
  it('gives exit code and both outputs as they are', async () => {
    expect(await runProcess(['sh', '-c', 'echo out; printf err >&2; exit 3'])).toEqual({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err',
    });
  });

  it('hands arguments on without a shell', async () => {
    const { stdout } = await runProcess(['printf', '%s|', '$HOME', 'a b', '*']);

    expect(stdout).toBe('$HOME|a b|*|');
  });

  it('says so when there is no such program', async () => {
    const { exitCode, stderr } = await runProcess(['/nowhere/program']);

    expect(exitCode).toBe(127);
    expect(stderr).toContain('ENOENT');
  });

  it('gives 128 and the number of the signal that ended a program', async () => {
    expect((await runProcess(['sh', '-c', 'kill -TERM $$'])).exitCode).toBe(143);
    expect((await runProcess(['sh', '-c', 'kill -KILL $$'])).exitCode).toBe(137);
  });

  it('sets the whole environment, or inherits ours', async () => {
    expect((await runProcess(['/usr/bin/env'], { env: { A: '1' } })).stdout).toBe('A=1\n');
    expect((await runProcess(['/usr/bin/env'])).stdout).toContain('PATH=');
  });

  it.each([
    ['text', 'one\n'],
    ['bytes', new TextEncoder().encode('one\n')],
    ['a stream', Readable.from([Buffer.from('one\n')])],
  ])('feeds %s to standard input', async (_what, input) => {
    expect((await runProcess(['cat'], { input })).stdout).toBe('one\n');
  });

  it('has an empty standard input unless one is given', async () => {
    expect(await runProcess(['cat'])).toMatchObject({ exitCode: 0, stdout: '' });
  });

  it('does not mind a program that does not read its input', async () => {
    const { exitCode } = await runProcess(['true'], { input: 'x'.repeat(1_000_000) });

    expect(exitCode).toBe(0);
  });

  it('tells each line as it comes, also one without an end', async () => {
    const lines: string[] = [];

    await runProcess(['printf', 'one\\ntwo\\r\\n\\nlast'], { onLine: (line) => lines.push(line) });

    expect(lines).toEqual(['one', 'two', '', 'last']);
  });

  it('ends a program when it is told to', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);

    const { exitCode } = await runProcess(['sleep', '30'], { signal: controller.signal });

    expect(exitCode).not.toBe(0);
  });
});

describe('startProcess', () => {
  it('opens file descriptor 3 as a two-way pipe', async () => {
    const child = startProcess(['sh', '-c', 'read -r line <&3; echo "got $line" >&3'], { controlPipe: true });
    const answer = new Promise((resolve) => child.control?.once('data', (data) => resolve(String(data))));

    child.control?.write('a\n');

    expect(await answer).toBe('got a\n');
    child.control?.end();
    expect((await child.exited).exitCode).toBe(0);
  });
});
