import { readFileSync, statSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cdStep } from '../../../stages/40-plex/setup/cd-step.ts';
import { checkTexts } from '../../../stages/40-plex/setup/check-texts.ts';
import { installStep } from '../../../stages/40-plex/setup/install-step.ts';
import { preferencesFile } from '../../../stages/40-plex/setup/places.ts';
import { folderCheck, serviceCheck, versionCheck } from '../../../stages/40-plex/setup/plex-checks.ts';
import { plexTopic } from '../../../stages/40-plex/setup/plex-topic.ts';
import { settingsOf, withAccount } from '../../../stages/40-plex/setup/preferences.ts';
import { startStep } from '../../../stages/40-plex/setup/start-step.ts';
import { startTexts } from '../../../stages/40-plex/setup/start-texts.ts';
import type { SetupStep, Values } from '../../../stages/90-first-boot/agent/setup/define.ts';
import { type PlexRepository, startPlexRepository } from '../../understudies/plex-repository.ts';
import { type PlexTv, startPlexTv } from '../../understudies/plex-tv.ts';
import { makePlexDevice, type PlexDevice } from './plex-device.ts';

const install = installStep({ tries: 1, pauseMs: 1 });
const ready = '/var/lib/hearth/plex-ready';
let repository: PlexRepository;
let plexTv: PlexTv;
let device: PlexDevice;
let start: SetupStep;

beforeAll(async () => {
  repository = await startPlexRepository();
  plexTv = await startPlexTv();
});
afterAll(async () => {
  await repository.close();
  await plexTv.close();
});
beforeEach(async () => {
  device = await makePlexDevice({ accounts: plexTv.url, repository });
  start = startStep({ port: device.port, tries: 40, pauseMs: 100 });
});
afterEach(() => device.remove());

async function answered(): Promise<Values> {
  const values = { terms: 'accepted', claim: plexTv.giveCode() };
  const exchanged = await plexTopic.exchange?.(values, device.look, AbortSignal.timeout(9_000));
  if (exchanged === undefined || 'problems' in exchanged) throw new Error('no exchange');
  return exchanged.values;
}

function settings(): Readonly<Record<string, string>> {
  return Object.fromEntries(settingsOf(device.get(preferencesFile) ?? ''));
}

describe('plex.start', () => {
  it('starts a Plex that belongs to the owner, and opens and lists it', async () => {
    const answers = await answered();
    expect(await device.run(install, answers)).toBeUndefined();
    expect(await device.run(start, answers)).toBeUndefined();

    expect(statSync(device.look.path(preferencesFile)).mode & 0o777).toBe(0o600);
    expect(settings()).toMatchObject({ FriendlyName: 'attic', PlexOnlineToken: answers['token'] });
    expect(device.get('/etc/nftables.d/40-plex.nft')).toContain('192.168.0.0/16');
    expect(device.get('/etc/avahi/services/plex.service')).toContain('_plexmediasvr._tcp');
    expect(device.get('/usr/lib/hearth/services.d/40-plex.json')).toContain('plexmediaserver.service');
    const checks = [serviceCheck(device.port), versionCheck];
    expect(await Promise.all(checks.map((check) => check.run(device.look)))).toEqual([
      checkTexts.claimed,
      checkTexts.newEnough,
    ]);
    expect(device.log.join('\n')).not.toContain(answers['token']);
  });

  it('leaves a Plex alone that runs as it should, and gives it a new token in place', async () => {
    const answers = await answered();
    await device.run(install, answers);
    await device.run(start, answers);
    const pid = device.get('/plex.pid');
    await device.run(
      { ...start, run: async (task) => await start.run({ ...task, must: withoutStart(task.must) }) },
      answers,
    );
    expect(device.get('/plex.pid')).toBe(pid);

    const changed = `${device.get(preferencesFile)?.replace('/>', ' LanguageInCloud="1"/>')}`;
    device.put(preferencesFile, changed, 0o600);
    const next = { ...answers, ...(await answered()) };
    expect(await device.run(start, { ...next, machineId: answers['machineId'] ?? '' })).toBeUndefined();
    expect(settings()).toMatchObject({ LanguageInCloud: '1', PlexOnlineToken: next['token'] });
    expect(device.get('/plex.pid')).not.toBe(pid);
  });

  it('lets Plex start at no moment in which its settings are not whole', async () => {
    const answers = await answered();
    await device.run(install, answers);
    await device.run(start, answers);
    device.put('/usr/bin/runuser', '#!/bin/sh\nexit 1\n', 0o755);

    expect(await device.run(start, { ...answers, token: 'another-token' })).toBeDefined();
    expect(device.has(ready)).toBe(false);
    expect(await serviceCheck(device.port).run(device.look)).toEqual(checkTexts.notSetUp);
  });

  it('says so when Plex is not installed, or the device has no account', async () => {
    const answers = await answered();
    expect((await device.run(start, answers))?.why).toEqual(startTexts.notInstalled[0]);
    await device.run(install, answers);
    const { token: _token, ...without } = answers;
    expect((await device.run(start, without))?.why).toEqual(startTexts.noAccount[0]);
  });

  it('says so when Plex does not answer', async () => {
    const answers = await answered();
    await device.run(install, answers);
    device.put('/etc/group', 'media:x:4999:\n');
    const impatient = startStep({ port: device.port, tries: 2, pauseMs: 50 });

    expect((await device.run(impatient, answers))?.why).toEqual(startTexts.silent[0]);
    expect(await serviceCheck(device.port).run(device.look)).toEqual(checkTexts.away);
    expect(readFileSync(`${device.root}/plex.log`, 'utf8')).toMatch(/^$|not in the group media/);
  });

  it('closes and hides Plex at a factory reset', async () => {
    const answers = await answered();
    await device.run(install, answers);
    await device.run(start, answers);
    await device.undo(start);
    await device.undo(install);

    for (const path of [
      ready,
      '/etc/nftables.d/40-plex.nft',
      '/etc/avahi/services/plex.service',
      '/usr/lib/hearth/services.d/40-plex.json',
      '/var/lib/plexmediaserver',
    ])
      expect([path, device.has(path)]).toEqual([path, false]);
    expect(device.has('/srv/media')).toBe(true);
  });
});

describe('the doctor', () => {
  it('says nothing bad of a Plex that nobody wants', async () => {
    for (const check of [serviceCheck(device.port), versionCheck, folderCheck])
      expect(await check.run(device.look)).toEqual(checkTexts.notSetUp);
  });

  it('finds a version with known holes, and a folder that nobody may use', async () => {
    device.put(ready, '');
    expect(await versionCheck.run(device.look)).toEqual(checkTexts.tooOld);
    expect(await folderCheck.run(device.look)).toMatchObject({ state: 'bad' });
  });
});

describe('plex.cds', () => {
  it('is on only as long as it is wanted', async () => {
    const cds = cdStep({ tries: 1, pauseMs: 1 });
    device.put('/usr/bin/apt-get', '#!/bin/sh\necho "$*" >> "$(dirname "$0")/../../apt.calls"\n', 0o755);
    const rule = '/etc/udev/rules.d/80-hearth-cd.rules';
    expect(await device.run(cds, { terms: 'accepted', cds: 'yes' })).toBeUndefined();
    expect(device.get(rule)).toContain('ID_CDROM_MEDIA_TRACK_COUNT_AUDIO');
    expect(device.get('/etc/hearth/abcde.conf')).toMatch(/^OUTPUTDIR=\/srv\/media\/Music$/m);
    expect(device.get('/apt.calls')).toMatch(/install --no-install-recommends abcde /);

    expect(await device.run(cds, { terms: 'accepted', cds: 'no' })).toBeUndefined();
    expect([device.has(rule), device.has('/etc/hearth/abcde.conf')]).toEqual([false, false]);
  });
});

describe('Preferences.xml', () => {
  const account = { token: 'abcdefghij', machineId: '0e984725-c51c-4bf4-9960-e1c80e27aba0', exchanged: '' };

  it('keeps what Plex wrote, and is the same when it is written twice', () => {
    const before =
      '<?xml version="1.0" encoding="utf-8"?>\n<Preferences CertificateUUID="x &amp; y" AcceptedEULA="0"/>\n';
    const text = withAccount(before, { account, name: 'Tom & "Jerry"', transcode: '/run/t' });

    expect(text).toContain('CertificateUUID="x &amp; y" AcceptedEULA="1"');
    expect(text).toContain('FriendlyName="Tom &amp; &quot;Jerry&quot;"');
    expect(withAccount(text, { account, name: 'other', transcode: '/run/t' })).toBe(text);
  });

  it('begins anew where a power cut left half a file', () => {
    expect(settingsOf('<?xml version="1.0"?>\n<Preferences A="b" C="')).toEqual([]);
  });
});

type Must = Parameters<SetupStep['run']>[0]['must'];

/** Plex runs already: for systemd there is nothing to do then. */
function withoutStart(must: Must): Must {
  return async (program, args = [], options) =>
    await must(
      program,
      args[0] === 'start' ? ['--quiet', 'enable', 'plexmediaserver.service'] : args,
      options,
    );
}
