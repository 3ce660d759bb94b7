import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { Archive, type ArchiveOptions } from '../../../builder/debian/archive.ts';
import { readSources } from '../../../builder/debian/sources.ts';
import { digestOf } from '../../../builder/text/digest.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { addFiles, fileTree } from '../../helpers/file-tree.ts';

const hourMs = 3_600_000;
const mirror = { main: 'http://mirror.example/d', security: 'http://mirror.example/s' };

/** A cache with the view of one tree. */
async function cacheWithView(): Promise<{ cacheDir: string; view: string; folder: string }> {
  const cacheDir = await fileTree({
    'views/ab/etc/apt/sources.list': 'deb http://deb.example/debian trixie main\n',
  });
  const view = `${cacheDir}/views/ab`;
  const key = digestOf([await readSources(view), 'arm64', 'format 1']).slice(0, 32);
  return { cacheDir, view, folder: `${cacheDir}/archive/${key}` };
}

function stateText(id: string, ageMs: number): string {
  return JSON.stringify({ id, askedAt: new Date(Date.now() - ageMs).toISOString(), mirror });
}

/** Keeps a state that was asked for some time ago. */
async function addState(folder: string, name: number, id: string, ageMs: number): Promise<void> {
  await addFiles(`${folder}/${name}`, { 'lists/': '', 'state.json': stateText(id, ageMs) });
}

/** An archive behind a cut wire: asking it fails, and is counted. */
function unreachable(cacheDir: string, change: Partial<ArchiveOptions> = {}) {
  const asked = { times: 0 };
  const cut = () => Promise.reject(new Error('the wire is cut'));
  const archive = new Archive({
    ...{ cacheDir, architecture: 'arm64', isOffline: false, isRefresh: false },
    ...{ tools: cut, mirror: cut, device: cut },
    onAsk: () => {
      asked.times += 1;
    },
    ...change,
  });
  return { archive, asked };
}

describe('the state of an archive', () => {
  it.each<[string, number]>([
    ['just now', 0],
    ['nearly 24 hours ago', 24 * hourMs - 10_000],
    ['a moment ahead, by a clock that was set right since', -30_000],
  ])('is used without asking if it was asked for %s', async (_when, ageMs) => {
    const { cacheDir, view, folder } = await cacheWithView();
    await addState(folder, 1000, 'one', ageMs);
    const { archive, asked } = unreachable(cacheDir);

    expect(await archive.stateFor(view)).toMatchObject({ id: 'one', folder: `${folder}/1000`, mirror });
    expect(asked.times).toBe(0);
  });

  it.each<[string, number]>([
    ['24 hours ago', 24 * hourMs],
    ['a year ago', 365 * 24 * hourMs],
    ['by a clock that was an hour ahead', -hourMs],
  ])('is asked for again if it was asked for %s', async (_when, ageMs) => {
    const { cacheDir, view, folder } = await cacheWithView();
    await addState(folder, 1000, 'one', ageMs);
    const { archive, asked } = unreachable(cacheDir);

    await expect(archive.stateFor(view)).rejects.toThrow('the wire is cut');
    expect(asked.times).toBe(1);
  });

  it('is asked for if it never was', async () => {
    const { cacheDir, view } = await cacheWithView();
    const { archive, asked } = unreachable(cacheDir);

    await expect(archive.stateFor(view)).rejects.toThrow('the wire is cut');
    expect(asked.times).toBe(1);
  });

  it('is asked for by --refresh, however young it is', async () => {
    const { cacheDir, view, folder } = await cacheWithView();
    await addState(folder, 1000, 'one', 0);
    const { archive, asked } = unreachable(cacheDir, { isRefresh: true });

    await expect(archive.stateFor(view)).rejects.toThrow('the wire is cut');
    expect(asked.times).toBe(1);
  });

  it('is used offline, however old it is', async () => {
    const { cacheDir, view, folder } = await cacheWithView();
    await addState(folder, 1000, 'one', 365 * 24 * hourMs);
    const { archive, asked } = unreachable(cacheDir, { isOffline: true, isRefresh: true });

    expect((await archive.stateFor(view)).id).toBe('one');
    expect(asked.times).toBe(0);
  });

  it('is an error offline if it was never asked for', async () => {
    const { cacheDir, view } = await cacheWithView();
    const { archive, asked } = unreachable(cacheDir, { isOffline: true });

    const error = await errorOf(async () => await archive.stateFor(view));

    expect(error.code).toBe('ERR_DOWNLOAD');
    expect(error.todo).toContain('without --offline');
    expect(asked.times).toBe(0);
  });

  it('is the newest of those that are kept, by number and not by letters', async () => {
    const { cacheDir, view, folder } = await cacheWithView();
    await addState(folder, 999, 'old', 2 * hourMs);
    await addState(folder, 1000, 'new', hourMs);
    await addFiles(`${folder}/2000.draft-1-x`, { 'lists/': '', 'state.json': stateText('draft', 0) });

    expect((await unreachable(cacheDir).archive.stateFor(view)).id).toBe('new');
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['half of its description', { 'lists/': '', 'state.json': stateText('new', 0).slice(0, 20) }],
    ['an empty description', { 'lists/': '', 'state.json': '' }],
    ['a description of nothing', { 'lists/': '', 'state.json': 'null' }],
    ['a description without a time', { 'lists/': '', 'state.json': '{}' }],
    ['no description', { 'lists/': '' }],
    ['no lists', { 'state.json': stateText('new', 0) }],
  ])('falls back to the one before if the newest has %s', async (_what, files) => {
    const { cacheDir, view, folder } = await cacheWithView();
    await addState(folder, 1000, 'old', hourMs);
    await addFiles(`${folder}/2000`, files);

    expect((await unreachable(cacheDir).archive.stateFor(view)).id).toBe('old');
    expect((await unreachable(cacheDir, { isOffline: true }).archive.stateFor(view)).id).toBe('old');
  });

  it('is looked for once a build, so that all steps see the same', async () => {
    const { cacheDir, view, folder } = await cacheWithView();
    await addState(folder, 1000, 'one', 0);
    const { archive } = unreachable(cacheDir);

    const first = await archive.stateFor(view);
    await addState(folder, 2000, 'two', 0);

    expect(await archive.stateFor(view)).toBe(first);
    expect((await unreachable(cacheDir).archive.stateFor(view)).id).toBe('two');
  });

  it('belongs to its sources and architecture', async () => {
    const { cacheDir, view, folder } = await cacheWithView();
    await addState(folder, 1000, 'one', 0);
    const other = await fileTree({ 'etc/apt/sources.list': 'deb http://deb.example/debian sid main\n' });
    const same = await fileTree({ 'etc/apt/sources.list': 'deb http://deb.example/debian trixie main\n' });

    expect((await unreachable(cacheDir).archive.stateFor(same)).id).toBe('one');
    await expect(unreachable(cacheDir).archive.stateFor(other)).rejects.toThrow('the wire is cut');
    const { archive } = unreachable(cacheDir, { architecture: 'armhf' });
    await expect(archive.stateFor(view)).rejects.toThrow('the wire is cut');
  });

  it('leaves nothing half-made when asking fails', async () => {
    const { cacheDir, view, folder } = await cacheWithView();
    await addState(folder, 1000, 'one', 25 * hourMs);
    const { archive } = unreachable(cacheDir, {
      mirror: () => Promise.resolve({ ...mirror, source: 'config.yaml', aptOptions: [] }),
    });

    await expect(archive.stateFor(view)).rejects.toThrow('the wire is cut');

    expect(await readdir(folder)).toEqual(['1000']);
    expect((await unreachable(cacheDir, { isOffline: true }).archive.stateFor(view)).id).toBe('one');
  });
});
