import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect } from 'vitest';
import type { Vm } from '../../../builder/vm/vm.ts';
import type { SetupEvent } from '../../../stages/90-first-boot/agent/door/protocol.ts';
import { slowness, testTools } from '../../helpers/vm.ts';
import { smbclient } from '../../helpers/vm-smb.ts';
import { answers, canary } from './answers.ts';

const state = '/var/lib/hearth';

/** Waits until the device says that it is set up. */
export async function waitUntilComplete(vm: Vm, timeoutMs = 300_000): Promise<void> {
  await expect
    .poll(async () => (await vm.run(`test -e ${state}/complete`)).exitCode, {
      timeout: timeoutMs * slowness,
      interval: 1_000,
      message: `the log of events: ${(await vm.run(`tail -n 5 ${state}/events.jsonl`)).stdout}`,
    })
    .toBe(0);
}

/** The whole log of events. Fails if an id is missing, comes twice or goes back. */
export async function readEvents(vm: Vm): Promise<readonly SetupEvent[]> {
  const { stdout } = await vm.run(`cat ${state}/events.jsonl`);
  const events = stdout
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => parseOrNothing(line));
  expect(events.map((event) => event.id)).toEqual(events.map((_, index) => index + 1));
  return events;
}

/** A torn last line is left where the power was cut; readers pass over it. */
function parseOrNothing(line: string): SetupEvent[] {
  try {
    return [JSON.parse(line) as SetupEvent];
  } catch {
    return [];
  }
}

/** Makes a key pair in the guest, for its own SSH client. Returns the public key. */
export async function makeSshKey(vm: Vm): Promise<string> {
  await vm.mustRun("rm -f /root/key /root/key.pub && ssh-keygen -q -t ed25519 -N '' -C owner -f /root/key");
  return (await vm.mustRun('cat /root/key.pub')).trim();
}

/** What all ways through the setup end in: name, time zone, administrator with SSH, share. */
export async function expectAnswersApplied(vm: Vm): Promise<void> {
  const { device, administrator, time, samba } = answers;
  expect((await vm.mustRun('uname -n')).trim()).toBe(device.name);
  expect(await vm.mustRun('cat /etc/hostname')).toBe(`${device.name}\n`);
  expect(await vm.mustRun('readlink /etc/localtime')).toContain(time.zone);
  expect(await vm.mustRun(`id -nG ${administrator.name}`)).toContain('sudo');
  const ssh = 'ssh -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -i /root/key';
  await vm.waitForUnit('ssh.service');
  expect(await vm.mustRun(`${ssh} ${administrator.name}@127.0.0.1 whoami`)).toBe(`${administrator.name}\n`);
  await expectShareWorks(vm, samba);
}

async function expectShareWorks(vm: Vm, { user, password, share }: typeof answers.samba): Promise<void> {
  await vm.waitForUnit('smbd.service');
  const folder = await mkdtemp(`${tmpdir()}/hearth-smb-`);
  try {
    await writeFile(`${folder}/login`, `username = ${user}\npassword = ${password}\n`);
    await writeFile(`${folder}/up.txt`, 'from a computer in the house');
    const client = { tools: await testTools(), port: vm.forwardedPort(445), folder };
    const commands = 'put up.txt note.txt; get note.txt down.txt; ls';
    const { exitCode, stdout, stderr } = await smbclient(
      client,
      ...['-A', 'login', `//127.0.0.1/${share}`, '-c', commands],
    );
    expect(exitCode, stdout + stderr).toBe(0);
    expect(stdout).toContain('note.txt');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Places of the device where a secret could be left: journal, logs, events, arguments of processes, the card. */
export async function placesWithCanary(vm: Vm): Promise<string> {
  // The pattern does not match itself: the search is a process with arguments too.
  const pattern = `[${canary[0]}]${canary.slice(1)}`;
  const { stdout } = await vm.run(
    [
      `journalctl --no-pager --boot -o cat | grep -c ${canary} | sed 's/^0$//; s/^/journal: /; /: $/d'`,
      `grep -rl ${canary} ${state}/events.jsonl ${state}/step-logs /run/issue.d /boot/firmware /etc /tmp 2>/dev/null`,
      `grep -l '${pattern}' /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null`,
    ].join('\n'),
  );
  return stdout.trim();
}
