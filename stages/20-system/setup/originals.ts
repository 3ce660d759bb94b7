import type { StepTask } from '../../90-first-boot/agent/device/door.ts';

/** What a file held before the setup changed it first; `null`: it was not there. */
interface Original {
  readonly text: string | null;
}

/**
 * Replaces a file of the image, and remembers on the first change what it was, for a factory reset. Tells whether
 * anything was changed.
 */
export function changeFile(task: StepTask, path: string, text: string, mode = 0o644): boolean {
  const now = task.read(path);
  if (now === text) return false;
  keepOriginal(task, path);
  task.write(path, text, mode);
  return true;
}

/** Remembers what a file is before something else changes it. The first call counts. */
export function keepOriginal(task: StepTask, path: string): void {
  if (task.read(placeOf(path)) !== undefined) return;
  const original: Original = { text: task.read(path) ?? null };
  task.write(placeOf(path), `${JSON.stringify(original)}\n`, 0o600);
}

/** The text that a file had at first; undefined if nothing was changed, null if the file was not there. */
export function originalOf(task: StepTask, path: string): string | null | undefined {
  const kept = task.read(placeOf(path));
  return kept === undefined ? undefined : (JSON.parse(kept) as Original).text;
}

/** Puts back what a file was, if it was changed. Does it again after a power cut: `forgetOriginal` comes last. */
export function putBack(task: StepTask, path: string, mode = 0o644): boolean {
  const original = originalOf(task, path);
  if (original === undefined) return false;
  if (original === null) task.remove(path);
  else task.write(path, original, mode);
  return true;
}

/** Ends a taking back. */
export function forgetOriginal(task: StepTask, path: string): void {
  task.remove(placeOf(path));
}

function placeOf(path: string): string {
  return `/var/lib/hearth/originals/${path.slice(1).replaceAll('/', '-')}.json`;
}
