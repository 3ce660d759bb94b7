import { StepFailure, type StepTask } from '../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../90-first-boot/agent/setup/define.ts';
import { changeFile, forgetOriginal, originalOf, putBack } from './originals.ts';
import { settle } from './settle.ts';

const file = '/etc/default/keyboard';

/** Sets the layout of a keyboard on the device itself. */
export const keyboardStep: SetupStep = {
  id: 'system.keyboard',
  order: 25,
  title: { en: 'Setting up the keyboard', de: 'Tastatur einstellen' },
  uses: ['keyboard'],
  seconds: 4,
  isOptional: true,
  run: async (task) => {
    const { layout, variant = '' } = task.answers('keyboard') ?? {};
    if (layout === undefined || layout === '') return;
    if (!isKnown(task, layout))
      throw new StepFailure(
        {
          en: `The device does not know the keyboard layout "${layout}".`,
          de: `Das Gerät kennt die Tastaturbelegung „${layout}“ nicht.`,
        },
        {
          en: 'Please correct it in the file on the card. Examples: de, us, gb.',
          de: 'Bitte berichtigen Sie sie in der Datei auf der Karte. Beispiele: de, us, gb.',
        },
      );
    const now = task.read(file) ?? 'XKBMODEL="pc105"\nXKBOPTIONS=""\nBACKSPACE="guess"\n';
    changeFile(task, file, withLine(withLine(now, 'XKBLAYOUT', layout), 'XKBVARIANT', variant));
    await useKeymap(task);
  },
  undo: async (task) => {
    if (originalOf(task, file) === undefined) return;
    putBack(task, file);
    await useKeymap(task);
    forgetOriginal(task, file);
  },
};

async function useKeymap(task: StepTask): Promise<void> {
  // Saves the ready-made keymap that the next start loads; without a screen there is none to change now.
  const result = await task.run('setupcon', ['--save', '--keyboard-only', '--force']);
  if (result.exitCode !== 0) task.log('the keyboard is used from the next start on');
  await settle(task);
}

function withLine(text: string, key: string, value: string): string {
  const line = `${key}="${value}"`;
  const shape = new RegExp(`^${key}=.*$`, 'm');
  return shape.test(text) ? text.replace(shape, line) : `${text.trimEnd()}\n${line}\n`;
}

/** Looks in the list of layouts; a device without the list tries. */
function isKnown(task: StepTask, layout: string): boolean {
  const list = task.read('/usr/share/X11/xkb/rules/base.lst');
  const [, section] = /^! layout\n([^!]*)/m.exec(list ?? '') ?? [];
  return section === undefined || new RegExp(`^\\s+${layout}\\s`, 'm').test(section);
}
