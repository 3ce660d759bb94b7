import type { Problem } from './problem.ts';

const help = 'year-month-day, for example "2026-11-23"';

/** A day that a FAT file system can store: 1980 to 2107. */
export function dateProblem(value: string): Problem | undefined {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value) ?? [];
  if (year === undefined || month === undefined || day === undefined)
    return { message: 'must be a date', help };
  if (!isDay(value)) return { message: `there is no day ${value}`, help };
  if (Number(year) < 1980 || Number(year) > 2107) {
    return { message: 'must be from 1980 to 2107', help: 'the FAT boot partition can store no other year' };
  }
  return undefined;
}

function isDay(value: string): boolean {
  const date = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
}
