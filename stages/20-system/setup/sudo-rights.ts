import { StepFailure, type StepTask } from '../../90-first-boot/agent/device/door.ts';

const file = '/etc/sudoers.d/hearth-administrator';
/** sudo reads no file with a dot in its name. */
const draft = `${file}.new`;

/** Lets the administrator do everything by sudo. Somebody with a key only has no password that sudo could ask for. */
export async function giveSudo(task: StepTask, name: string, hasPassword: boolean): Promise<void> {
  const text = `${name} ALL=(ALL:ALL) ${hasPassword ? '' : 'NOPASSWD: '}ALL\n`;
  if (task.read(file) === text) return;
  task.write(draft, text, 0o440);
  // One bad line and nobody could use sudo any more.
  const check = await task.run('visudo', ['-cf', draft]);
  task.remove(draft);
  if (check.exitCode !== 0) {
    task.log(`visudo: ${check.stderr.trim()}`);
    throw new StepFailure({
      en: 'The rights of the administrator could not be written down.',
      de: 'Die Rechte des Administrators ließen sich nicht festhalten.',
    });
  }
  task.write(file, text, 0o440);
}

/** Takes the rights back. */
export function takeSudo(task: StepTask): void {
  task.remove(draft);
  task.remove(file);
}
