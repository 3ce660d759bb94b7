import type { StepTask } from '../../../90-first-boot/agent/device/door.ts';

/** Writes a file if it does not hold this text yet, and sees to its group. True if it was written. */
export async function writeSettings(
  task: StepTask,
  path: string,
  text: string,
  group?: string,
): Promise<boolean> {
  const isOther = task.read(path) !== text;
  if (isOther) task.write(path, text, group === undefined ? 0o644 : 0o640);
  // Always: the power may have gone between the two.
  if (group !== undefined) await task.must('chown', [`root:${group}`, path]);
  return isOther;
}
