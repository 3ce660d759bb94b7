import type { DeviceLook } from './device/door.ts';
import type { DevicePaths } from './device/paths.ts';
import type { Setups } from './setup/collected.ts';

/** What every part of the agent is started with. */
export interface AgentContext {
  /** `/` on a device; a folder in tests. */
  readonly root: string;
  readonly paths: DevicePaths;
  readonly look: DeviceLook;
  readonly setups: Setups;
  /** One line for the journal: no secret, no answer. */
  readonly report: (line: string) => void;
}
