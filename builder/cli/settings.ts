import { homedir } from 'node:os';
import { resolve } from 'node:path';

/** Where things are; flags win over the environment, the environment over the defaults. */
export interface Settings {
  readonly projectDir: string;
  readonly cacheDir: string;
  readonly configPath: string;
  readonly outDir: string;
  /** Shifts the clock of all steps, such as `+400d`; `verify-reproducible` sets it. */
  readonly clock: string | undefined;
}

export interface SettingsFlags {
  readonly config?: string;
  readonly out?: string;
}

/** HEARTH_CACHE_DIR names the cache, HEARTH_OUT_DIR the output folder. Relative paths are relative to the current folder. */
export function readSettings(flags: SettingsFlags = {}): Settings {
  const projectDir = resolve(process.env['HEARTH_PROJECT_DIR'] ?? `${import.meta.dirname}/../..`);
  return {
    projectDir,
    cacheDir: resolve(process.env['HEARTH_CACHE_DIR'] ?? `${homedir()}/.cache/hearth`),
    configPath: resolve(flags.config ?? `${projectDir}/config.yaml`),
    outDir: resolve(flags.out ?? process.env['HEARTH_OUT_DIR'] ?? `${projectDir}/dist`),
    clock: process.env['HEARTH_CLOCK_OFFSET'],
  };
}
