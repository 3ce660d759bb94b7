import { existsSync } from 'node:fs';
import { readIfThere } from '../device/look.ts';
import type { DevicePaths } from '../device/paths.ts';
import type { Phase } from '../door/protocol.ts';
import { foldEvents, type RunView } from '../events/fold.ts';
import { readEvents } from '../events/read-events.ts';
import { phaseOf } from '../store/setup-store.ts';
import type { LocalText } from '../text/local-text.ts';

/** The phase of the device as a person sees it. */
export type DevicePhase =
  | { readonly name: 'waiting' | 'asking' | 'ready' | 'resetting' }
  | { readonly name: 'applying'; readonly percent: number; readonly step?: LocalText }
  /** `setup`: a step failed. `service`: the device is set up, but something does not run. */
  | { readonly name: 'attention'; readonly of: 'setup' | 'service' };

/** Puts together where the setup stands and what the applier tells. Only `running` is looked at with a failed service. */
export function devicePhase(phase: Phase, run: RunView, hasFailedService: boolean): DevicePhase {
  switch (phase) {
    case 'resetting':
      return { name: 'resetting' };
    case 'unclaimed':
      return { name: 'waiting' };
    case 'asking':
      return { name: 'asking' };
    case 'applying':
      return run.state === 'failed' ? { name: 'attention', of: 'setup' } : applying(run);
    case 'complete':
      if (run.state === 'failed') return { name: 'attention', of: 'setup' };
      if (run.state === 'running') return applying(run);
      return hasFailedService ? { name: 'attention', of: 'service' } : { name: 'ready' };
  }
}

/** Reads where the device stands. A damaged store counts as not claimed: the code must be there then. */
export function readPhase(paths: DevicePaths): Phase {
  try {
    return phaseOf(paths);
  } catch {
    return 'unclaimed';
  }
}

/** What the events so far add up to; nothing if they can't be read. */
export function readRun(paths: DevicePaths): RunView {
  try {
    return foldEvents(readEvents(paths.eventLog));
  } catch {
    return foldEvents([]);
  }
}

/**
 * Tells whether the owner may need the setup code: before the claim, and after a restart in the middle of the setup,
 * because the session of the claim is gone with the power.
 */
export function needsCode(phase: Phase, paths: DevicePaths): boolean {
  if (phase === 'unclaimed') return true;
  if (phase !== 'asking' && phase !== 'applying') return false;
  return !existsSync(paths.sessionsFile) || !(readIfThere(paths.sessionsFile) ?? '').includes('"setup"');
}

function applying(run: RunView): DevicePhase {
  const step = run.steps.find(({ state }) => state === 'running')?.title;
  return { name: 'applying', percent: run.percent, ...(step === undefined ? {} : { step }) };
}
