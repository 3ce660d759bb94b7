import { promises as timers } from 'node:timers';
import type { RunResult, StepTask } from '../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../90-first-boot/agent/setup/define.ts';
import { resetCountry, setCountry, unblockRadio } from './radio.ts';
import { wifiFailure, wifiReason } from './wifi-failure.ts';
import { profileFile, profileName, wifiProfileText } from './wifi-profile.ts';
import { wifiInterfaces } from './wifi-topic.ts';

const startWaitMs = 20_000;
const joinLimitSeconds = 45;
/** The first look around takes a few seconds after the radio went on. */
const tries = 2;

/** Joins the wireless network. A cable that works is left alone: it has a profile of its own, and goes first. */
export const wifiStep: SetupStep = {
  id: 'system.wifi',
  order: 40,
  title: { en: 'Joining the Wi-Fi network', de: 'WLAN verbinden' },
  uses: ['wifi'],
  seconds: 20,
  isOptional: true,
  run: async (task) => {
    const { country, network, password = '', hidden } = task.answers('wifi') ?? {};
    if (country === undefined || network === undefined) return;
    await setCountry(task, country);
    await unblockRadio(task);
    const text = wifiProfileText({ network, password, isHidden: hidden === 'yes' });
    const isNew = task.read(profileFile) !== text;
    if (isNew) task.write(profileFile, text, 0o600);
    task.progress(0.2, { en: 'Looking for the network', de: 'Das Netz wird gesucht' });
    if (!(await waitForNetworkManager(task))) {
      task.log('NetworkManager is not running yet: it joins the network when it starts');
      return;
    }
    await task.must('nmcli', ['connection', 'reload']);
    if (!(await waitFor(task, async () => wifiInterfaces(task).length > 0))) {
      task.log('there is no Wi-Fi hardware: the network is joined once there is');
      return;
    }
    if (!isNew && (await isUp(task))) return;
    await join(task, password === '' ? undefined : network);
  },
  undo: async (task) => {
    await task.run('nmcli', ['connection', 'delete', 'id', profileName], { timeoutMs: 30_000 });
    task.remove(profileFile);
    resetCountry(task);
    await task.run('nmcli', ['connection', 'reload']);
  },
};

/** `secured`: the network's name, if it has a password. */
async function join(task: StepTask, secured: string | undefined): Promise<void> {
  for (let turn = 1; ; turn++) {
    await task.run('nmcli', ['device', 'wifi', 'rescan'], { timeoutMs: 15_000 });
    task.progress(turn === 1 ? 0.4 : 0.7, { en: 'Joining the network', de: 'Verbindung wird aufgebaut' });
    const result = await task.run(
      'nmcli',
      ['--wait', String(joinLimitSeconds), 'connection', 'up', 'id', profileName],
      { timeoutMs: (joinLimitSeconds + 10) * 1000 },
    );
    if (result.exitCode === 0) return;
    const told = wifiReason(result.stderr, await deviceReason(task));
    // NetworkManager 1.52 says "not found" too when the router does not take the password (seen with two radios).
    const isRefused = told === 'notFound' && secured !== undefined && (await isHeard(task, secured));
    const reason = isRefused ? 'wrongPassword' : told;
    task.log(`nmcli: ${lastLine(result)}`);
    if (reason !== 'notFound' || turn >= tries || task.signal.aborted) throw wifiFailure(reason);
    await timers.setTimeout(4_000, undefined, { signal: task.signal }).catch(() => {});
  }
}

async function isHeard(task: StepTask, network: string): Promise<boolean> {
  const list = ['-g', 'SSID', 'device', 'wifi', 'list', '--rescan', 'no'];
  const { stdout } = await task.run('nmcli', list, { timeoutMs: 15_000 });
  return stdout.split('\n').includes(network.replaceAll(/[\\:]/g, '\\$&'));
}

async function waitForNetworkManager(task: StepTask): Promise<boolean> {
  return await waitFor(task, async () => {
    const { stdout } = await task.run('nmcli', ['-g', 'RUNNING', 'general'], { timeoutMs: 5_000 });
    return stdout.trim() === 'running';
  });
}

/** What is not there yet may come only while the device starts. */
async function waitFor(task: StepTask, isThere: () => Promise<boolean>): Promise<boolean> {
  for (let waitedMs = 0; ; waitedMs += 1_000) {
    if (await isThere()) return true;
    if (waitedMs >= startWaitMs || task.signal.aborted || !(await isStarting(task))) return false;
    await timers.setTimeout(1_000, undefined, { signal: task.signal }).catch(() => {});
  }
}

async function isStarting(task: StepTask): Promise<boolean> {
  const { stdout } = await task.run('systemctl', ['is-system-running'], { timeoutMs: 5_000 });
  return ['initializing', 'starting'].includes(stdout.trim());
}

async function isUp(task: StepTask): Promise<boolean> {
  const state = await task.run('nmcli', ['-g', 'GENERAL.STATE', 'connection', 'show', 'id', profileName]);
  return state.stdout.trim() === 'activated';
}

async function deviceReason(task: StepTask): Promise<string> {
  const [name] = wifiInterfaces(task);
  if (name === undefined) return '';
  return (await task.run('nmcli', ['-g', 'GENERAL.REASON', 'device', 'show', name])).stdout;
}

function lastLine({ stderr, stdout }: RunResult): string {
  return (stderr.trim() || stdout.trim()).split('\n').at(-1) ?? '';
}
