import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { aptReason } from '../../../stages/40-plex/setup/apt.ts';
import { setup } from '../../../stages/40-plex/setup.ts';
import { loadStage, renderTemplates, StageTree } from '../stage-tree.ts';
import { bakedPackage } from './plex-device.ts';

async function render(answers: object): Promise<ReadonlyMap<string, string>> {
  const stage = await loadStage('40-plex');
  return await renderTemplates('40-plex', { plex: stage.config?.schema.parse(answers) });
}

const dropIn = '/usr/lib/systemd/system/plexmediaserver.service.d/hearth.conf';

describe('40-plex', () => {
  it('keeps films that are being converted in memory with a limit, or on the disk that was named', async () => {
    const usual = await render({ transcodeMemory: '512M' });
    expect(JSON.parse(usual.get('/usr/lib/hearth/plex.json') ?? '')).toEqual({
      accounts: 'https://plex.tv',
      media: '/srv/media',
      transcode: '/run/plextranscode',
    });
    expect(usual.get('/usr/lib/systemd/system/run-plextranscode.mount')).toMatch(/^Options=size=512M,/m);
    expect(usual.get(dropIn)).toContain('RequiresMountsFor=/run/plextranscode');

    const onDisk = await render({ transcodePath: '/srv/ssd/plex' });
    expect(onDisk.get('/usr/lib/hearth/plex.json')).toContain('"transcode": "/srv/ssd/plex"');
    expect(onDisk.get(dropIn)).not.toContain('RequiresMountsFor');
  });

  it('brings nothing of Plex, opens no port and announces nothing in the image', async () => {
    const paths = [...(await render({})).keys()];

    expect(paths.filter((path) => /^\/etc\/|plexmediaserver\/|services\.d/.test(path))).toEqual([]);
    expect(paths.filter((path) => path.startsWith('/usr/lib/hearth/plex/'))).toHaveLength(5);
  });

  it('says where a private image has the package', async () => {
    expect((await loadStage('40-plex')).artifacts).toEqual([{ name: 'plex', path: bakedPackage }]);
  });

  it('lets only the house in', async () => {
    const rules = (await render({})).get('/usr/lib/hearth/plex/plex.nft') ?? '';

    const lines = rules.split('\n').filter((line) => line.startsWith('add '));
    expect(lines).toHaveLength(4);
    for (const line of lines)
      expect(line).toMatch(/^add rule inet hearth input ip6? saddr \{ [0-9a-f.:/, ]+ \} (tcp|udp) dport /);
  });

  it('makes folders that Plex and the shares both use', async () => {
    await using tree = await StageTree.create({
      'usr/lib/hearth/plex.json': (await render({})).get('/usr/lib/hearth/plex.json') ?? '',
    });
    const script = execFileSync('sed', [
      ...['-e', `s#/usr/lib/#${tree.path}/usr/lib/#`],
      ...['-e', `s#install -d -m 2775 -g media "#&${tree.path}#`],
      ...['-e', `s#/srv$#${tree.path}/srv#`],
      ...['-e', 's#-g media##'],
      `${import.meta.dirname}/../../../stages/40-plex/00-run-chroot.sh`,
    ]);
    execFileSync('bash', ['-e'], { input: `getent() { true; }\n${script.toString()}` });

    const listed = execFileSync('find', [`${tree.path}/srv`, '-printf', '/%P %m\n'], { encoding: 'utf8' });
    const folders = ['/media', ...['Movies', 'Music', 'Photos', 'TV'].map((name) => `/media/${name}`)];
    for (const folder of folders) expect(listed).toContain(`${folder} 2775\n`);
  });

  it.each([
    { path: '/etc' },
    { transcodeMemory: '0%' },
    { transcodeMemory: 'much' },
    { transcodePath: '/tmp' },
    { accounts: 'ftp://plex.tv' },
    { accounts: 'https://plex.tv/' },
  ])('refuses %o', async (answers) => {
    expect((await loadStage('40-plex')).config?.schema.safeParse(answers).success).toBe(false);
  });

  it('links to the Plex of this device once it is wanted', () => {
    const [link] = setup.links ?? [];

    expect(link?.address({ plex: { state: 'answered', values: {} } }, 'attic')).toBe(
      'http://attic.local:32400/web',
    );
    expect(link?.address({ plex: { state: 'skipped' } }, 'attic')).toBeUndefined();
  });
});

/** Words of apt 3.0 with sqv, as Debian 13 has them. */
describe('what apt says', () => {
  it.each([
    [
      'wrongKey',
      'Sub-process /usr/bin/sqv returned an error code (1), error message is: Missing key 3680BAB7',
    ],
    ['wrongKey', "E: The repository 'https://repo.plex.tv/deb public InRelease' is not signed."],
    ['unreachable', "E: Failed to fetch https://repo.plex.tv/deb  Could not resolve 'repo.plex.tv'"],
    [
      'unreachable',
      "E: Failed to fetch https://repo.plex.tv/deb  Temporary failure resolving 'repo.plex.tv'",
    ],
    ['unreachable', 'Could not connect to repo.plex.tv:443 (203.0.113.1). - connect (113: No route to host)'],
    ['stranger', 'Certificate verification failed: The certificate is NOT trusted. The name does not match'],
    [
      'stranger',
      'E: Release file for https://repo.plex.tv/deb is not valid yet (invalid for another 3h 2min).',
    ],
    ['refused', 'E: Failed to fetch https://repo.plex.tv/deb/p.deb  503  Service Unavailable'],
    ['refused', "E: The repository 'https://repo.plex.tv/deb public Release' does not have a Release file."],
    ['refused', 'E: Failed to fetch https://repo.plex.tv/deb/p.deb  Hash Sum mismatch'],
    [
      'diskFull',
      'dpkg: error processing archive p.deb (--unpack): failed to write (No space left on device)',
    ],
    ['diskFull', "E: You don't have enough free space in /var/cache/apt/archives/."],
    [
      'busy',
      'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 811 (unattended-upgr)',
    ],
    [undefined, 'E: Sub-process /usr/bin/dpkg returned an error code (1)'],
  ] as const)('is %s: %s', (reason, stderr) => {
    expect(aptReason({ stdout: '', stderr })).toBe(reason);
  });
});
