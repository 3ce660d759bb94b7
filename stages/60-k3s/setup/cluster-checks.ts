import type { DeviceLook } from '../../90-first-boot/agent/device/door.ts';
import type { CheckResult, DoctorCheck } from '../../90-first-boot/agent/setup/define.ts';
import { certificateTimes } from './certificates.ts';
import { switchFile } from './cluster-files.ts';
import { cardData } from './cluster-record.ts';
import { missingControllers } from './controllers.ts';

const dayMs = 86_400_000;
/** k3s renews at a start what ends within 120 days, and is started again every 60 days. */
const lateDays = 50;

const notSetUp: CheckResult = {
  state: 'good',
  meaning: {
    en: 'Apps are not set up on this device.',
    de: 'Auf diesem Gerät sind keine Apps eingerichtet.',
  },
};

/** k3s runs, and a server's cluster says that it is ready. */
export const serviceCheck: DoctorCheck = {
  id: 'k3s.service',
  title: { en: 'Apps: service', de: 'Apps: Dienst' },
  run: async (device) => {
    const chosen = device.read(switchFile);
    if (chosen === undefined) return notSetUp;
    const { stdout } = await device.run('systemctl', ['is-active', 'k3s.service'], { timeoutMs: 5_000 });
    if (stdout.trim() === 'activating') return starting;
    if (stdout.trim() !== 'active') return notRunning;
    if (!/^HEARTH_K3S_COMMAND=server$/m.test(chosen)) return member;
    // By systemd, because k3s unpacks itself into its data folder, and the doctor may start no program from there.
    const answer = await device.run(
      'systemd-run',
      [
        ...['--quiet', '--wait', '--pipe', '--collect', '--property=RuntimeMaxSec=15'],
        ...['/usr/local/bin/k3s', 'kubectl', 'get', '--raw', '/readyz'],
      ],
      { timeoutMs: 20_000 },
    );
    return answer.exitCode === 0 && answer.stdout.trim() === 'ok' ? ready : notReady;
  },
};

/** The kernel offers what containers need. */
export const controllerCheck: DoctorCheck = {
  id: 'k3s.controllers',
  title: { en: 'Apps: kernel', de: 'Apps: Kernel' },
  run: async (device) => {
    const missing = missingControllers(device);
    if (missing.length === 0)
      return {
        state: 'good',
        meaning: { en: 'The kernel can limit containers.', de: 'Der Kernel kann Container begrenzen.' },
      };
    return {
      state: device.read(switchFile) === undefined ? 'warning' : 'bad',
      meaning: {
        en: `Missing in the kernel: ${missing.join(', ')}. Apps can not start.`,
        de: `Im Kernel fehlt: ${missing.join(', ')}. Apps können nicht starten.`,
      },
      todo: {
        en: 'See that cmdline.txt on the card does not say cgroup_disable, and restart the device.',
        de: 'Sorgen Sie dafür, dass in cmdline.txt auf der Karte kein cgroup_disable steht, und starten Sie das Gerät neu.',
      },
    };
  },
};

/** The certificates with which the parts of k3s know each other hold, and go on to hold. */
export const certificateCheck: DoctorCheck = {
  id: 'k3s.certificates',
  title: { en: 'Apps: certificates', de: 'Apps: Zertifikate' },
  run: async (device) => certificateState(device, Date.now()),
};

/** What the doctor says of the certificates at a time. */
export function certificateState(device: DeviceLook, nowMs: number): CheckResult {
  const chosen = device.read(switchFile);
  if (chosen === undefined) return notSetUp;
  const [, dataFolder = cardData] = /^HEARTH_K3S_DATA=(\S+)$/m.exec(chosen) ?? [];
  const times = certificateTimes(device, dataFolder);
  if (times === undefined) return noCertificates;
  if (times.lastBeginMs > nowMs + dayMs) return notYet;
  const days = Math.floor((times.firstEndMs - nowMs) / dayMs);
  if (days < 0) return { state: 'bad', meaning: messages.ended, todo: messages.restart };
  const meaning = {
    en: `They hold for ${days} more days and are renewed in time.`,
    de: `Sie gelten noch ${days} Tage und werden rechtzeitig erneuert.`,
  };
  if (days > lateDays) return { state: 'good', meaning };
  return {
    state: 'warning',
    meaning: {
      en: `They hold for ${days} more days and have not been renewed.`,
      de: `Sie gelten noch ${days} Tage und wurden nicht erneuert.`,
    },
    todo: messages.restart,
  };
}

const messages = {
  restart: {
    en: 'Restart the device: that renews them.',
    de: 'Starten Sie das Gerät neu: Das erneuert sie.',
  },
  ended: { en: 'They have ended. Apps do not work.', de: 'Sie sind abgelaufen. Apps arbeiten nicht.' },
} as const;

const restart = {
  en: 'Restart the device. If it stays so, "journalctl -u k3s" tells more.',
  de: 'Starten Sie das Gerät neu. Bleibt es so, sagt „journalctl -u k3s“ mehr.',
} as const;

const ready: CheckResult = {
  state: 'good',
  meaning: { en: 'The service runs and is ready.', de: 'Der Dienst läuft und ist bereit.' },
};

const member: CheckResult = {
  state: 'good',
  meaning: {
    en: 'The service runs; the apps are directed by another device.',
    de: 'Der Dienst läuft; die Apps leitet ein anderes Gerät.',
  },
};

const starting: CheckResult = {
  state: 'warning',
  meaning: {
    en: 'The service is starting, or tries again and again.',
    de: 'Der Dienst startet gerade oder versucht es immer wieder.',
  },
  todo: {
    en: 'Wait some minutes. If it stays so, see that the device has a network, and "journalctl -u k3s".',
    de: 'Warten Sie einige Minuten. Bleibt es so, prüfen Sie das Netz des Geräts und „journalctl -u k3s“.',
  },
};

const notRunning: CheckResult = {
  state: 'bad',
  meaning: { en: 'The service does not run.', de: 'Der Dienst läuft nicht.' },
  todo: {
    en: 'See that the disk for the apps is connected, if there is one, and restart the device.',
    de: 'Prüfen Sie, ob der Datenträger für die Apps angeschlossen ist, wenn es einen gibt, und starten Sie das Gerät neu.',
  },
};

const notReady: CheckResult = {
  state: 'bad',
  meaning: {
    en: 'The service runs, but the cluster is not ready.',
    de: 'Der Dienst läuft, aber der Cluster ist nicht bereit.',
  },
  todo: restart,
};

const noCertificates: CheckResult = {
  state: 'warning',
  meaning: { en: 'There are no certificates yet.', de: 'Es gibt noch keine Zertifikate.' },
  todo: restart,
};

const notYet: CheckResult = {
  state: 'bad',
  meaning: {
    en: 'They begin in the future: the clock was set back.',
    de: 'Sie gelten erst in der Zukunft: Die Uhr wurde zurückgestellt.',
  },
  todo: {
    en: 'See that the device reaches the Internet, so that its clock is right, and restart it.',
    de: 'Sorgen Sie dafür, dass das Gerät ins Internet kommt und seine Uhr stimmt, und starten Sie es neu.',
  },
};
