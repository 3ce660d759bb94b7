import { readdir, readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Vm } from '../../../builder/vm/vm.ts';
import { gibibyte, isExhaustive, slowness, startTestVm } from '../../helpers/vm.ts';
import { type PreparedCard, prepareCard } from '../../helpers/vm-card.ts';

const fixtures = `${import.meta.dirname}/../../fixtures/card/full`;
const imagersHash = '$y$j9T$q8Zc1nVt0oWmE3sYfKdR5.$uB7aP9xCanaryHashLm2Q4rT6vX8zA0cE1gI3kO5sU7';
const password = 'as typed in Imager';
/** crypt(password) by SHA-512, made with Debian's perl. */
const passwordHash =
  '$6$HearthBootTest$q7V44eirNQ7t4dDsIEvI/qIhTCmZwyhuBpXm6OvRd3qsO9ItwiMQiuDL0b/LJaa0itcf0wreW2vR1dkHd7Rmr/';
/** What Imager adds to the kernel's command line, for the format that runs a script of the card. */
const imagersWords = [
  'systemd.run=/boot/firstrun.sh',
  'systemd.run_success_action=reboot',
  'systemd.unit=kernel-command-line.target',
];
/** Those that the device of the usual tests has not. */
const otherFormats = ['systemd-1.8', 'cloudinit', 'cloudinit-2.0', 'cloudinit-rpi', 'rpi-preseed'];

/** A card as Raspberry Pi Imager leaves it: host name, user, SSH key, Wi-Fi, time zone and keyboard are customised. */
export async function imagersCard(format: string): Promise<PreparedCard> {
  return await prepareCard(await imagersFiles(format), format.startsWith('systemd') ? imagersWords : []);
}

/** Name, user, SSH key and time zone are there at the first start; its password claims the device. */
export async function expectImagersSettings(vm: Vm): Promise<void> {
  // Nothing waits for these steps: SSH comes with the last of them.
  await expect
    .poll(async () => (await vm.run('systemctl is-active ssh; uname -n')).stdout, {
      timeout: 300_000 * slowness,
      interval: 2_000,
    })
    .toBe('active\nkitchen\n');

  expect(await vm.mustRun('readlink /etc/localtime')).toContain('Europe/Berlin');
  expect(await vm.mustRun('cat /home/anna/.ssh/authorized_keys')).toContain('ssh-ed25519 AAAA');
  expect(await vm.mustRun('stat -c "%U %a" /home/anna/.ssh/authorized_keys')).toBe('anna 600\n');
  expect(await vm.mustRun('cat /boot/firmware/cmdline.txt')).not.toMatch(/systemd\.(run|unit)|nocloud/);
  // What was on the card is not to be found on it any more, not in free space either.
  const raw = 'grep -c HearthBootTest "$(findmnt -no SOURCE /boot/firmware)"';
  expect((await vm.run(`sync; ${raw}`, { timeoutMs: 120_000 })).stdout.trim()).toBe('0');
  expect(await claim(vm, 'something else')).not.toContain('/setup/');
  expect(await claim(vm, password)).toMatch(/\/setup\/(locale|updates|samba)$/);
}

/** The other formats of Imager, each on a device of its own. */
export function describeOtherFormats(): void {
  describe('a card customised by Raspberry Pi Imager', () => {
    let vm: Vm | undefined;

    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') await vm?.saveEvidence();
      await vm?.[Symbol.asyncDispose]();
    });

    it.skipIf(!isExhaustive).each(otherFormats)(
      'in the format %s is set up as asked, and claimed with that password (only with --exhaustive)',
      async (format) => {
        await using card = await imagersCard(format);
        vm = await startTestVm(`imager-${format}`, { image: card.image, cardSizeBytes: 4 * gibibyte });
        await vm.waitForBoot();

        await expectImagersSettings(vm);
        expect(await vm.failedUnits()).toEqual([]);
      },
    );
  });
}

async function imagersFiles(format: string): Promise<Record<string, string>> {
  const names = (await readdir(`${fixtures}/${format}`)).filter((name) => name !== 'cmdline.txt');
  const files = await Promise.all(
    names.map(async (name) => [name, await readFile(`${fixtures}/${format}/${name}`, 'utf8')] as const),
  );
  return Object.fromEntries(files.map(([name, text]) => [name, text.replaceAll(imagersHash, passwordHash)]));
}

/** Sends the first form as a browser does. Gives the address that the answer leads to. */
async function claim(vm: Vm, credential: string): Promise<string> {
  const origin = `http://127.0.0.1:${vm.forwardedPort(80)}`;
  const page = await (await fetch(`${origin}/`)).text();
  const name = /<input[^>]* name="([a-z]+)"/.exec(page)?.[1] ?? 'code';
  const first = await fetch(`${origin}/claim`, {
    method: 'POST',
    redirect: 'manual',
    headers: { Origin: origin, 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ [name]: credential }).toString(),
  });
  const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
  const next = first.headers.get('location') ?? '';
  if (next !== '/') return next;
  const home = await fetch(`${origin}/`, { redirect: 'manual', headers: { Cookie: cookie } });
  return home.headers.get('location') ?? '';
}
