import { expect } from 'vitest';
import type { Vm } from '../../../builder/vm/vm.ts';
import { arePartsReal } from '../../helpers/understudy-project.ts';
import { canary, hearthYaml } from './answers.ts';
import { makeSshKey } from './device-facts.ts';

/** The services that come with the edition and run after the setup. */
export const units = arePartsReal
  ? ['k3s.service']
  : ['k3s.service', 'cloudflared.service', 'plexmediaserver.service'];

const hostname = 'social.example.org';
/** A key to a tunnel as Cloudflare gives it: account, tunnel, secret. */
export const tunnelToken = Buffer.from(
  JSON.stringify({
    a: '0123456789abcdef0123456789abcdef',
    t: '01234567-89ab-4def-8123-456789abcdef',
    s: Buffer.from(`${canary} of the tunnel, 32 bytes`).toString('base64'),
  }),
).toString('base64');

/** hearth.yaml on the card, read as at a start. Nobody has an account at the real makers. */
export async function leaveAnswers(vm: Vm, claimCode: string): Promise<void> {
  const services = arePartsReal
    ? 'tunnel: skip\nplex: skip\n'
    : `tunnel: {how: token, token: ${tunnelToken}, hostname: ${hostname}}\nplex: {terms: accepted, claim: ${claimCode}}\n`;
  const text = `${hearthYaml(await makeSshKey(vm))}cluster: {role: server}\n${services}`;
  await vm.writeFile('/boot/firmware/hearth.yaml', text);
  await vm.mustRun(
    'systemctl restart --no-block hearth-card.service && systemctl start --no-block hearth-apply.service',
  );
}

/** The clock of the guest is right, but nobody here can tell it so by NTP. */
export async function confirmClock(vm: Vm): Promise<void> {
  await vm.mustRun('mkdir -p /run/systemd/timesync && touch /run/systemd/timesync/synchronized');
}

/** Nothing goes out any more but to these ports of the host; also after a restart. */
export async function unplug(vm: Vm, portsOfHost: readonly number[]): Promise<void> {
  const rule = (text: string) => `add rule inet unplugged output ${text}\n`;
  const ports = portsOfHost.length === 0 ? '' : rule(`ip daddr 10.0.2.2 tcp dport { ${portsOfHost} } accept`);
  const text = [
    'add table inet unplugged\n',
    'add chain inet unplugged output { type filter hook output priority 0; policy accept; }\n',
    'flush chain inet unplugged output\n',
    // Answers to the host, and what stays in the house: addresses and names.
    ...['oif "lo" accept', 'oifname "cni0" accept', 'ct state established,related accept'].map(rule),
    ...['udp dport { 67, 68, 5353 } accept', 'meta l4proto icmpv6 accept'].map(rule),
    ...[ports, rule('counter reject')],
  ];
  await vm.writeFile('/etc/nftables.d/99-unplugged.nft', text.join(''));
  await vm.mustRun('systemctl reload nftables.service');
}

/** All three work, with what is expected in them, and their secrets stay where they belong. */
export async function expectServices(vm: Vm): Promise<void> {
  expect(await vm.mustRun(`systemctl is-active ${units.join(' ')}`)).toBe(
    units.map(() => 'active\n').join(''),
  );
  expect(await vm.mustRun('k3s kubectl get --raw /readyz')).toBe('ok');
  const images = await vm.mustRun('k3s crictl images');
  expect(images).toContain('mirrored-pause');
  expect(images).toContain('mirrored-coredns-coredns');
  if (arePartsReal) return;
  expect(await get(vm, 'http://127.0.0.1:20241/ready')).toMatch(/^200 /);
  await expectMediaIsShared(vm);
  await expectNoToken(vm);
}

/** Who the device is at Plex; '' while nobody has claimed it. */
export async function plexIdentity(vm: Vm): Promise<string> {
  const answer = await get(vm, 'http://127.0.0.1:32400/identity');
  return /claimed="1".* machineIdentifier="([0-9a-f]+)"/.exec(answer)?.[1] ?? '';
}

/** What came in over the share is Plex's to read and to change. */
async function expectMediaIsShared(vm: Vm): Promise<void> {
  const status = '/proc/$(systemctl show -P MainPID plexmediaserver.service)/status';
  const group = await vm.mustRun('getent group media | cut -d: -f3');
  expect(await vm.mustRun(`sed -n 's/^Groups:[[:space:]]*//p' ${status}`)).toContain(group.trim());
  const asPlex = 'setpriv --reuid plex --regid plex --groups media sh -ec';
  await vm.mustRun(
    `${asPlex} 'cd /srv/media && cat note.txt && echo more >>note.txt && touch Movies/poster.jpg'`,
  );
}

async function expectNoToken(vm: Vm): Promise<void> {
  // The pattern does not match itself.
  const token = `[${tunnelToken[0]}]${tunnelToken.slice(1, 40)}`;
  const places = `grep -l '${token}' /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; journalctl -b -o cat | grep '${token}'`;
  expect((await vm.run(places)).stdout).toBe('');
}

/** Status and body of what the device's own loopback answers. */
async function get(vm: Vm, url: string): Promise<string> {
  const script = `fetch('${url}').then(async (reply) => console.log(reply.status, await reply.text()))`;
  return await vm.mustRun(`node -e "${script}"`);
}
