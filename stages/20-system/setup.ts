import { defineSetup } from '../90-first-boot/agent/setup/define.ts';
import { administratorStep } from './setup/administrator-step.ts';
import { administratorTopic } from './setup/administrator-topic.ts';
import { memoryCheck, powerCheck } from './setup/board-checks.ts';
import { deviceTopic } from './setup/device-topic.ts';
import { hostnameStep } from './setup/hostname-step.ts';
import { keyboardStep } from './setup/keyboard-step.ts';
import { keyboardTopic } from './setup/keyboard-topic.ts';
import { localeTopic } from './setup/locale-topic.ts';
import { addressCheck, internetCheck, nameCheck } from './setup/network-checks.ts';
import { signIn } from './setup/sign-in.ts';
import { cardCheck, diskCheck } from './setup/storage-checks.ts';
import { timeTopic } from './setup/time-topic.ts';
import { timezoneStep } from './setup/timezone-step.ts';
import { updatesStep } from './setup/updates-step.ts';
import { updatesTopic } from './setup/updates-topic.ts';
import { clockCheck, restartCheck, unitsCheck, upgradesCheck } from './setup/upkeep-checks.ts';
import { wifiStep } from './setup/wifi-step.ts';
import { wifiTopic } from './setup/wifi-topic.ts';

export const setup = defineSetup({
  topics: [localeTopic, deviceTopic, administratorTopic, timeTopic, wifiTopic, keyboardTopic, updatesTopic],
  steps: [hostnameStep, timezoneStep, keyboardStep, administratorStep, wifiStep, updatesStep],
  checks: [
    addressCheck,
    internetCheck,
    nameCheck,
    clockCheck,
    diskCheck,
    cardCheck,
    memoryCheck,
    powerCheck,
    unitsCheck,
    upgradesCheck,
    restartCheck,
  ],
  links: [
    {
      title: 'SSH',
      text: {
        en: 'A terminal on the device, with your SSH key.',
        de: 'Ein Terminal auf dem Gerät, mit Ihrem SSH-Schlüssel.',
      },
      address: ({ administrator }, hostname) => {
        if (administrator?.state !== 'answered') return undefined;
        const { name, sshKeys, sshPassword } = administrator.values;
        return sshKeys || sshPassword === 'yes' ? `ssh ${name}@${hostname}.local` : undefined;
      },
    },
  ],
  signIn,
});
