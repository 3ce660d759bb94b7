import type { StepTask } from '../../90-first-boot/agent/device/door.ts';

/** Brings to the disk what other programs wrote: the step counts as done after this, also when the power is cut. */
export async function settle(task: StepTask): Promise<void> {
  await task.must('sync', [], { timeoutMs: 120_000 });
}
