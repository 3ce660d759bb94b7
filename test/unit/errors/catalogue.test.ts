import { describe, expect, it } from 'vitest';
import { catalogue } from '../../../builder/errors/catalogue.ts';
import { errorsPage } from '../../../builder/errors/errors-page.ts';

/** People search for codes, and scripts compare them: this list only grows. */
const knownCodes = [
  ['ERR_USAGE', 2],
  ['ERR_CONFIG_INVALID', 2],
  ['ERR_CONFIG_UNREADABLE', 2],
  ['ERR_STAGE_INVALID', 2],
  ['ERR_HOST_UNSUITABLE', 3],
  ['ERR_DOWNLOAD', 4],
  ['ERR_DISK_FULL', 3],
  ['ERR_LOCK_INVALID', 2],
  ['ERR_NOT_REPRODUCIBLE', 1],
  ['ERR_STEP_FAILED', 1],
  ['ERR_COMMAND_FAILED', 1],
  ['ERR_IMAGE_INVALID', 2],
  ['ERR_BOOT_FAILED', 5],
  ['ERR_INTERRUPTED', 130],
  ['ERR_TERMINATED', 143],
  ['ERR_INTERNAL', 70],
] as const;

describe('catalogue', () => {
  it.each(knownCodes)('still has %s with exit code %d', (code, exitCode) => {
    expect(catalogue[code].exitCode).toBe(exitCode);
  });

  it('has no code that is missing in the list of known codes', () => {
    expect(Object.keys(catalogue).toSorted()).toEqual(knownCodes.map(([code]) => code as string).toSorted());
  });

  it.each(Object.entries(catalogue))('explains %s in whole sentences', (code, entry) => {
    expect(code).toMatch(/^ERR_[A-Z_]+$/);
    expect(entry.title).toMatch(/^[A-Z].*[^.]$/);
    expect(entry.explanation).toMatch(/^[A-Z].*\.$/);
    expect(entry.explanation).not.toContain('!');
  });
});

describe('errorsPage', () => {
  it('has a chapter with title, exit code and explanation for each code', () => {
    const page = errorsPage();

    for (const [code, entry] of Object.entries(catalogue)) {
      expect(page).toContain(
        `## ${code}\n\n${entry.title}. Exit code ${entry.exitCode}.\n\n${entry.explanation}\n`,
      );
    }
  });
});
