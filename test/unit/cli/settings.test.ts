import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readSettings } from '../../../builder/cli/settings.ts';

const repository = resolve(import.meta.dirname, '../../..');

/** Sets these variables and no other of ours. */
function environment(variables: Readonly<Record<string, string>>): void {
  for (const name of ['HEARTH_PROJECT_DIR', 'HEARTH_CACHE_DIR', 'HEARTH_OUT_DIR']) {
    vi.stubEnv(name, variables[name]);
  }
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('readSettings', () => {
  it('has defaults', () => {
    environment({});

    expect(readSettings()).toEqual({
      projectDir: repository,
      cacheDir: `${homedir()}/.cache/hearth`,
      configPath: `${repository}/config.yaml`,
      outDir: `${repository}/dist`,
    });
  });

  it('takes the environment before the defaults', () => {
    environment({ HEARTH_PROJECT_DIR: '/p', HEARTH_CACHE_DIR: '/c', HEARTH_OUT_DIR: '/o' });

    expect(readSettings()).toEqual({
      projectDir: '/p',
      cacheDir: '/c',
      configPath: '/p/config.yaml',
      outDir: '/o',
    });
  });

  it('takes flags before the environment', () => {
    environment({ HEARTH_PROJECT_DIR: '/p', HEARTH_OUT_DIR: '/o' });

    const { configPath, outDir } = readSettings({ config: '/x/other.yaml', out: '/y' });

    expect({ configPath, outDir }).toEqual({ configPath: '/x/other.yaml', outDir: '/y' });
  });

  it('takes relative paths from the current folder', () => {
    environment({ HEARTH_CACHE_DIR: 'cache' });

    const { cacheDir, configPath } = readSettings({ config: 'other.yaml' });

    expect({ cacheDir, configPath }).toEqual({
      cacheDir: resolve('cache'),
      configPath: resolve('other.yaml'),
    });
  });
});
