import { defineSetup } from '../90-first-boot/agent/setup/define.ts';
import { certificateCheck, controllerCheck, serviceCheck } from './setup/cluster-checks.ts';
import { joinToken } from './setup/cluster-record.ts';
import { clusterStep } from './setup/cluster-step.ts';
import { clusterTopic } from './setup/cluster-topic.ts';
import { startStep } from './setup/start-step.ts';

export const setup = defineSetup({
  topics: [clusterTopic],
  steps: [clusterStep, startStep],
  checks: [serviceCheck, controllerCheck, certificateCheck],
  links: [
    {
      title: { en: 'Let another device join', de: 'Ein weiteres Gerät aufnehmen' },
      text: {
        en: 'On the other device, choose to join, and enter this address and the token.',
        de: 'Wählen Sie auf dem anderen Gerät, dass es beitritt, und geben Sie dort diese Adresse und das Token ein.',
      },
      address: ({ cluster }, hostname) => {
        if (cluster?.state !== 'answered') return undefined;
        const { role, others } = cluster.values;
        return role === 'server' && others === 'yes' ? `${hostname}.local` : undefined;
      },
      secret: { label: { en: 'Show the token', de: 'Token zeigen' }, read: joinToken },
    },
  ],
});
