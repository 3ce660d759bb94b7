import { devicePhase, needsCode, readPhase, readRun } from '../console/device-phase.ts';
import { publishFace } from '../console/publish-face.ts';
import { screenLines } from '../console/screen.ts';
import type { DevicePaths } from '../device/paths.ts';

/**
 * Shows a stored setup code in all three places at the start of the device, if it is needed, and where the setup
 * stands. No network is up yet: the console's refresh adds the addresses. Returns one line a place for the journal; no
 * line contains the code.
 */
export function publishSetupCode(code: string, hostname: string, paths: DevicePaths): readonly string[] {
  const phase = readPhase(paths);
  const face = {
    hostname,
    addresses: [],
    ...(needsCode(phase, paths) ? { code } : {}),
    phase: devicePhase(phase, readRun(paths), false),
  };
  return publishFace(face, paths, screenLines(paths.screenSize)).lines;
}
