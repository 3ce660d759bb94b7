import type { StepTask } from '../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../90-first-boot/agent/setup/define.ts';
import { changeFile, forgetOriginal, keepOriginal, originalOf, putBack } from './originals.ts';

const nameFile = '/etc/hostname';
const hostsFile = '/etc/hosts';

/** Names the device, now and for every later start. */
export const hostnameStep: SetupStep = {
  id: 'system.hostname',
  order: 10,
  title: { en: 'Naming the device', de: 'Gerät benennen' },
  uses: ['device'],
  seconds: 3,
  run: async (task) => {
    const name = task.answers('device')?.['name'];
    if (name === undefined) return;
    keepOriginal(task, nameFile);
    // First the line that resolves it: sudo waits for a name server when the own name is unknown.
    nameInHosts(task, name);
    changeFile(task, nameFile, `${name}\n`);
    await takeName(task, name);
  },
  undo: async (task) => {
    const original = originalOf(task, nameFile)?.trim();
    if (original === undefined) return;
    nameInHosts(task, original);
    putBack(task, nameFile);
    await takeName(task, original);
    forgetOriginal(task, nameFile);
  },
};

function nameInHosts(task: StepTask, name: string): void {
  const lines = (task.read(hostsFile) ?? '127.0.0.1 localhost\n').trimEnd().split('\n');
  const line = `127.0.1.1 ${name}`;
  const at = lines.findIndex((one) => /^127\.0\.1\.1\s/.test(one));
  const changed = at < 0 ? [...lines, line] : lines.map((one, index) => (index === at ? line : one));
  const text = `${changed.join('\n')}\n`;
  if (task.read(hostsFile) !== text) task.write(hostsFile, text, 0o644);
}

async function takeName(task: StepTask, name: string): Promise<void> {
  // Not hostnamectl: it needs D-Bus, which may not be there yet, and writes the file once more, less safely.
  await task.must('hostname', [name]);
  // Announces NAME.local at once. Not running yet: it reads the name when it starts.
  await task.run('systemctl', ['--no-block', 'try-restart', 'avahi-daemon.service']);
}
