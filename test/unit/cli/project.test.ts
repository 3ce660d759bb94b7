import { describe, expect, it } from 'vitest';
import { loadProject, type ProjectOptions } from '../../../builder/cli/project.ts';
import type { Settings } from '../../../builder/cli/settings.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { executable, fileTree, type TreeEntry } from '../../helpers/file-tree.ts';

const script = executable('#!/bin/bash -e\n');

async function settingsFor(files: Readonly<Record<string, TreeEntry>>): Promise<Settings> {
  const projectDir = await fileTree({ 'config.yaml': '', 'stages/00-a/00-run.sh': script, ...files });
  return {
    projectDir,
    cacheDir: '/c',
    outDir: '/o',
    configPath: `${projectDir}/config.yaml`,
    clock: undefined,
  };
}

async function stagesOf(files: Readonly<Record<string, TreeEntry>>): Promise<string[]> {
  return (await loadProject(await settingsFor(files))).stages.map(({ name }) => name);
}

async function failureOf(files: Readonly<Record<string, TreeEntry>>, options?: ProjectOptions) {
  const settings = await settingsFor(files);
  return await errorOf(async () => await loadProject(settings, options));
}

describe('loadProject', () => {
  it('has all stages by name, unless config.yaml lists them', async () => {
    const files = { 'stages/20-c/00-run.sh': script, 'stages/10-b/00-run.sh': script };

    expect(await stagesOf(files)).toEqual(['00-a', '10-b', '20-c']);
    expect(await stagesOf({ ...files, 'config.yaml': 'stages: [20-c, 00-a]\n' })).toEqual(['20-c', '00-a']);
  });

  it('takes the edition of the command line before that of config.yaml', async () => {
    const settings = await settingsFor({ 'config.yaml': 'edition: slim\n' });

    expect((await loadProject(settings, { edition: 'full' })).config.edition).toBe('full');
    expect((await loadProject(settings)).config.edition).toBe('slim');
  });

  it('lists every problem of config.yaml and of the stages at once', async () => {
    const error = await failureOf({
      'config.yaml': 'hostnam: a\n',
      'stages/00-a/01-packages': 'Sudo\n',
      'stages/10-b/00-run.sh': '#!/bin/bash -e\n',
    });

    expect(error.code).toBe('ERR_CONFIG_INVALID');
    expect(error.exitCode).toBe(2);
    expect(error.message).toMatch(/^3 problems in \S+config\.yaml and stages\/\.$/);
    expect(error.details).toContain('config.yaml:1:1');
    expect(error.details).toContain(
      'error: stages/00-a/01-packages:1: "Sudo" is not a package name\n  = help:',
    );
    expect(error.details).toContain('error: stages/10-b/00-run.sh: is not executable');
    expect(error.state).toBe('Nothing was built.');
  });

  it('has an own code for problems of the stages alone', async () => {
    const error = await failureOf({ 'stages/00-a/01-packges': '' });

    expect(error.code).toBe('ERR_STAGE_INVALID');
    expect(error.message).toBe('1 problem in stages/.');
  });

  it('does not mind problems of stages that are not built', async () => {
    const broken = { 'stages/10-b/01-packges': '', 'stages/20-c/01-packges': '', 'stages/20-c/SKIP': '' };

    expect(await stagesOf({ ...broken, 'config.yaml': 'stages: [00-a, 20-c]\n' })).toEqual(['00-a', '20-c']);
  });

  it('names a key that a stage reads and config.yaml does not have', async () => {
    const error = await failureOf({
      'stages/00-a/stage.ts': "export const stage = { summary: 'x', reads: ['hostnme', 'image.name'] };\n",
    });

    expect(error.code).toBe('ERR_STAGE_INVALID');
    expect(error.details).toBe(
      'error: stages/00-a/stage.ts: reads "hostnme", which config.yaml does not have\n' +
        '  = help: did you mean "hostname"?',
    );
  });

  it("checks a stage's own part of config.yaml", async () => {
    const zod = import.meta.resolve('zod');
    const error = await failureOf({
      'config.yaml': 'a:\n  port: many\n',
      'stages/00-a/stage.ts': `import { z } from '${zod}';
        export const stage = { summary: 'x', config: {
          key: 'a', schema: z.object({ port: z.int().default(1).meta({ description: 'Port.' }) }) } };\n`,
    });

    expect(error.code).toBe('ERR_CONFIG_INVALID');
    expect(error.details).toContain('config.yaml:2:9');
  });
});
