import { StepFailure } from '../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../90-first-boot/agent/setup/define.ts';

/** Read after 52hearth of the image, so it has the last word. */
const file = '/etc/apt/apt.conf.d/53hearth-setup';

/** Says which updates install themselves. */
export const updatesStep: SetupStep = {
  id: 'system.updates',
  order: 50,
  title: { en: 'Setting up updates', de: 'Aktualisierungen einstellen' },
  uses: ['updates'],
  seconds: 1,
  run: async (task) => {
    const wish = task.answers('updates')?.['install'];
    if (wish === undefined) return;
    const text = texts[wish];
    if (text === undefined)
      throw new StepFailure({
        en: `Nobody knows updates of the kind "${wish}".`,
        de: `Aktualisierungen der Art „${wish}“ gibt es nicht.`,
      });
    if (task.read(file) !== text) task.write(file, text, 0o644);
  },
  undo: async (task) => task.remove(file),
};

const head = '// Written by the setup: change it on the status page.\n';
const noRestart = 'Unattended-Upgrade::Automatic-Reboot "false";\n';

const texts: Readonly<Record<string, string>> = {
  all: `${head}${noRestart}`,
  'all-restart': `${head}Unattended-Upgrade::Automatic-Reboot "true";
Unattended-Upgrade::Automatic-Reboot-WithUsers "true";
Unattended-Upgrade::Automatic-Reboot-Time "03:30";
`,
  // The kernel comes from backports, so its security fixes do too.
  security: `${head}${noRestart}#clear Unattended-Upgrade::Origins-Pattern;
Unattended-Upgrade::Origins-Pattern {
  "origin=Debian,codename=\${distro_codename},label=Debian-Security";
  "origin=Debian,codename=\${distro_codename}-security,label=Debian-Security";
  "origin=Debian Backports,codename=\${distro_codename}-backports";
};
`,
};
