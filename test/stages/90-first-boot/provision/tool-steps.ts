import { appendFileSync, existsSync } from 'node:fs';
import type { DeviceArtifact } from '../../../../stages/90-first-boot/agent/provision/device-artifact.ts';
import type { SetupStep } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import { step } from '../apply/fake-setup.ts';

type StepMaker = (id: string, uses: readonly string[], more?: Partial<SetupStep>) => SetupStep;

/** A step that needs the artifact `tool`, notes that it ran, and breaks when the tool is not there. */
export const toolStep: StepMaker = stepNeeding('tool', 'file');
/** The same with the container image `app`. */
export const imageStep: StepMaker = stepNeeding('app', 'container-image');

function stepNeeding(name: string, kind: DeviceArtifact['kind']): StepMaker {
  return (id, uses, more = {}) => {
    const run: SetupStep['run'] = async (task) => {
      const artifact = task.artifact(name);
      if (artifact.kind !== kind || artifact.kind === 'apt-package') throw new Error(`not a ${kind}`);
      if (!existsSync(task.path(artifact.path))) throw new Error(`ran without ${name}`);
      appendFileSync(task.path('/runs'), `${id}\n`);
    };
    return { ...step(id, 5, uses, run), needs: [name], ...more };
  };
}
