import { readFileSync } from 'node:fs';
import { type Answers, defineSetup } from '../90-first-boot/agent/setup/define.ts';
import { mastodonPart } from './setup/backup/mastodon-part.ts';
import { mastodonChecks } from './setup/checks/mastodon-checks.ts';
import { mastodonCommand } from './setup/command/mastodon-command.ts';
import { frontStep } from './setup/front/front-step.ts';
import { mastodonService } from './setup/service-state.ts';
import { databaseStep } from './setup/steps/database-step.ts';
import { imagesStep } from './setup/steps/images-step.ts';
import { keysStep } from './setup/steps/keys-step.ts';
import { passwordFile } from './setup/steps/mastodon-files.ts';
import { ownerStep } from './setup/steps/owner-step.ts';
import { startStep } from './setup/steps/start-step.ts';
import { mastodonTopic } from './setup/topics/mastodon-topic.ts';
import { readMediaSettings } from './setup/topics/media-answers.ts';
import { makeMediaTopic } from './setup/topics/media-topic.ts';
import { moreTopic } from './setup/topics/more-topic.ts';

export const setup = defineSetup({
  topics: [mastodonTopic, makeMediaTopic(() => readMediaSettings({ read: readIfThere })), moreTopic],
  steps: [imagesStep, keysStep, databaseStep, startStep, frontStep, ownerStep],
  checks: mastodonChecks,
  services: [mastodonService],
  commands: [mastodonCommand],
  backups: [mastodonPart],
  links: [
    {
      title: 'Mastodon',
      text: {
        en: 'Your server, as everybody sees it.',
        de: 'Ihr Server, wie ihn alle sehen.',
      },
      address: (answers) => {
        const { domain, webDomain } = mastodonValues(answers);
        return domain === undefined ? undefined : `https://${webDomain || domain}`;
      },
    },
    {
      title: { en: 'Your account on Mastodon', de: 'Ihr Konto auf Mastodon' },
      text: {
        en: 'Sign in with your e-mail address. Under this name others find you.',
        de: 'Melden Sie sich mit Ihrer E-Mail-Adresse an. Unter diesem Namen finden Sie andere.',
      },
      address: (answers) => {
        const { domain, owner } = mastodonValues(answers);
        return domain === undefined ? undefined : `@${owner}@${domain}`;
      },
      secret: {
        label: { en: 'Show the first password', de: 'Erstes Passwort zeigen' },
        read: (device) => device.read(passwordFile)?.trim(),
        noted: passwordFile,
      },
    },
  ],
});

function mastodonValues({ mastodon }: Answers): Readonly<Record<string, string | undefined>> {
  return mastodon?.state === 'answered' ? mastodon.values : {};
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
