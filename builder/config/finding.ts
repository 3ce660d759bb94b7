import type { ConfigPath } from './config-path.ts';
import type { Anchor } from './source-map.ts';

/** A problem that knows its key, but not yet its line. */
export interface Finding {
  readonly path: ConfigPath;
  readonly anchor: Anchor;
  readonly message: string;
  readonly help?: string | undefined;
}
