import { readdir, readFile, stat, utimes } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  currentOwner,
  type Owner,
  ownerSuffix,
  parseStat,
  unseenLifetimeMs,
  workFolderName,
} from '../../../builder/host/ownership.ts';
import { type RunningProcess, startProcess } from '../../../builder/host/process.ts';
import {
  publish,
  removeTree,
  sweepLeftovers,
  temporaryName,
  writeFileAtomically,
} from '../../../builder/host/workspace.ts';
import { addFiles, fileTree } from '../../helpers/file-tree.ts';

/** No process has it: Linux gives at most 4194304. */
const goneProcess = 9_999_999;

describe('temporaryName', () => {
  it('lies beside the file, says whose it is, and is new each time', () => {
    const name = temporaryName('/out/hearth.img');

    expect(name).toMatch(new RegExp(`^/out/hearth\\.img\\.draft-${ownerSuffix()}-[0-9a-f]{8}$`));
    expect(temporaryName('/out/hearth.img')).not.toBe(name);
  });
});

describe('writeFileAtomically', () => {
  it('replaces a file, makes its folders and leaves no draft', async () => {
    const folder = await fileTree();

    await writeFileAtomically(`${folder}/a/b/file`, 'one');
    await writeFileAtomically(`${folder}/a/b/file`, new Uint8Array([0x74, 0x77, 0x6f]));

    expect(await readFile(`${folder}/a/b/file`, 'utf8')).toBe('two');
    expect(await readdir(`${folder}/a/b`)).toEqual(['file']);
    expect((await stat(`${folder}/a/b/file`)).mode & 0o777).toBe(0o644);
  });

  it('never shows half of a file to those who read it meanwhile', async () => {
    const path = `${await fileTree({ file: 'a'.repeat(100_000) })}/file`;
    const writing = (async () => {
      for (let round = 0; round < 10; round++)
        await writeFileAtomically(path, 'ab'[round % 2]?.repeat(100_000) ?? '');
    })();

    for (let round = 0; round < 30; round++) {
      expect(await readFile(path, 'utf8')).toMatch(/^(a{100000}|b{100000})$/);
    }
    await writing;
  });
});

describe('publish', () => {
  it('refuses to replace a folder that is there, so a result stays what it is', async () => {
    const folder = await fileTree({ 'draft/a': 'new', 'result/a': 'old' });

    await expect(publish(`${folder}/draft`, `${folder}/result`)).rejects.toThrow('ENOTEMPTY');
    expect(await readFile(`${folder}/result/a`, 'utf8')).toBe('old');
  });
});

describe('removeTree', () => {
  it('removes files and folders, and does not mind if there are none', async () => {
    const folder = await fileTree({ 'a/b/c': '' });

    await removeTree(`${folder}/a`);
    await removeTree(`${folder}/a`);

    expect(await readdir(folder)).toEqual([]);
  });
});

describe('sweepLeftovers', () => {
  it('removes what a killed process of ours left, and keeps that of a running one', async () => {
    const [killed, running] = [startSleep(), startSleep()];
    const [gone, alive] = [await ownerOf(killed), await ownerOf(running)];
    const folder = await fileTree({
      [`work-${ownerSuffix(gone)}-abc/a`]: '',
      [`result.draft-${ownerSuffix(gone)}-0a1b2c3d/a`]: '',
      [`work-${ownerSuffix(alive)}-abc/a`]: '',
      [`result.draft-${ownerSuffix(alive)}-0a1b2c3d/a`]: '',
      [`${workFolderName()}/a`]: '',
      [`${temporaryName('result')}/a`]: '',
      'result/a': '',
    });
    const all = await readdir(folder);

    await sweepLeftovers(folder);
    expect((await readdir(folder)).sort()).toEqual(all.sort());

    killed.kill('SIGKILL');
    await killed.exited;
    await sweepLeftovers(folder);
    const left = all.filter((name) => !name.includes(ownerSuffix(gone)));
    expect((await readdir(folder)).sort()).toEqual(left.sort());
    expect(left).toHaveLength(5);
  });

  it('is not held up by a number that was given to another process', async () => {
    const alive = await ownerOf(startSleep());
    const before = { ...alive, startTicks: alive.startTicks - 1 };
    const folder = await fileTree({ [`work-${ownerSuffix(before)}-abc/a`]: '' });

    await sweepLeftovers(folder);

    expect(await readdir(folder)).toEqual([]);
  });

  it('removes at once what was left before this machine was started again', async () => {
    const { place } = currentOwner();
    const before: Owner = { ...currentOwner(), place: { ...place, boot: '000000' } };
    const folder = await fileTree({ [`work-${ownerSuffix(before)}-abc/a`]: '' });

    await sweepLeftovers(folder);

    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['container', { pidNamespace: 1 }],
    ['machine', { machine: '000000' }],
    ['machine at another time', { machine: '000000', boot: '000000' }],
  ])('leaves the work of another %s alone for a day', async (_where, difference) => {
    const { place } = currentOwner();
    const other: Owner = {
      pid: goneProcess,
      startTicks: 1,
      place: { ...place, ...difference },
    };
    const [fresh, old] = [`work-${ownerSuffix(other)}-abc`, `work-${ownerSuffix(other)}-abd`];
    const folder = await fileTree({ [`${fresh}/a`]: '', [`${old}/a`]: '' });
    await setAge(`${folder}/${fresh}`, unseenLifetimeMs - 60_000);
    await setAge(`${folder}/${old}`, unseenLifetimeMs + 60_000);

    await sweepLeftovers(folder);

    expect(await readdir(folder)).toEqual([fresh]);
  });

  it.runIf(process.getuid?.() === 0)(
    'lets two containers share a cache folder',
    async () => {
      // Another pid namespace, in which our process does not exist, sweeps the folder that we work in.
      const folder = await fileTree({ [`${workFolderName()}/a`]: '' });
      const module = `${import.meta.dirname}/../../../builder/host/workspace.ts`;
      const sweep = `import { sweepLeftovers } from '${module}'; await sweepLeftovers('${folder}'); console.log('swept');`;
      const other = startProcess([
        ...['unshare', '--pid', '--fork', '--mount-proc', '--kill-child=KILL', process.execPath],
        ...['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', sweep],
      ]);

      expect(await other.exited).toMatchObject({ exitCode: 0, stdout: 'swept\n' });
      expect(await readdir(folder)).toHaveLength(1);
    },
    30_000,
  );

  it('removes those of earlier versions, which are named by a number only, and nothing else', async () => {
    const kept = {
      [`work-${process.pid}-abc/a`]: '',
      'result/a': '',
      'work-shop/a': '',
      'my.draft-notes': '',
      [`old-work-${goneProcess}/a`]: '',
    };
    const folder = await fileTree({
      ...kept,
      [`work-${goneProcess}-abc/a`]: '',
      [`work-${goneProcess}/a`]: '',
      [`result.draft-${goneProcess}-0a1b2c3d/a`]: '',
      [`image.img.draft-${goneProcess}-0a1b2c3d`]: '',
    });

    await sweepLeftovers(folder);

    expect((await readdir(folder)).sort()).toEqual(
      Object.keys(kept)
        .map((path) => path.split('/')[0])
        .sort(),
    );
  });

  it('takes a process that is no build for gone: its number was given away again', async () => {
    // Process 1 of a machine is an init system; where it is a build, it is left alone rightly.
    const folder = await fileTree();
    const command = await readFile('/proc/1/cmdline', 'utf8');
    await addFiles(folder, { 'work-1-abc/a': '' });

    await sweepLeftovers(folder);

    expect(await readdir(folder)).toEqual(/node|tsx/.test(command) ? ['work-1-abc'] : []);
  });

  it('does not mind a folder that is not there', async () => {
    await expect(sweepLeftovers('/nowhere/at/all')).resolves.toBeUndefined();
  });
});

function startSleep(): RunningProcess {
  const sleep = startProcess(['sleep', '60']);
  onTestFinished(() => sleep.kill('SIGKILL'));
  return sleep;
}

async function ownerOf({ pid }: RunningProcess): Promise<Owner> {
  const startTicks = parseStat(await readFile(`/proc/${pid}/stat`, 'utf8'))?.startTicks ?? -1;
  return { pid, startTicks, place: currentOwner().place };
}

async function setAge(path: string, ageMs: number): Promise<void> {
  const time = new Date(Date.now() - ageMs);
  await utimes(path, time, time);
}
