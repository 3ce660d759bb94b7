import { StepFailure, type StepTask } from '../../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../../90-first-boot/agent/setup/define.ts';
import { type MailPlan, mailPlan } from './mail-plan.ts';
import { mailFile, recordText } from './mail-record.ts';
import {
  loginFile,
  loginText,
  mailboxFolder,
  mainText,
  masterText,
  type PostfixHost,
  sendersFile,
  sendersText,
} from './postfix-text.ts';

const unit = 'postfix.service';
const mainFile = '/etc/postfix/main.cf';
const masterFile = '/etc/postfix/master.cf';
const owner = 'hearth-mail';

/**
 * Sets Postfix up for Mastodon: mail to a provider, or kept on the device. Ends it when there is no Mastodon. Uses another
 * topic too: with skipped ones alone no step runs.
 */
export const mailStep: SetupStep = {
  id: 'mail.relay',
  order: 155,
  title: { en: 'Setting up mail', de: 'Post einrichten' },
  uses: ['mail', 'mastodon', 'administrator'],
  afterClaim: true,
  seconds: 4,
  isOptional: true,
  run: async (task) => {
    const mastodon = task.answers('mastodon');
    if (mastodon === undefined) return await endMail(task);
    const plan = mailPlan(task.answers('mail'));
    if (plan === undefined) throw noServer();
    const host = await hostOf(task, mastodon['webDomain'] || mastodon['domain'] || 'hearth.invalid');
    if (plan.how === 'local') await makeMailbox(task);
    writeFiles(task, plan, host);
    // Also when nothing changed: the step may have ended between the files and this.
    await task.must('systemctl', ['restart', unit]);
  },
  undo: async (task) => {
    task.remove(mailFile);
    // Mail that still waits is of the owner before.
    if (task.read(mainFile) !== undefined) await task.run('postsuper', ['-d', 'ALL']);
    for (const path of [loginFile, sendersFile, mainFile, mailboxFolder]) task.remove(path);
    await task.must('sync');
  },
};

async function endMail(task: StepTask): Promise<void> {
  if (task.read(mailFile) === undefined && task.read(loginFile) === undefined) return;
  // The unit does not start without it: so it is not started by the next boot either.
  task.remove(mailFile);
  await task.must('systemctl', ['stop', unit]);
  task.remove(loginFile);
}

async function hostOf(task: StepTask, name: string): Promise<PostfixHost> {
  const services = JSON.parse(task.read('/var/lib/hearth/data.json') ?? '{}') as {
    readonly address?: string;
    readonly smtp?: { readonly port: number };
  };
  const id = async (kind: string) => Number((await task.must('id', [kind, owner])).stdout.trim());
  return {
    name,
    address: services.address ?? '10.44.0.1',
    port: services.smtp?.port ?? 25,
    mailbox: { uid: await id('-u'), gid: await id('-g') },
  };
}

async function makeMailbox(task: StepTask): Promise<void> {
  await task.must('install', ['-d', '-m', '0755', '/srv/hearth']);
  await task.must('install', ['-d', '-m', '0700', '-o', owner, '-g', owner, mailboxFolder]);
}

/** The one that lets Postfix start comes last. */
function writeFiles(task: StepTask, plan: MailPlan, host: PostfixHost): void {
  const login = plan.how === 'relay' ? loginText(plan) : undefined;
  if (login === undefined) task.remove(loginFile);
  const files: readonly (readonly [string, string, number])[] = [
    ...(login === undefined ? [] : [[loginFile, login, 0o600] as const]),
    ...(plan.how === 'relay' ? [[sendersFile, sendersText(plan), 0o644] as const] : []),
    [masterFile, masterText(host), 0o644],
    [mainFile, mainText(plan, host), 0o644],
    [mailFile, recordText(plan), 0o600],
  ];
  for (const [path, text, mode] of files) if (task.read(path) !== text) task.write(path, text, mode);
}

function noServer(): StepFailure {
  return new StepFailure(
    {
      en: 'The answers do not tell to which server mail shall go.',
      de: 'Aus den Antworten geht nicht hervor, zu welchem Server die Post gehen soll.',
    },
    {
      en: 'Choose your provider in the settings of the mail, or give its server.',
      de: 'Wählen Sie in den Einstellungen der Post Ihren Anbieter, oder geben Sie seinen Server an.',
    },
  );
}
