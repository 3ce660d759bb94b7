import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { execa } from 'execa';
import { extract, type Header } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { type LayerFile, layerFiles, makeLayer, renderTemplate } from '../../../builder/run/layer.ts';
import type { StageDefinition } from '../../../builder/stage/define.ts';
import { selectStages } from '../../../builder/stage/select.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { executable, fileTree, linkTo, type TreeEntry } from '../../helpers/file-tree.ts';
import { makeStage } from '../../helpers/make-stage.ts';

interface Project {
  readonly files: Readonly<Record<string, TreeEntry>>;
  readonly definition?: Partial<StageDefinition>;
  readonly data?: Readonly<Record<string, unknown>>;
}

async function optionsOf({ files, definition, data = {} }: Project) {
  const projectDir = await fileTree({ 'stages/10-x/': '', ...files });
  const stage = makeStage('10-x', {
    path: `${projectDir}/stages/10-x`,
    definition: { summary: 'x', ...definition },
  });
  return { projectDir, stage, data, epochSeconds: 1_700_000_000 };
}

async function layerOf(project: Project): Promise<LayerFile[]> {
  return await layerFiles(await optionsOf(project));
}

/** Each file as `path mode content`. */
async function listingOf(project: Project): Promise<string[]> {
  return (await layerOf(project)).map(
    ({ path, mode, content, link }) =>
      `${path} ${mode.toString(8)} ${link === undefined ? content : `-> ${link}`}`,
  );
}

describe('overlays', () => {
  it('are laid over as they are: run bits, links, hidden files, but no README', async () => {
    const files = {
      'overlays/a/etc/one.conf': 'one',
      'overlays/a/etc/secret': { text: 'mode 600 in the repository', mode: 0o600 },
      'overlays/a/usr/bin/run': executable('#!/bin/sh'),
      'overlays/a/etc/link': linkTo('/usr/bin/run'),
      'overlays/a/etc/.hidden': 'h',
      'overlays/a/etc/README.md': 'for the image',
      'overlays/a/README.md': 'for people',
      'overlays/b/etc/two.conf': 'two',
    };

    expect(await listingOf({ files, definition: { overlays: ['a'] } })).toEqual([
      'etc/.hidden 644 h',
      'etc/README.md 644 for the image',
      'etc/link 777 -> /usr/bin/run',
      'etc/one.conf 644 one',
      'etc/secret 644 mode 600 in the repository',
      'usr/bin/run 755 #!/bin/sh',
    ]);
  });
});

describe('templates', () => {
  it('lose their ending, get the data and keep the run bit', async () => {
    const files = {
      'stages/10-x/templates/etc/hostname.hbs': '{{hostname}}\n',
      'stages/10-x/templates/usr/bin/hi.hbs': executable('echo {{samba.workgroup}}'),
    };
    const data = { hostname: 'attic', samba: { workgroup: 'A & B' } };

    expect(await listingOf({ files, data })).toEqual([
      'etc/hostname 644 attic\n',
      'usr/bin/hi 755 echo A & B',
    ]);
  });

  it('must end in .hbs', async () => {
    const files = { 'stages/10-x/templates/etc/hostname': 'x' };

    const error = await errorOf(async () => await layerOf({ files }));

    expect(error.code).toBe('ERR_STAGE_INVALID');
    expect(error.message).toBe('The template stages/10-x/templates/etc/hostname can not be used.');
    expect(error.why).toBe('its name does not end in .hbs');
  });
});

describe('renderTemplate', () => {
  it('does not escape for HTML', () => {
    expect(renderTemplate('{{a}}', 'x.hbs', { a: `<"&'=\`>` })).toBe(`<"&'=\`>`);
  });

  it.each([
    ['{{hostnam}}', '"hostnam" not defined'],
    ['{{samba.share}}', '"share" not defined'],
    ['{{nothing.share}}', '"share" not defined in undefined'],
    ['{{#if}}', 'Parse error'],
  ])('refuses %s and names file and line', async (text, why) => {
    const data = { hostname: 'a', samba: { shares: [] } };

    const error = await errorOf(() =>
      renderTemplate(`first\n${text}\n`, 'stages/10-x/templates/a.hbs', data),
    );

    expect(error.code).toBe('ERR_STAGE_INVALID');
    expect(error.message).toBe('The template stages/10-x/templates/a.hbs can not be used.');
    expect(error.why).toContain(why);
    expect(error.why).toMatch(/- 2:|line (2|3)/);
    expect(error.todo).toContain('`reads`');
  });

  it('may ask for a key without a value', () => {
    expect(renderTemplate('a{{#if wifi.country}}b{{/if}}', 'x.hbs', { wifi: { country: undefined } })).toBe(
      'a',
    );
  });
});

describe('bundles', () => {
  const files = {
    'stages/10-x/agent/main.ts':
      "import { text } from './part.ts';\nimport { hostname } from 'node:os';\nconsole.log(text, hostname());\n",
    'stages/10-x/agent/part.ts': "export const text: string = 'from the part, é';\n",
  };
  const bundles = [{ entry: 'agent/main.ts', target: '/usr/lib/hearth/agent.mjs', mode: 0o755 }];

  it('are one module without types, with their target and mode', async () => {
    const [file] = await layerOf({ files, definition: { bundles } });

    expect(file).toMatchObject({ path: 'usr/lib/hearth/agent.mjs', mode: 0o755 });
    expect(String(file?.content)).toContain('from the part, \\xE9');
    expect(String(file?.content)).not.toContain(': string');
    expect(String(file?.content)).toContain('from"node:os"');
  });

  it('have the same bytes in any checkout, without its path', async () => {
    const [one] = await layerOf({ files, definition: { bundles } });
    const options = await optionsOf({ files, definition: { bundles } });
    const [two] = await layerFiles(options);

    expect(String(two?.content)).toBe(String(one?.content));
    expect(String(two?.content)).not.toContain(options.projectDir);
  });

  it('name the entry that can not be bundled', async () => {
    const broken = { 'stages/10-x/agent/main.ts': "import './none.ts';\n" };

    const error = await errorOf(async () => await layerOf({ files: broken, definition: { bundles } }));

    expect(error.code).toBe('ERR_STAGE_INVALID');
    expect(error.message).toBe('agent/main.ts can not be bundled.');
    expect(error.why).toContain('./none.ts');
  });

  it('hand what they collect to their entry, in the order of the stages', async () => {
    const projectDir = await fileTree({
      'stages/10-x/agent/main.ts':
        'export function main(parts: unknown) { console.log(JSON.stringify(parts)); }\n',
      'stages/05-a/setup.ts': "import { word } from './setup/word.ts';\nexport const setup = { word };\n",
      'stages/05-a/setup/word.ts': "export const word: string = 'five';\n",
      'stages/10-x/setup.ts': "export const setup = { word: 'ten' };\n",
    });
    const definition = {
      summary: 'x',
      bundles: bundles.map((bundle) => ({ ...bundle, collects: 'setup.ts' })),
    };
    const stages = ['05-a', '10-x'].map((name) =>
      makeStage(name, {
        path: `${projectDir}/stages/${name}`,
        definition: name === '10-x' ? definition : undefined,
      }),
    );
    const [, stage] = await selectStages(projectDir, stages, ['05-a', '10-x']);

    const [file] = await layerFiles({ projectDir, stage: stage ?? makeStage(''), data: {}, epochSeconds: 0 });
    await writeFile(`${projectDir}/agent.mjs`, String(file?.content));
    const { stdout } = await execa(process.execPath, [`${projectDir}/agent.mjs`]);

    expect(JSON.parse(stdout)).toEqual([
      { stage: '05-a', word: 'five' },
      { stage: '10-x', word: 'ten' },
    ]);
    expect(stage?.inputs.map((input) => input.label)).toEqual([
      'stages/05-a/setup.ts',
      'stages/05-a/setup/word.ts',
      'stages/10-x/setup.ts',
    ]);
  });

  it('collect nothing from stages that are skipped, left out or later', async () => {
    const projectDir = await fileTree({
      'stages/05-a/setup.ts': '',
      'stages/06-b/setup.ts': '',
      'stages/10-x/agent/main.ts': '',
      'stages/20-y/setup.ts': '',
    });
    const definition = {
      summary: 'x',
      bundles: bundles.map((bundle) => ({ ...bundle, collects: 'setup.ts' })),
    };
    const stages = ['05-a', '06-b', '10-x', '20-y'].map((name) =>
      makeStage(name, {
        path: `${projectDir}/stages/${name}`,
        definition: name === '10-x' ? definition : undefined,
        isSkipped: name === '05-a',
      }),
    );

    const [, stage] = await selectStages(projectDir, stages, ['05-a', '10-x', '20-y']);

    expect(stage?.name).toBe('10-x');
    expect(stage?.collected).toEqual([]);
  });

  it('are plain files unless a mode is named', async () => {
    const [file] = await layerOf({
      files,
      definition: { bundles: [{ entry: 'agent/main.ts', target: '/a' }] },
    });

    expect(file?.mode).toBe(0o644);
  });

  it('is the same wherever the libraries lie that it is made of', async () => {
    const library = {
      'tool/package.json': '{"main":"main.js"}',
      'tool/main.js': 'module.exports = () => 7;\n',
    };
    const elsewhere = await fileTree(library);
    const definition = { bundles: [{ entry: 'agent/main.ts', target: '/usr/lib/agent.mjs' }] };
    const entry = { 'stages/10-x/agent/main.ts': "import tool from 'tool';\nconsole.log(tool());\n" };
    const inside = Object.entries(library).map(([path, text]) => [`node_modules/${path}`, text] as const);

    const own = await listingOf({ definition, files: { ...entry, ...Object.fromEntries(inside) } });
    const linked = await listingOf({ definition, files: { ...entry, node_modules: linkTo(elsewhere) } });

    expect(own).toHaveLength(1);
    expect(linked).toEqual(own);
  });
});

describe('layerFiles', () => {
  it('lets a later source replace a file: overlays in their order, templates, bundles', async () => {
    const files = {
      'overlays/a/1': 'a',
      'overlays/a/2': 'a',
      'overlays/a/3': 'a',
      'overlays/a/4': 'a',
      'overlays/b/2': 'b',
      'overlays/b/3': 'b',
      'stages/10-x/templates/3.hbs': 'template',
      'stages/10-x/templates/4.hbs': 'template',
      'stages/10-x/main.ts': 'export const bundled = 1;\n',
    };
    const definition = { overlays: ['a', 'b'], bundles: [{ entry: 'main.ts', target: '/4' }] };

    const listing = await listingOf({ files, definition });

    expect(listing.slice(0, 3)).toEqual(['1 644 a', '2 644 b', '3 644 template']);
    expect(listing[3]).toContain('bundled');
  });

  it('does not look at what the stage does not name', async () => {
    expect(await listingOf({ files: { 'overlays/a/1': 'a', 'stages/10-x/files/b': '' } })).toEqual([]);
  });
});

describe('makeLayer', () => {
  it('is one tar: owner root, time of the image, sorted', async () => {
    const files = { 'overlays/a/etc/b': 'b', 'overlays/a/etc/a': linkTo('b') };
    const tar = await makeLayer(await optionsOf({ files, definition: { overlays: ['a'] } }));
    const input = extract();
    Readable.from(tar ?? []).pipe(input as unknown as NodeJS.WritableStream);

    const headers: Partial<Header>[] = [];
    for await (const entry of input) {
      headers.push(entry.header);
      entry.resume();
    }

    const common = { uid: 0, gid: 0, uname: '', gname: '', mtime: new Date(1_700_000_000_000) };
    expect(headers).toMatchObject([
      { name: 'etc/a', type: 'symlink', linkname: 'b', ...common },
      { name: 'etc/b', type: 'file', mode: 0o644, size: 1, ...common },
    ]);
  });

  it('is nothing for a stage without such files', async () => {
    expect(await makeLayer(await optionsOf({ files: {} }))).toBeUndefined();
  });
});
