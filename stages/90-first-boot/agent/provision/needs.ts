import { existsSync, lstatSync } from 'node:fs';
import { type DeviceLook, StepFailure } from '../device/door.ts';
import type { SetupStep } from '../setup/define.ts';
import type { DeviceArtifact, FetchedArtifact } from './device-artifact.ts';
import type { ImageArtifacts } from './image-artifacts.ts';
import { isArchiveMade } from './made-archive.ts';

/** Looks up an artifact. Throws a StepFailure if the image does not know it, or its list is damaged. */
export function findArtifact(artifacts: ImageArtifacts, name: string): DeviceArtifact {
  if (artifacts.state === 'damaged') throw damaged(name);
  const artifact = artifacts.list.artifacts.find((one) => one.name === name);
  if (artifact === undefined) throw unknown(name);
  return artifact;
}

/** Throws a StepFailure if something that the step needs is not on the device. */
export function refuseMissing(artifacts: ImageArtifacts, step: SetupStep, look: DeviceLook): void {
  for (const name of step.needs ?? []) {
    const artifact = findArtifact(artifacts, name);
    if (artifact.kind !== 'apt-package' && !isThere(artifact, look)) throw missing(artifact);
  }
}

/**
 * A quick look: what a fetch put there was checked as a whole, so its size tells whether it still is. A baked one may be
 * smaller than what its maker publishes.
 */
export function isThere(artifact: FetchedArtifact, look: DeviceLook): boolean {
  const place = look.path(artifact.path);
  if (artifact.delivery === 'baked') return existsSync(place);
  if (artifact.kind === 'container-image') return isArchiveMade(place);
  const found = lstatSync(place, { throwIfNoEntry: false });
  return found?.isFile() === true && found.size === artifact.sizeBytes;
}

const writeAgain = {
  en: 'Please write the image to the card again. If that does not help, ask whoever made the image.',
  de: 'Bitte schreiben Sie das Abbild noch einmal auf die Karte. Hilft das nicht, fragen Sie, wer das Abbild gemacht hat.',
} as const;

function damaged(name: string): StepFailure {
  return new StepFailure(
    {
      en: `The list of the programs that this device needs can not be read, so it is unknown where "${name}" comes from.`,
      de: `Die Liste der Programme, die dieses Gerät braucht, ist nicht lesbar. Daher ist unbekannt, woher „${name}“ kommt.`,
    },
    writeAgain,
  );
}

function unknown(name: string): StepFailure {
  return new StepFailure(
    {
      en: `This step needs "${name}", but the image neither has it nor says where to get it.`,
      de: `Dieser Schritt braucht „${name}“. Das Abbild enthält es nicht und nennt auch nicht, woher es kommt.`,
    },
    writeAgain,
  );
}

function missing({ name, path, delivery }: FetchedArtifact): StepFailure {
  const why = {
    en: `This step needs "${name}", but it is not on the device (${path}).`,
    de: `Dieser Schritt braucht „${name}“, aber es ist nicht auf dem Gerät (${path}).`,
  };
  return new StepFailure(why, delivery === 'baked' ? writeAgain : undefined);
}
