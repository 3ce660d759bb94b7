import type { Answers, StageCall, StageCommand } from '../../../90-first-boot/agent/setup/define.ts';
import type { AnswersTo } from '../plan.ts';
import { isServer } from '../steps/mastodon-files.ts';
import { applyCommand } from './apply.ts';
import { mediaCommand, outgoingCommand, relayCommand, runCommand } from './jobs.ts';
import { passwordCommand } from './password.ts';
import { queuesCommand, statusCommand } from './status.ts';
import {
  NotPossible,
  notPossible,
  readWords,
  type Subcommand,
  UsageProblem,
  wrongUsage,
} from './subcommand.ts';
import { upgradeCommand } from './upgrade.ts';

const usual: Readonly<Record<string, Subcommand>> = {
  status: statusCommand,
  queues: queuesCommand,
  password: passwordCommand,
  relay: relayCommand,
  media: mediaCommand,
  run: runCommand,
  apply: applyCommand,
  outgoing: outgoingCommand,
  upgrade: upgradeCommand,
};

const help = `Usage: hearthctl mastodon COMMAND [OPTION]...

Looks after Mastodon. --json prints for scripts, --yes answers a question.

  status [--json]                     whether all parts run
  queues [--json]                     what waits to be done, and for how long
  password [NAME] [--yes] [--json]    makes a new password; without NAME, for the owner
  relay add URL [--yes]               asks a relay for its messages
  relay list [--json]
  relay remove URL
  media [--json]                      how much room pictures and videos take
  run CLEAN-UP                        clean-media, clean-previews or clean-accounts, now
  apply                               puts the settings into the cluster once more
  outgoing                            tries to reach another server
  upgrade WEB STREAMING [--yes]       another version: two images with version and digest, or two archives
  upgrade --continue                  goes on with an upgrade that was cut off
  upgrade --back [--yes]              gives up an upgrade; after its last step, with the database of before

  hearthctl mastodon status
  hearthctl mastodon password ada
  hearthctl mastodon relay add https://relay.example/inbox
  hearthctl mastodon upgrade ghcr.io/mastodon/mastodon:v4.7.5@sha256:… ghcr.io/mastodon/mastodon-streaming:v4.7.5@sha256:…`;

/** `hearthctl mastodon`. */
export const mastodonCommand: StageCommand = makeMastodonCommand();

/** The command with other subcommands, for tests. */
export function makeMastodonCommand(others: Readonly<Record<string, Subcommand>> = {}): StageCommand {
  return {
    name: 'mastodon',
    summary: 'looks after Mastodon: its state, accounts, relays, upgrades',
    help,
    run: async (call) => {
      try {
        return await runSubcommand(call, { ...usual, ...others });
      } catch (error) {
        if (!(error instanceof UsageProblem || error instanceof NotPossible)) throw error;
        call.complain(`hearthctl: ${error.message}`);
        return error instanceof UsageProblem ? wrongUsage : notPossible;
      }
    },
  };
}

async function runSubcommand(
  call: StageCall,
  subcommands: Readonly<Record<string, Subcommand>>,
): Promise<number> {
  const [name = '', ...args] = call.args;
  const subcommand = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
  if (subcommand === undefined)
    throw new UsageProblem(`mastodon: there is no command "${name}". See: hearthctl mastodon --help`);
  const read = readWords(name, subcommand, args);
  const answers = answersTo(call.answers);
  if (answers('mastodon') === undefined || !isServer(answers))
    throw new NotPossible('Mastodon is not set up on this device. See: hearthctl setup');
  return await subcommand.run({ call, answers, ...read });
}

function answersTo(answers: Answers): AnswersTo {
  return (topic) => {
    const answer = answers[topic];
    return answer?.state === 'answered' ? answer.values : undefined;
  };
}
