import { access, readFile, truncate, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInSandbox } from '../../builder/host/sandbox.ts';
import type { ToolsTree } from '../../builder/host/tools-tree.ts';
import { findLayer, type Layer, layerFolder } from '../../builder/plan/layer-store.ts';
import { applyLayers, DamagedLayer } from '../../builder/run/live-tree.ts';
import { epochSeconds, LayerBench, type ListedFile } from '../helpers/layer-bench.ts';
import { toolsForTests } from '../helpers/tools.ts';

let tools: ToolsTree;

beforeAll(async () => {
  tools = await toolsForTests();
});

const shellFolder = `${import.meta.dirname}/../../builder/run/shell`;

/** An executable's right to open low ports, as setcap writes it (capabilities(7)). */
const lowPorts = '0x0100000200040000000000000000000000000000';

/** Sets an extended attribute: FILE NAME HEX. */
const setAttribute = `set_attribute() { python3 -c '
import os, sys
os.setxattr(sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3][2:]))' "$@"; }\n`;

/** The tree that all changes begin with. */
const start = `${setAttribute}
mkdir -p etc usr/bin var/lib/app/deep full/sub
printf 'old\\n' >etc/conf
printf 'keep\\n' >etc/keep
printf '#!/bin/sh\\n' >usr/bin/tool
chmod 755 usr/bin/tool
printf 'one\\n' >var/lib/app/one
printf 'two\\n' >var/lib/app/deep/two
printf 'x' >full/a
printf 'y' >full/sub/b
ln -s full way
ln etc/keep etc/keep-too
touch -d @1000000000 etc/conf etc/keep usr/bin/tool
`;

/** Makes the tree again from its layers and compares it with the live one. */
async function expectSame(bench: LayerBench): Promise<void> {
  await using copy = await LayerBench.create(tools, bench);
  await copy.live.bring(bench.layers);
  expect(await copy.list()).toEqual(await bench.list());
}

/** What a step may do to the tree of `start`. */
const changes: readonly (readonly [what: string, script: string])[] = [
  ['a new file and folder', 'mkdir -p opt/new && echo hello >opt/new/file && : >opt/empty'],
  ['a changed file', 'echo new >etc/conf'],
  [
    'a file changed in place, of the same size and time',
    'printf "new\\n" >etc/conf; touch -d @1000000000 etc/conf',
  ],
  [
    'a file replaced by one of the same size and time',
    'printf "new\\n" >t; touch -d @1000000000 t; mv t etc/conf',
  ],
  ['a removed file', 'rm etc/conf'],
  ['a removed folder', 'rm -r var/lib/app'],
  ['a folder that was emptied', 'rm -r full/*'],
  ['another mode of a file and of a folder', 'chmod 600 etc/conf; chmod 1777 full; chmod 0 full/a'],
  ['another owner', 'chown 33:44 etc/conf; chown -R 1000:1001 full; chown -h 65534:65534 way'],
  [
    'setuid, setgid and their owners',
    'chown 0:42 usr/bin/tool; chmod 6755 usr/bin/tool; chown 7:7 full; chmod 2775 full',
  ],
  ['another time alone', 'touch -d @900000000 etc/conf full; touch -h -d @900000000 way'],
  ['a file that became a folder', 'rm etc/conf; mkdir etc/conf; echo a >etc/conf/a'],
  ['a folder that became a file', 'rm -r full; echo a >full'],
  ['a folder that became a link', 'rm -r full; ln -s etc full'],
  ['a folder that became a link to where its files went', 'mv full usr/full; ln -s usr/full full'],
  ['a link that became a folder', 'rm way; mkdir way; echo a >way/a'],
  ['a link that became the folder it led to', 'rm way; mv full way'],
  ['a link that leads elsewhere', 'ln -sfn etc way'],
  ['a link that became a file', 'rm way; echo a >way'],
  [
    'a fifo, and a file that became one',
    'mkfifo -m 640 full/fifo; chown 5:6 full/fifo; rm etc/conf; mkfifo etc/conf',
  ],
  ['a hard link more to an old file', 'ln etc/conf full/conf'],
  ['hard links between new files', 'echo a >full/z; ln full/z etc/a; ln full/z usr/bin/m'],
  ['one of two hard links removed', 'rm etc/keep'],
  ['a file changed through one of its hard links', 'echo more >>etc/keep-too'],
  ['hard links that were parted', 'cp etc/keep t; mv t etc/keep'],
  ['a moved folder', 'mv var/lib/app opt'],
  ['two folders that changed places', 'mv full t; mv var full; mv t var'],
  ['a folder made anew under its old name', 'mv full/sub t; rm -r full; mkdir full; mv t full/other'],
  ['file capabilities', `set_attribute usr/bin/tool security.capability ${lowPorts}`],
  [
    'file capabilities of a file that is not root’s',
    `chown 33:33 usr/bin/tool; set_attribute usr/bin/tool security.capability ${lowPorts}`,
  ],
  [
    'attributes of a file and a folder',
    'set_attribute etc/conf user.note 0x00ff0a; set_attribute full user.note 0x61',
  ],
  ['names with spaces', 'mkdir " a  b "; echo a >" a  b / c "; mv etc/conf "etc/the conf"'],
  ['names with newlines', `mkdir $'a\\nb'; echo a >$'a\\nb/c\\n'; mv full $'\\nfull'`],
  ['names with tabs', `mkdir $'a\\tb'; echo a >$'a\\tb/c\\td'; echo b >$'\\t'; mv full $'f\\tull'`],
  ['names with a leading dash', 'mkdir -- -r; echo a >./-r/--null; echo b >./--files-from=x; echo c >./-'],
  ['names that are no UTF-8', `mkdir $'\\xff\\xfe'; echo a >$'\\xff\\xfe/\\xc3'; ln -s $'\\xe9' $'\\xe8'`],
  [
    'names with quotes, backslashes and stars',
    `echo a >'"'; echo b >"'"; echo c >'\\n'; echo d >'*'; mkdir '[x]'; echo e >'[x]/?'`,
  ],
  ['long names', 'n=$(printf "%0200d" 1); mkdir -p $n/$n; echo a >$n/$n/$n; ln -s $n/$n/$n long'],
  ['a file of nothing but zeros', 'truncate -s 300K full/zeros'],
];

/** What a step may take from a tree of odd names. */
const removals: readonly (readonly [what: string, before: string, script: string])[] = [
  ['names with tabs', `mkdir $'a\\tb' a; echo a >$'a\\tb/c'; echo b >a/keep`, `rm -r $'a\\tb'`],
  [
    'names with newlines',
    `mkdir $'a\\nb' a; echo a >$'a\\nb/c'; echo b >a/keep; echo c >b`,
    `rm -r $'a\\nb'`,
  ],
  ['names with a leading dash', 'mkdir -- -rf; echo a >./-rf/x; echo b >keep', 'rm -r -- ./-rf'],
  ['names that are no UTF-8', `echo a >$'\\xff'; echo b >$'\\xfe'`, `rm $'\\xff'`],
  ['names with a star', `echo a >'*'; echo b >keep`, `rm './*'`],
];

describe('a tree made again from its layers', () => {
  let bench: LayerBench;
  let copy: LayerBench;
  const lists: Record<'before' | 'live' | 'copy', ListedFile[]> = { before: [], live: [], copy: [] };

  /** All changes side by side in one tree: each in a folder of its own. */
  const cases = [
    ...changes.map(([what, script]) => ({ what, before: start, script })),
    ...removals.map(([what, before, script]) => ({ what: `the removal of ${what}`, before, script })),
  ].map((one, index) => ({ ...one, folder: `case-${index}` }));

  function inFolders(key: 'before' | 'script'): string {
    return (
      setAttribute +
      cases.map((one) => `mkdir -p ${one.folder}; (cd ${one.folder}\n${one[key]}\n)`).join('\n')
    );
  }

  function below(folder: string, list: readonly ListedFile[]): ListedFile[] {
    return list.filter(({ path }) => path === folder || path.startsWith(`${folder}/`));
  }

  beforeAll(async () => {
    bench = await LayerBench.create(tools);
    await bench.step(inFolders('before'));
    lists.before = await bench.list();
    await bench.step(inFolders('script'));
    lists.live = await bench.list();
    copy = await LayerBench.create(tools, bench);
    await copy.live.bring(bench.layers);
    lists.copy = await copy.list();
  });

  afterAll(async () => {
    await copy[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
  });

  it.each(cases)('is the same after $what', ({ folder }) => {
    const live = below(folder, lists.live);
    expect(live.length).toBeGreaterThan(0);
    expect(live).not.toEqual(below(folder, lists.before));
    expect(below(folder, lists.copy)).toEqual(live);
  });

  it('is the same in all', () => {
    expect(lists.copy).toEqual(lists.live);
  });
});

describe('a tree of several layers', () => {
  it('is the same after a file lost an attribute', async () => {
    await using bench = await LayerBench.create(tools);
    await bench.step(`${start}\nset_attribute etc/conf user.note 0x61`);
    await bench.step(`python3 -c 'import os; os.removexattr("etc/conf", "user.note")'`);

    await expectSame(bench);
  });

  it('is the same after a step that did nothing', async () => {
    await using bench = await LayerBench.create(tools);
    await bench.step(start);
    await bench.step(':');

    await expectSame(bench);
  });

  it('is the same after many steps, brought at once and one by one', async () => {
    await using bench = await LayerBench.create(tools);
    await bench.step(start);
    await bench.step('rm -r full; ln -s etc full; mv var/lib/app opt');
    await bench.step('rm full; mkdir full; echo again >full/a; ln opt/one full/one');
    await bench.step('rm -r opt; echo late >full/one');

    await expectSame(bench);
    await using slow = await LayerBench.create(tools, bench);
    for (const [index] of bench.layers.entries()) await slow.live.bring(bench.layers.slice(0, index + 1));
    expect(await slow.list()).toEqual(await bench.list());
  });

  it('is a tree to go on with: the next layer is the same as in the tree that was never left', async () => {
    const next = 'echo more >>etc/conf; rm full/a; ln etc/keep var/keep';
    await using bench = await LayerBench.create(tools);
    await bench.step(start);
    await using other = await LayerBench.create(tools);
    await other.step(start);
    await using resumed = await LayerBench.create(tools, other);
    resumed.layers.push(...other.layers);

    const [straight, afterwards] = [await bench.step(next), await resumed.step(next)];

    expect(afterwards.sha256).toBe(straight.sha256);
    expect(afterwards.tree).toBe(straight.tree);
    await expectSame(resumed);
  });
});

describe('a layer', () => {
  it('is the same to the last byte for the same change at another time and place', async () => {
    const change = `${setAttribute}rm etc/conf; mkdir new; echo a >new/a; ln new/a new/b; chown 9:9 new/a
      set_attribute usr/bin/tool security.capability ${lowPorts}; mkfifo new/fifo; echo b >$'new/\\xff'`;
    const layers: Layer[] = [];
    for (let round = 0; round < 2; round++) {
      await using bench = await LayerBench.create(tools);
      await bench.step(start);
      layers.push(await bench.step(change));
      await new Promise((resolve) => setTimeout(resolve, 1100));
    }

    expect(layers[1]?.sha256).toBe(layers[0]?.sha256);
    expect(layers[1]?.tree).toBe(layers[0]?.tree);
  });

  it('holds what changed and nothing else', async () => {
    await using bench = await LayerBench.create(tools);
    await bench.step(start);

    const layer = await bench.step('echo new >etc/conf; rm full/a');

    const folder = layerFolder(bench.store, layer.key);
    const { stdout } = await runInSandbox({
      command: ['tar', '--zstd', '-tf', `${folder}/layer.tar.zst`],
      tools,
      binds: [{ path: bench.folder }],
    });
    expect(stdout.trim().split('\n')).toEqual(['./', './etc/conf', './full/']);
    expect(await readFile(`${folder}/removed`, 'utf8')).toBe('./full/a\0');
    expect(await findLayer(bench.store, layer.key)).toEqual(layer);
  });

  it('has no time later than the image’s, and keeps earlier ones', async () => {
    await using bench = await LayerBench.create(tools);
    await bench.step('echo a >new; echo b >old; touch -d @1000000000.25 old; touch -h -d @1000000000 . ');
    await using copy = await LayerBench.create(tools, bench);
    await copy.live.bring(bench.layers);

    const script = 'import os, sys; print([os.stat(p).st_mtime_ns for p in sys.argv[1:]])';
    const { stdout } = await runInSandbox({
      command: ['python3', '-c', script, `${copy.live.path}/new`, `${copy.live.path}/old`, copy.live.path],
      tools,
      binds: [{ path: copy.folder }],
    });

    expect(JSON.parse(stdout)).toEqual([epochSeconds * 1e9, 1_000_000_000_250_000_000, 1e18]);
  });

  it('has no trace of the mount point for the tools', async () => {
    await using bench = await LayerBench.create(tools);
    await bench.step(start);
    await bench.step('mkdir .hearth-build; echo a >etc/a');
    await using copy = await LayerBench.create(tools, bench);
    await copy.live.bring(bench.layers);

    await expect(access(`${copy.live.path}/.hearth-build`)).rejects.toThrow('ENOENT');
    await expect(access(`${bench.live.path}/.hearth-build`)).rejects.toThrow('ENOENT');
  });
});

describe('a damaged layer', () => {
  it.each<[string, string, (path: string) => Promise<void>]>([
    ['one wrong byte', 'layer.tar.zst', flipByte],
    ['an end that is cut off', 'layer.tar.zst', async (path) => await truncate(path, 50)],
    ['nothing in it', 'layer.tar.zst', async (path) => await truncate(path, 0)],
    ['a wrong name in its list of removed files', 'removed', flipByte],
    ['a list that is cut off', 'removed', async (path) => await truncate(path, 0)],
  ])('with %s is found before anything of it is in the tree', async (_what, file, damage) => {
    await using bench = await LayerBench.create(tools);
    await bench.step(start);
    const layer = await bench.step('rm etc/conf; echo a >etc/a');
    await damage(`${layerFolder(bench.store, layer.key)}/${file}`);
    await using fresh = await LayerBench.create(tools, bench);
    await using halfway = await LayerBench.create(tools, bench);
    await halfway.live.bring(bench.layers.slice(0, 1));
    const before = await halfway.list();

    for (const { live } of [fresh, halfway]) {
      const error: unknown = await live.bring(bench.layers).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(DamagedLayer);
      expect((error as DamagedLayer).layer).toEqual(layer);
    }

    await expect(access(fresh.live.path)).rejects.toThrow('ENOENT');
    expect(await halfway.list()).toEqual(before);
  });

  it('is found where it is gone', async () => {
    await using bench = await LayerBench.create(tools);
    const layer = await bench.step(start);
    const gone = { ...layer, key: 'gone' };
    const options = { layers: [gone], tree: `${bench.folder}/t`, listing: `${bench.folder}/l` };
    const context = {
      store: bench.store,
      tools,
      workDir: bench.folder,
      signal: new AbortController().signal,
    };

    await expect(applyLayers(context, options)).rejects.toBeInstanceOf(DamagedLayer);
  });

  it('makes place for the one that is made anew', async () => {
    await using bench = await LayerBench.create(tools);
    const layer = await bench.step(start);
    await truncate(`${layerFolder(bench.store, layer.key)}/layer.tar.zst`, 50);
    await using again = await LayerBench.create(tools, bench);

    const renewed = await again.step(start);

    expect(renewed.tree).toBe(layer.tree);
    expect(await findLayer(bench.store, layer.key)).toEqual(renewed);
    await expectSame(again);
  });
});

describe('a mount in the tree', () => {
  /** Runs shell text where a tmpfs with the file `inside` is mounted at `full` of the tree. */
  async function withMount(bench: LayerBench, script: string): Promise<string> {
    const tree = bench.live.path;
    const { stdout } = await runInSandbox({
      command: [
        ...['bash', '-c', `mount -t tmpfs none "$1/full" && : >"$1/full/inside" && ${script}`],
        ...['bash', tree, `${bench.folder}/listing`, `${bench.folder}/made`, shellFolder],
      ],
      tools,
      binds: [{ path: shellFolder }, { path: bench.folder, writable: true }],
    });
    return stdout;
  }

  it('is not emptied where its folder has to go', async () => {
    await using bench = await LayerBench.create(tools);
    await bench.step(start);
    const layer = await bench.step('rm -r full');
    await bench.change('mkdir full');
    const folder = layerFolder(bench.store, layer.key);

    const left = await withMount(bench, `{ bash "$4/apply-layers.sh" "$1" "$2" ${folder}; ls "$1/full"; }`);

    expect(left).toBe('inside\n');
  });

  it('is not packed', async () => {
    await using bench = await LayerBench.create(tools);
    await bench.step(start);
    await writeFile(`${bench.folder}/listing`, '');
    const pack = `mkdir "$3" && bash "$4/pack-layer.sh" "$1" "$2" "$3" ${epochSeconds}`;

    const files = await withMount(bench, `${pack} && tar --zstd -tf "$3/layer.tar.zst"`);

    expect(files.split('\n')).toContain('./etc/conf');
    expect(files).not.toContain('inside');
  });
});

async function flipByte(path: string): Promise<void> {
  const bytes = await readFile(path);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  await writeFile(path, bytes);
}
