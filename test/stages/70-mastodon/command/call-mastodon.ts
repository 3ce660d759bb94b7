import { makeMastodonCommand } from '../../../../stages/70-mastodon/setup/command/mastodon-command.ts';
import type { Subcommand } from '../../../../stages/70-mastodon/setup/command/subcommand.ts';
import { makeDeviceTask } from '../../../../stages/90-first-boot/agent/apply/task.ts';
import { StepFailure } from '../../../../stages/90-first-boot/agent/device/door.ts';
import type { Values } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import { cutting, type FakeDevice } from '../../20-system-setup/fake-device.ts';
import { answers as usualAnswers } from '../steps/mastodon-device.ts';

export interface Called {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

export interface CallOptions {
  readonly answers?: Readonly<Record<string, Values>>;
  /** What the person says to a question; undefined: there is no person. */
  readonly says?: boolean;
  /** `upgrade` with other times. */
  readonly upgrade?: Subcommand;
  /** The power goes before its n-th operation. */
  readonly cutAt?: number;
}

/** Calls `hearthctl mastodon ARGS` on a fake device. */
export async function callMastodon(
  device: FakeDevice,
  args: string,
  { answers = usualAnswers, says, upgrade, cutAt }: CallOptions = {},
): Promise<Called> {
  const out: string[] = [];
  const err: string[] = [];
  const answered = Object.entries(answers).map(
    ([topic, values]) => [topic, { state: 'answered', values }] as const,
  );
  try {
    const exitCode = await makeMastodonCommand(upgrade === undefined ? {} : { upgrade }).run({
      args: args.split(' ').filter(Boolean),
      device: cutting(
        makeDeviceTask({
          look: device.look,
          blacken: (text) => text,
          log: (line) => device.log.push(line),
          signal: new AbortController().signal,
        }),
        cutAt,
      ),
      answers: Object.fromEntries(answered),
      say: (line) => out.push(line),
      complain: (line) => err.push(line),
      confirm: async () => says === true,
      isTerminal: says !== undefined,
      language: 'en',
      alone: async (work) => await work(),
    });
    return { exitCode, out: out.join('\n'), err: err.join('\n') };
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    return { exitCode: 1, out: out.join('\n'), err: [...err, error.message].join('\n') };
  }
}
