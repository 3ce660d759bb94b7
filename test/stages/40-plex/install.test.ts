import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checkTexts } from '../../../stages/40-plex/setup/check-texts.ts';
import { installStep } from '../../../stages/40-plex/setup/install-step.ts';
import { installTexts } from '../../../stages/40-plex/setup/install-texts.ts';
import { readyFile } from '../../../stages/40-plex/setup/places.ts';
import { versionCheck } from '../../../stages/40-plex/setup/plex-checks.ts';
import { sourceFile } from '../../../stages/40-plex/setup/repository.ts';
import { ask } from '../../../stages/90-first-boot/agent/device/ask.ts';
import type { LocalText } from '../../../stages/90-first-boot/agent/text/local-text.ts';
import { type PlexRepository, startPlexRepository } from '../../understudies/plex-repository.ts';
import { bakedPackage, makePlexDevice, type PlexDevice, type PlexDeviceOptions } from './plex-device.ts';

const step = installStep({ tries: 1, pauseMs: 1 });
const answers = { terms: 'accepted' };
const status = `\${db:Status-Status}`;
const package_ = '/usr/lib/plexmediaserver/plex-media-server.mjs';
let repository: PlexRepository;
let devices: PlexDevice[] = [];

beforeAll(async () => {
  repository = await startPlexRepository();
});
afterAll(() => repository.close());
afterEach(() => {
  for (const device of devices) device.remove();
  devices = [];
});

async function make(options: PlexDeviceOptions = {}): Promise<PlexDevice> {
  const device = await makePlexDevice({ repository, ...options });
  devices.push(device);
  return device;
}

/** What the owner reads, in German: each failure has its own words. */
async function whyOf(device: PlexDevice): Promise<LocalText | undefined> {
  const failure = await device.run(step, answers);
  expect(failure?.todo ?? '').not.toBe('');
  return failure?.why;
}

describe('plex.install', () => {
  it("installs Plex from Plex's signed repository, and does nothing the second time", async () => {
    const device = await make();

    expect(await device.run(step, answers)).toBeUndefined();
    expect(device.has(package_)).toBe(true);
    const before = repository.requests.filter((path) => path.endsWith('.deb')).length;
    expect(await device.run(step, answers)).toBeUndefined();
    expect(repository.requests.filter((path) => path.endsWith('.deb'))).toHaveLength(before);
  });

  it('lets nothing but Plex come from there', async () => {
    const device = await make();
    await device.run(step, answers);

    const { stdout } = await device.look.run('apt-cache', ['policy']);
    expect(stdout).toMatch(/^\s*-1 http:\/\/127\.0\.0\.1:\d+\/deb public\/main arm64 Packages$/m);
    const plex = await device.look.run('apt-cache', ['policy', 'plexmediaserver']);
    expect(plex.stdout).toMatch(/Candidate: 1\.43\.5/);
    expect(device.get('/etc/apt/apt.conf.d/53hearth-plex')).toContain('"site=127.0.0.1"');
  });

  it('does nothing as long as the terms are not accepted', async () => {
    const device = await make();

    expect(await device.run(step, {})).toBeUndefined();
    expect(device.has('/etc/apt/keyrings')).toBe(false);
  });

  it('refuses another key than the one of the lock before apt hears of the repository', async () => {
    const device = await make({ entry: { keyFingerprint: '6EFFEB478A6559D75C7C4FE706C521790B9CFFDE' } });

    expect(await whyOf(device)).toEqual(installTexts.wrongKey[0]);
    expect(device.has('/etc/apt/sources.list.d/hearth-plex.sources')).toBe(false);
  });

  it('refuses a version with known holes', async () => {
    const device = await make({ entry: { minimumVersion: '1.43.6' } });

    expect(await whyOf(device)).toEqual(installTexts.tooOld[0]);
    expect(device.has(package_)).toBe(false);
  });

  it('says that there is no Internet when nobody answers', async () => {
    const away = { keyUrl: 'http://127.0.0.1:9/key' };

    expect(await whyOf(await make({ entry: away }))).toEqual(installTexts.unreachable[0]);
    const lists = { repository: 'http://127.0.0.1:9/deb' };
    expect(await whyOf(await make({ entry: lists }))).toEqual(installTexts.unreachable[0]);
  });

  it('says so when the image does not know where Plex comes from', async () => {
    const device = await make();
    device.put('/usr/lib/hearth/artifacts.json', '{"format":1,"mirrors":[],"artifacts":[]}');

    expect(await whyOf(device)).toEqual(installTexts.notInImage[0]);
  });

  it('says so when the disk is full', async () => {
    const device = await make();
    device.put(
      '/usr/bin/apt-get',
      '#!/bin/sh\necho "E: You don\'t have enough free space in /var/cache/apt/archives/." >&2; exit 100\n',
      0o755,
    );

    expect(await whyOf(device)).toEqual(installTexts.diskFull[0]);
  });

  it('waits while the device installs something else', async () => {
    const device = await make();
    const real = device.get('/usr/bin/apt-get') ?? '';
    const busy = `if [ ! -e "$R/tried" ]; then touch "$R/tried"; echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt-get)" >&2; exit 100; fi\n`;
    device.put('/usr/bin/apt-get', real.replace(/^(R=.*\n)/m, `$1${busy}`), 0o755);

    expect(await device.run(installStep({ tries: 3, pauseMs: 5 }), answers)).toBeUndefined();
    expect(device.has(package_)).toBe(true);
  });

  it('removes a second source for the same repository, and no other', async () => {
    const device = await make();
    const other = 'deb http://deb.debian.org/debian trixie main\n';
    device.put(
      '/etc/apt/sources.list.d/plexmediaserver.list',
      'deb https://downloads.plex.tv/repo/deb public main\n',
    );
    device.put('/etc/apt/sources.list.d/old.list', '# deb https://downloads.plex.tv/repo/deb public main\n');
    await device.run(step, answers);
    device.put('/etc/apt/sources.list.d/debian.list', other);
    await device.run(step, answers);

    expect(device.has('/etc/apt/sources.list.d/plexmediaserver.list')).toBe(false);
    expect(device.has('/etc/apt/sources.list.d/old.list')).toBe(true);
    expect(device.get('/etc/apt/sources.list.d/debian.list')).toBe(other);
  });

  it('goes on where a power cut ended the installation', async () => {
    const device = await make();
    const deb = 'plexmediaserver_1.43.5.11029-understudy_arm64.deb';
    const { body } = await ask({
      url: `${repository.url}/pool/main/p/plexmediaserver/${deb}`,
      timeoutMs: 9_000,
    });
    writeFileSync(device.look.path('/plex.deb'), body);
    await device.look.run('dpkg', ['--unpack', device.look.path('/plex.deb')]);
    const state = async () =>
      (await device.look.run('dpkg-query', ['-W', '-f', status, 'plexmediaserver'])).stdout;
    expect(await state()).toBe('unpacked');

    expect(await device.run(step, answers)).toBeUndefined();
    expect(await state()).toBe('installed');
  });

  it('leaves nothing of Plex after a factory reset', async () => {
    const device = await make();
    await device.run(step, answers);
    await device.undo(step);
    await device.undo(step);

    for (const path of [
      package_,
      '/etc/apt/keyrings/hearth-plex.asc',
      '/etc/apt/sources.list.d/hearth-plex.sources',
      '/etc/apt/preferences.d/hearth-plex',
      '/etc/apt/apt.conf.d/53hearth-plex',
    ])
      expect([path, device.has(path)]).toEqual([path, false]);
    expect((await device.look.run('dpkg-query', ['-W', 'plexmediaserver'])).exitCode).toBe(1);
  });
});

describe('plex.install with a package in the image', () => {
  const debs = () => repository.requests.filter((path) => path.endsWith('.deb')).length;
  const listFile = '/usr/lib/hearth/artifacts.json';
  const nowhere = { keyUrl: 'http://127.0.0.1:9/key', repository: 'http://127.0.0.1:9/deb' };
  const versionOf = async (device: PlexDevice) =>
    (await device.look.run('dpkg-query', ['-W', '-f', `${status} \${Version}`, 'plexmediaserver'])).stdout;

  it('installs it without a download, and lets new versions come from the repository', async () => {
    const device = await make({ isBaked: true });
    const before = debs();

    expect(await device.run(step, answers)).toBeUndefined();
    expect(await device.run(step, answers)).toBeUndefined();
    expect(device.has(package_)).toBe(true);
    expect(debs()).toBe(before);
    await device.look.run('apt-get', ['update']);
    const { stdout } = await device.look.run('apt-cache', ['policy', 'plexmediaserver']);
    expect(stdout).toMatch(/Candidate: 1\.43\.5/);
    expect(await versionCheck.run(device.look)).toEqual(checkTexts.notSetUp);
    device.put(readyFile, '');
    expect(await versionCheck.run(device.look)).toEqual(checkTexts.newEnough);
  });

  it('installs it without a network, tells the doctor, and adds the repository when it runs again', async () => {
    const device = await make({ isBaked: true, entry: nowhere });

    expect(await device.run(step, answers)).toBeUndefined();
    expect(await versionOf(device)).toBe('installed 1.43.5.11029-understudy');
    expect(device.has(sourceFile)).toBe(false);
    device.put(readyFile, '');
    expect(await versionCheck.run(device.look)).toEqual(checkTexts.noUpdates);

    const list = device.get(listFile) ?? '';
    device.put(
      listFile,
      list.replace(nowhere.keyUrl, repository.keyUrl).replace(nowhere.repository, repository.url),
    );
    expect(await device.run(step, answers)).toBeUndefined();
    expect(device.has(sourceFile)).toBe(true);
    expect(await versionCheck.run(device.look)).toEqual(checkTexts.newEnough);
  });

  it('does not trust another key because of it', async () => {
    const device = await make({ isBaked: true, entry: { keyFingerprint: 'A'.repeat(40) } });

    expect(await device.run(step, answers)).toBeUndefined();
    expect(device.has(package_)).toBe(true);
    expect(device.has(sourceFile)).toBe(false);
  });

  it('refuses one that is not as it was pinned, or that is gone', async () => {
    const device = await make({ isBaked: true });
    device.put(bakedPackage, Buffer.alloc(4096));
    expect(await whyOf(device)).toEqual(installTexts.damaged[0]);

    rmSync(device.look.path(bakedPackage));
    expect(await whyOf(device)).toEqual(installTexts.damaged[0]);
    expect(device.has(package_)).toBe(false);
  });

  it('leaves a newer Plex as it is', async () => {
    const newer = await startPlexRepository({ version: '1.44.0.1-understudy' });
    const device = await make({ isBaked: true, entry: nowhere });
    const later = await make({ repository: newer, isBaked: true });
    device.put('/newer.deb', readFileSync(later.look.path(bakedPackage)));
    await newer.close();
    await device.look.run('dpkg', ['--install', device.look.path('/newer.deb')]);

    expect(await device.run(step, answers)).toBeUndefined();
    expect(await versionOf(device)).toBe('installed 1.44.0.1-understudy');
  });

  it('goes on where a power cut ended the installation', async () => {
    const device = await make({ isBaked: true, entry: nowhere });
    await device.look.run('dpkg', ['--unpack', device.look.path(bakedPackage)]);
    expect(await versionOf(device)).toMatch(/^unpacked /);

    expect(await device.run(step, answers)).toBeUndefined();
    expect(await versionOf(device)).toMatch(/^installed /);
  });

  it('keeps it over a factory reset, and installs it again', async () => {
    const device = await make({ isBaked: true, entry: nowhere });
    await device.run(step, answers);
    await device.undo(step);
    expect([device.has(package_), device.has(bakedPackage)]).toEqual([false, true]);

    expect(await device.run(step, answers)).toBeUndefined();
    expect(device.has(package_)).toBe(true);
  });

  it('does nothing with it as long as the terms are not accepted', async () => {
    const device = await make({ isBaked: true });

    expect(await device.run(step, {})).toBeUndefined();
    expect(device.has(package_)).toBe(false);
  });
});

describe('plex.install with a repository that changes', () => {
  let own: PlexRepository;
  afterEach(() => own.close());

  it('refuses lists that another key signed, installs nothing, and installs once they are right', async () => {
    own = await startPlexRepository();
    await own.signWithAnotherKey();
    const device = await make({ repository: own });

    expect(await whyOf(device)).toEqual(installTexts.wrongKey[0]);
    expect(device.has(package_)).toBe(false);
    await own.publish('1.43.6.11111-understudy');
    expect(await device.run(step, answers)).toBeUndefined();
    const { stdout } = await device.look.run('dpkg-query', ['-W', 'plexmediaserver']);
    expect(stdout).toContain('1.43.6.11111-understudy');
  });

  it('tells a server that gives nothing away from one that is not there', async () => {
    own = await startPlexRepository();
    own.refuse(/\.deb$/, 503);

    expect(await whyOf(await make({ repository: own }))).toEqual(installTexts.refused[0]);
    own.refuse(/^\/plex-keys/, 404);
    expect(await whyOf(await make({ repository: own }))).toEqual(installTexts.refused[0]);
  });
});
