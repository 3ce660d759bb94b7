import { readdirSync, statSync } from 'node:fs';
import type { StepTask } from '../../90-first-boot/agent/device/door.ts';

const partialFolder = '/var/cache/apt/archives/partial';
const lookMs = 2_000;
/** The part of the step's progress that the download is. */
const from = 0.1;
const to = 0.75;

/** Shows how much of a package apt has, until the function that it gives is called. */
export async function watchDownload(task: StepTask, wanted: string): Promise<() => void> {
  const { stdout } = await task.run('apt-cache', ['show', wanted]);
  const totalBytes = Number(/^Size: (\d+)$/m.exec(stdout)?.[1] ?? 0);
  if (totalBytes === 0) return () => {};
  const [name = ''] = wanted.split('=', 1);
  const timer = setInterval(() => {
    const share = Math.min(1, sizeOf(task, name) / totalBytes);
    task.progress(from + (to - from) * share, noteOf(share, totalBytes));
  }, lookMs);
  return () => clearInterval(timer);
}

function sizeOf(task: StepTask, name: string): number {
  try {
    const folder = task.path(partialFolder);
    const file = readdirSync(folder).find((one) => one.startsWith(`${name}_`));
    return file === undefined ? 0 : statSync(`${folder}/${file}`).size;
  } catch {
    return 0;
  }
}

function noteOf(share: number, totalBytes: number) {
  const [done, total] = [share * totalBytes, totalBytes].map((bytes) => Math.round(bytes / 1_000_000));
  return { en: `Downloading: ${done} of ${total} MB`, de: `Herunterladen: ${done} von ${total} MB` };
}
