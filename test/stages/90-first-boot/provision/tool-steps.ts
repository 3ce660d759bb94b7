import { appendFileSync, existsSync } from 'node:fs';
import type { SetupStep } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import { step } from '../apply/fake-setup.ts';

/** A step that needs the artifact `tool`, notes that it ran, and breaks when the tool is not there. */
export function toolStep(id: string, uses: readonly string[], more: Partial<SetupStep> = {}): SetupStep {
  const run: SetupStep['run'] = async (task) => {
    const artifact = task.artifact('tool');
    if (artifact.kind !== 'file') throw new Error('not a file');
    if (!existsSync(task.path(artifact.path))) throw new Error('ran without the tool');
    appendFileSync(task.path('/runs'), `${id}\n`);
  };
  return { ...step(id, 5, uses, run), needs: ['tool'], ...more };
}

/** A step that needs the container image `app`, and notes that it ran. */
export function imageStep(id: string, uses: readonly string[], more: Partial<SetupStep> = {}): SetupStep {
  const run: SetupStep['run'] = async (task) => {
    const artifact = task.artifact('app');
    if (artifact.kind !== 'container-image') throw new Error('not an image');
    if (!existsSync(task.path(artifact.path))) throw new Error('ran without the image');
    appendFileSync(task.path('/runs'), `${id}\n`);
  };
  return { ...step(id, 5, uses, run), needs: ['app'], ...more };
}
