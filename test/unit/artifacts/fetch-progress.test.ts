import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeDownload, downloadPace } from '../../../builder/cli/render/download-pace.ts';
import { fetchProgress } from '../../../builder/cli/render/fetch-progress.ts';

const mebibyte = 1024 ** 2;
const progress = { doneFiles: 1, totalFiles: 3, doneBytes: 50 * mebibyte, totalBytes: 250 * mebibyte };

describe('downloadPace', () => {
  it('knows nothing in the first second', () => {
    const pace = downloadPace();
    pace.add(0, 0);
    pace.add(500, 500);

    expect(pace.bytesPerSecond(500)).toBeUndefined();
    expect(pace.bytesPerSecond(1000)).toBe(500);
  });

  it('forgets how it was long ago', () => {
    const pace = downloadPace();
    for (let second = 0; second <= 60; second++) pace.add(Math.min(second, 20) * 1000, second * 1000);

    expect(pace.bytesPerSecond(60_000)).toBe(0);
  });

  it('sees a change of pace within ten seconds', () => {
    const pace = downloadPace();
    let bytes = 0;
    for (let second = 0; second <= 40; second++) {
      pace.add(bytes, second * 1000);
      bytes += second < 20 ? 100 : 1000;
    }

    expect(pace.bytesPerSecond(40_000)).toBe(1000);
  });
});

describe('describeDownload', () => {
  it.each([
    [undefined, '1 of 3 files, 50 MiB of 250 MiB'],
    [4 * mebibyte, '1 of 3 files, 50 MiB of 250 MiB, 4 MiB/s, about 50 s left'],
    [0, '1 of 3 files, 50 MiB of 250 MiB, waiting for the server'],
  ])('of %s bytes in a second', (bytesPerSecond, text) => {
    expect(describeDownload(progress, bytesPerSecond)).toBe(text);
  });

  it('has no time left at the end', () => {
    const whole = { ...progress, doneFiles: 3, doneBytes: progress.totalBytes };

    expect(describeDownload(whole, mebibyte)).toBe('3 of 3 files, 250 MiB of 250 MiB');
  });
});

describe('fetchProgress', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function stream(isTTY: boolean) {
    const written: string[] = [];
    return { written, isTTY, columns: 100, write: (text: string) => written.push(text) };
  }

  it('is a moving line on a terminal, which goes away', () => {
    const terminal = stream(true);
    const shown = fetchProgress(terminal);
    shown.show({ ...progress, doneBytes: 0 }, 0);
    vi.advanceTimersByTime(1500);
    shown.show(progress, 2 * mebibyte);
    vi.advanceTimersByTime(500);
    shown.stop();

    expect(terminal.written.at(-2)).toBe(
      '\r\x1b[Kfetching  1 of 3 files, 50 MiB of 250 MiB, 1 MiB/s, about 3 min 20 s left',
    );
    expect(terminal.written.at(-1)).toBe('\r\x1b[K');
  });

  it('does not take bytes of an earlier run for quickly fetched ones', () => {
    const terminal = stream(true);
    const shown = fetchProgress(terminal);
    shown.show(progress, 0);
    vi.advanceTimersByTime(2000);
    shown.stop();

    expect(terminal.written.at(-2)).toContain('50 MiB of 250 MiB, waiting for the server');
  });

  it('is a line every 15 seconds elsewhere', () => {
    const file = stream(false);
    const shown = fetchProgress(file);
    shown.show(progress, 1);
    vi.advanceTimersByTime(31_000);
    shown.stop();
    vi.advanceTimersByTime(60_000);

    expect(file.written).toHaveLength(2);
    expect(file.written[0]).toMatch(/^fetching {2}1 of 3 files.*\n$/);
  });
});
