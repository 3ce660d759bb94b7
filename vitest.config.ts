import { defineConfig } from 'vitest/config';

const minutes = 60_000;

/** Four projects, by what a test may touch: see README, "Tests". */
function project(name: string, folder: string, timeoutMs: number) {
  return {
    test: {
      name,
      include: [`test/${folder}/**/*.test.ts`],
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
    },
  };
}

export default defineConfig({
  test: {
    // An emulated guest or a build keeps both cores of a small machine busy: one file at a time.
    maxWorkers: 2,
    projects: [
      project('unit', 'unit', 20_000),
      project('stages', 'stages', 60_000),
      { test: { ...project('integration', 'integration', 10 * minutes).test, fileParallelism: false } },
      { test: { ...project('boot', 'boot', 15 * minutes).test, fileParallelism: false } },
    ],
  },
});
