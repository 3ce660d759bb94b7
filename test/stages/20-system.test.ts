import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { projectDir, renderTemplates, StageTree, sharedDefaults } from './stage-tree.ts';

const run = promisify(execFile);
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleExa me@laptop';

async function treeWithUser(): Promise<StageTree> {
  const tree = await StageTree.create({ 'home/hearth/': '', 'etc/sudoers.d/': '' });
  await tree.stub('systemctl');
  await tree.stub('chown');
  return tree;
}

describe('20-system', () => {
  it('carries name, language, time zone and keyboard of the configuration', async () => {
    const files = await renderTemplates('20-system');

    expect(files.get('/etc/hostname')).toBe('hearth\n');
    expect(files.get('/etc/hosts')).toMatch(/^127\.0\.1\.1 hearth$/m);
    expect(files.get('/etc/locale.conf')).toBe('LANG=en_GB.UTF-8\n');
    expect(files.get('/etc/timezone')).toBe('Europe/London\n');
    expect(files.get('/etc/default/keyboard')).toMatch(/^XKBLAYOUT="gb"\nXKBVARIANT=""$/m);
  });

  it.each([
    ['GB', 'GB'],
    ['', '00'],
  ])('sets the radio rules for the Wi-Fi country "%s" to %s', async (country, rules) => {
    const files = await renderTemplates('20-system', { ...sharedDefaults, wifi: { country } });

    expect(files.get('/etc/modprobe.d/wifi-country.conf')).toMatch(
      new RegExp(`ieee80211_regdom=${rules}$`, 'm'),
    );
  });

  it('ships no identity', async () => {
    await using tree = await StageTree.create({
      'etc/ssh/ssh_host_ed25519_key': 'secret\n',
      'etc/ssh/ssh_host_ed25519_key.pub': 'public\n',
      'var/lib/dbus/machine-id': '018b33fac05d4bc5a26454373eea2d89\n',
      'etc/machine-id': '018b33fac05d4bc5a26454373eea2d89\n',
      'etc/NetworkManager/system-connections/ethernet.nmconnection': '',
    });
    await tree.stub('systemctl');

    await tree.run('20-system/02-run.sh');

    expect(await readdir(`${tree.path}/etc/ssh`)).toEqual([]);
    expect(await readdir(`${tree.path}/var/lib/dbus`)).toEqual([]);
    expect(await tree.read('etc/machine-id')).toBe('uninitialized\n');
    const profile = await stat(`${tree.path}/etc/NetworkManager/system-connections/ethernet.nmconnection`);
    expect(profile.mode & 0o777).toBe(0o600);
  });

  it('leaves SSH off without a key', async () => {
    await using tree = await treeWithUser();

    const calls = await tree.run('20-system/03-run.sh', {
      FIRST_USER_NAME: 'hearth',
      PUBKEY_SSH_FIRST_USER: '',
    });

    expect(calls).toEqual([]);
    expect(await readdir(`${tree.path}/home/hearth`)).toEqual([]);
  });

  it('opens SSH for the owner of a key', async () => {
    await using tree = await treeWithUser();

    const calls = await tree.run('20-system/03-run.sh', {
      FIRST_USER_NAME: 'hearth',
      PUBKEY_SSH_FIRST_USER: key,
    });

    expect(calls).toContain(`systemctl --root=${tree.path} --quiet enable ssh.service`);
    expect(await tree.read('home/hearth/.ssh/authorized_keys')).toBe(`${key}\n`);
    expect((await stat(`${tree.path}/home/hearth/.ssh/authorized_keys`)).mode & 0o777).toBe(0o600);
    expect((await stat(`${tree.path}/home/hearth/.ssh`)).mode & 0o777).toBe(0o700);
  });

  it('makes the user without a password', async () => {
    await using tree = await StageTree.create({ 'home/': '', 'etc/sudoers.d/': '' });

    const calls = await tree.run('20-system/03-run.sh', { FIRST_USER_NAME: 'hearth' });

    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatch(/^on_chroot useradd .*--groups sudo\S* --password \* hearth$/);
  });

  it('only opens ports from the drop-ins of stages', async () => {
    const rules = await readFile(`${projectDir}/overlays/network/etc/nftables.conf`, 'utf8');
    const accepted = rules.split('\n').filter((line) => /dport \d+ accept$/.test(line));

    expect(rules).toContain('policy drop;');
    expect(rules).toContain('include "/etc/nftables.d/*.nft"');
    expect(rules).not.toContain('flush ruleset');
    // DHCP answers, for IPv4 and IPv6.
    expect(accepted).toHaveLength(2);
    for (const line of accepted) expect(line).toMatch(/dport (68|546) accept$/);
  });
});

describe('the script that makes SSH host keys', () => {
  const script = `${projectDir}/overlays/device/usr/lib/hearth/ssh-host-keys`;

  it('makes two keys, and keeps them the next time', async () => {
    await using tree = await StageTree.create({ 'keys/': '' });
    const folder = `${tree.path}/keys`;

    await run(script, [folder]);
    const first = await tree.read('keys/ssh_host_ed25519_key');
    await run(script, [folder]);

    expect((await readdir(folder)).sort()).toEqual([
      'ssh_host_ecdsa_key',
      'ssh_host_ecdsa_key.pub',
      'ssh_host_ed25519_key',
      'ssh_host_ed25519_key.pub',
    ]);
    expect(await tree.read('keys/ssh_host_ed25519_key')).toBe(first);
    expect((await stat(`${folder}/ssh_host_ed25519_key`)).mode & 0o777).toBe(0o600);
    expect((await stat(`${folder}/ssh_host_ed25519_key.pub`)).mode & 0o777).toBe(0o644);
  });

  it.each([
    ['an empty key', { 'keys/ssh_host_ed25519_key': '' }],
    ['half a key', { 'keys/ssh_host_ed25519_key': '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blb' }],
    ['a key that was not renamed yet', { 'keys/ssh_host_ed25519_key.new': 'half' }],
    ['a key without its public half', { 'keys/ssh_host_ed25519_key.pub': 'ssh-ed25519 AAAA old\n' }],
  ])('starts over after a power cut left %s', async (_what, left) => {
    await using tree = await StageTree.create({ 'keys/': '', ...left });

    await run(script, [`${tree.path}/keys`]);

    const { stdout } = await run('ssh-keygen', ['-y', '-f', `${tree.path}/keys/ssh_host_ed25519_key`]);
    const publicHalf = await tree.read('keys/ssh_host_ed25519_key.pub');
    expect(publicHalf.split(' ').slice(0, 2)).toEqual(stdout.trim().split(' ').slice(0, 2));
    expect(await readdir(`${tree.path}/keys`)).toHaveLength(4);
  });
});
