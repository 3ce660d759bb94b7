import { defineSetup } from '../90-first-boot/agent/setup/define.ts';
import { accountStep } from './setup/account-step.ts';
import { cdStep } from './setup/cd-step.ts';
import { plexPort } from './setup/identity.ts';
import { installStep } from './setup/install-step.ts';
import { folderCheck, serviceCheck, versionCheck } from './setup/plex-checks.ts';
import { plexTopic } from './setup/plex-topic.ts';
import { startStep } from './setup/start-step.ts';

export const setup = defineSetup({
  topics: [plexTopic],
  steps: [accountStep, installStep(), startStep(), cdStep()],
  checks: [serviceCheck(), versionCheck, folderCheck],
  links: [
    {
      title: 'Plex',
      text: {
        en: 'Sign in with your account at Plex, then add the folders with your films and your music.',
        de: 'Melden Sie sich mit Ihrem Konto bei Plex an und fügen Sie dann die Ordner mit Ihren Filmen und Ihrer Musik hinzu.',
      },
      address: ({ plex }, hostname) =>
        plex?.state === 'answered' ? `http://${hostname}.local:${plexPort}/web` : undefined,
    },
  ],
});
