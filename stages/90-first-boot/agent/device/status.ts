import { hostname, networkInterfaces } from 'node:os';
import type { LocalText } from '../text/local-text.ts';
import { type Address, reachableAddresses } from './addresses.ts';
import type { DevicePaths } from './paths.ts';
import { type Release, readRelease } from './release.ts';
import { readServiceEntries } from './service-entries.ts';
import { readUnitStates, type UnitState } from './unit-states.ts';

export interface ServiceStatus {
  readonly name: LocalText;
  readonly description: LocalText;
  readonly state: UnitState;
}

/** What the page tells. Everybody on the network may read it: no user, serial number, network name or secret. */
export interface DeviceStatus {
  readonly name: string;
  readonly release: Release;
  readonly addresses: readonly Address[];
  readonly services: readonly ServiceStatus[];
}

/** Looks at the device once. `report` gets one sentence for each thing that is wrong in the image. */
export async function readDeviceStatus(
  paths: DevicePaths,
  report: (problem: string) => void,
): Promise<DeviceStatus> {
  const { entries, problems } = readServiceEntries(paths.servicesFolder);
  for (const problem of problems) report(`services.d: ${problem}`);
  const states = await readUnitStates(
    paths.systemctl,
    entries.map((entry) => entry.unit),
    report,
  );
  return {
    name: hostname(),
    release: readRelease(paths.releaseFile),
    addresses: reachableAddresses(networkInterfaces()),
    services: entries.map(({ name, description }, index) => ({
      name,
      description,
      state: states[index] ?? 'unknown',
    })),
  };
}
