import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { Packages, type PackagesOptions } from '../../../builder/debian/packages.ts';
import { readSources } from '../../../builder/debian/sources.ts';
import { digestOf } from '../../../builder/text/digest.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { addFiles, fileTree } from '../../helpers/file-tree.ts';
import { listen } from '../../helpers/mirror-listen.ts';
import { sampleLock, samplePackage } from '../../helpers/sample-packages.ts';

function unused(): Promise<never> {
  return Promise.reject(new Error('not needed'));
}

function makePackages(change: Partial<PackagesOptions> = {}): Packages {
  return new Packages({
    ...{ cacheDir: '/none', architecture: 'arm64', lock: sampleLock(), isOffline: false, isRefresh: false },
    ...{ tools: unused, mirror: unused, device: unused },
    ...change,
  });
}

const request = { names: ['samba'], withRecommends: true };

describe('packages of a lock', () => {
  it('are those of the step, whatever its list says, and nothing is asked', async () => {
    const step = { stage: '30-samba', step: '00-packages', request, id: 'x' };

    const found = await makePackages().decide(step, undefined);

    expect(found?.map(({ name, version }) => `${name} ${version}`)).toEqual(['samba 2:4.22.3+dfsg-4']);
  });

  it.each([
    ['30-samba', '01-packages'],
    ['31-samba', '00-packages'],
  ])('can not be had for %s/%s, which it does not know', async (stage, step) => {
    const error = await errorOf(
      async () => await makePackages().decide({ stage, step, request, id: 'x' }, undefined),
    );

    expect(error.code).toBe('ERR_LOCK_INVALID');
    expect(error.message).toContain(`${stage}/${step}`);
    expect(error.todo).toContain('--locked');
  });

  it('have the time of the lock', () => {
    expect(makePackages().asked).toBe('2026-11-23T07:19:30.000Z');
  });

  it('come from the snapshot archive that the lock names, and from no empty address', async () => {
    const cacheDir = await fileTree();
    const requests: string[] = [];
    await using server = await listen((incoming, response) => {
      requests.push(incoming.url ?? '');
      response.writeHead(404).end();
    });
    const mirror = {
      main: `${server.url}/now`,
      security: `${server.url}/sec`,
      source: 'config.yaml' as const,
    };
    const snapshots = { main: `${server.url}/past/@SNAPSHOTID@/`, security: '' };
    const packages = makePackages({
      ...{ cacheDir, mirror: () => Promise.resolve({ ...mirror, aptOptions: [] }) },
      lock: sampleLock({ snapshots }),
    });

    const own = samplePackage({ path: 'pool/a.deb' });
    const secure = { ...own, archive: 'debian-security' };
    for (const file of [own, secure]) {
      expect((await errorOf(async () => await packages.provide([file]))).todo).toContain('without --locked');
    }

    expect(requests).toEqual(['/now/pool/a.deb', '/past/20261123T071930Z/pool/a.deb', '/sec/pool/a.deb']);
  });

  it('come from the snapshot archive if the mirror has them no more, and only Debian’s own', async () => {
    const cacheDir = await fileTree();
    const requests: string[] = [];
    await using server = await listen((incoming, response) => {
      requests.push(incoming.url ?? '');
      const isThere = incoming.url === '/past/debian/20261123T071930Z/pool/a.deb';
      response.writeHead(isThere ? 200 : 404).end(isThere ? 'text' : '');
    });
    const base = server.url;
    const mirror = {
      main: `${base}/now`,
      security: `${base}/sec`,
      source: 'config.yaml' as const,
      aptOptions: [],
    };
    const sha256 = createHash('sha256').update('text').digest('hex');
    const own = samplePackage({ sha256, sizeBytes: 4, path: 'pool/a.deb' });
    const packages = makePackages({
      ...{ cacheDir, mirror: () => Promise.resolve(mirror) },
      snapshotMirror: `${base}/past/@ARCHIVE@/@SNAPSHOTID@`,
    });

    await packages.provide([own]);

    expect(requests).toEqual(['/now/pool/a.deb', '/past/debian/20261123T071930Z/pool/a.deb']);
    requests.length = 0;
    const foreign = { ...own, sha256: 'e'.repeat(64), archive: `${base}/other` };
    expect((await errorOf(async () => await packages.provide([foreign]))).code).toBe('ERR_DOWNLOAD');
    expect(requests).toEqual(['/other/pool/a.deb']);
  });
});

describe('packages of the archive', () => {
  const step = { stage: '30-samba', step: '00-packages', request, id: 'view' };

  it('are not decided on if that would need the tree, and there is none yet', async () => {
    const packages = makePackages({ lock: undefined, cacheDir: await fileTree() });

    expect(await packages.decide(step, undefined)).toBeUndefined();
  });

  it('are decided on once for a tree and a state of the archive', async () => {
    const cacheDir = await fileTree();
    const view = `${cacheDir}/views/view`;
    await addFiles(view, { 'etc/apt/sources.list': 'deb http://deb.example/debian trixie main\n' });
    const key = digestOf([await readSources(view), 'arm64', 'format 1']).slice(0, 32);
    const askedAt = new Date().toISOString();
    await addFiles(`${cacheDir}/archive/${key}/1000`, {
      'lists/': '',
      'state.json': JSON.stringify({
        id: 'one',
        askedAt,
        mirror: { main: 'http://m', security: 'http://s' },
      }),
      'resolved/view.json': JSON.stringify([samplePackage({ name: 'samba' })]),
    });
    const packages = makePackages({ lock: undefined, cacheDir });

    expect((await packages.decide(step, undefined))?.[0]?.name).toBe('samba');
    expect(packages.asked).toBe(askedAt);
  });

  it('make a view of the tree once, and leave nothing of a view that could not be made', async () => {
    const cacheDir = await fileTree();
    const packages = makePackages({ lock: undefined, cacheDir, isOffline: true });
    let made = 0;
    const broken = () => Promise.reject(new Error('no tree'));
    const whole = async (folder: string) => {
      made += 1;
      await addFiles(folder, { 'etc/apt/sources.list': 'deb x\n' });
    };

    await expect(packages.decide(step, broken)).rejects.toThrow('no tree');
    expect(await readdir(`${cacheDir}/views`)).toEqual([]);
    await expect(packages.decide(step, whole)).rejects.toThrow('offline');
    await expect(packages.decide(step, whole)).rejects.toThrow('offline');
    expect(made).toBe(1);
    expect(await readdir(`${cacheDir}/views`)).toEqual(['view']);
  });
});
