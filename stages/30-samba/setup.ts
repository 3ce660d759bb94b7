import { type Answers, defineSetup, type Values } from '../90-first-boot/agent/setup/define.ts';
import { folderCheck, serviceCheck, userCheck } from './setup/samba-checks.ts';
import { announceStep, sambaStep } from './setup/samba-step.ts';
import { sambaTopic } from './setup/samba-topic.ts';

export const setup = defineSetup({
  topics: [sambaTopic],
  steps: [sambaStep, announceStep],
  checks: [serviceCheck, userCheck, folderCheck],
  links: [
    {
      title: { en: 'Shared folder', de: 'Gemeinsamer Ordner' },
      text: {
        en: 'macOS, Linux, phones: type this address in the file manager.',
        de: 'macOS, Linux, Telefone: diese Adresse in der Dateiverwaltung eingeben.',
      },
      address: (answers, hostname) => {
        const values = sambaValues(answers);
        return values === undefined ? undefined : `smb://${hostname}.local/${values['share'] ?? ''}`;
      },
    },
    {
      title: { en: 'Shared folder in Windows', de: 'Gemeinsamer Ordner in Windows' },
      text: {
        en: 'Type this address in the address bar of the Explorer.',
        de: 'Diese Adresse in die Adresszeile des Explorers eingeben.',
      },
      address: (answers, hostname) => {
        const values = sambaValues(answers);
        return values === undefined
          ? undefined
          : `\\\\${[hostname, values['share'] ?? []].flat().join('\\')}`;
      },
    },
  ],
});

function sambaValues({ samba }: Answers): Values | undefined {
  return samba?.state === 'answered' ? samba.values : undefined;
}
