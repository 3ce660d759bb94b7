import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { withInterrupt, withSignal } from '../../../builder/cli/interrupt.ts';
import { errorOf } from '../../helpers/error-of.ts';

/** Sends ourselves a signal as soon as it is listened to, and waits as a step would until it is ended. */
async function interruptedJob(signal: AbortSignal, name: 'SIGINT' | 'SIGTERM'): Promise<never> {
  process.kill(process.pid, name);
  await sleep(10_000, undefined, { signal });
  throw new Error('the job was not ended');
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('withInterrupt', () => {
  it.each([
    ['SIGINT', 'ERR_INTERRUPTED', 130],
    ['SIGTERM', 'ERR_TERMINATED', 143],
  ] as const)('ends the job at %s and says what is left', async (name, code, exitCode) => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);

    const error = await errorOf(
      async () => await withInterrupt(async (signal) => await interruptedJob(signal, name)),
    );

    expect(error.code).toBe(code);
    expect(error.exitCode).toBe(exitCode);
    expect(error.state).toBe('Nothing is left mounted; finished steps are kept.');
  });

  it('hands out what the job gives or throws, and listens no longer', async () => {
    const before = process.listenerCount('SIGINT') + process.listenerCount('SIGTERM');

    expect(await withInterrupt(async () => 5)).toBe(5);
    await expect(withInterrupt(async () => await Promise.reject(new Error('own')))).rejects.toThrow('own');

    expect(process.listenerCount('SIGINT') + process.listenerCount('SIGTERM')).toBe(before);
  });
});

describe('withSignal', () => {
  it('leaves it to the job what an interrupt means', async () => {
    const result = await withSignal(
      async (signal) =>
        await interruptedJob(signal, 'SIGINT').catch(() => (signal.aborted ? 'ended' : 'failed')),
    );

    expect(result).toBe('ended');
  });
});
