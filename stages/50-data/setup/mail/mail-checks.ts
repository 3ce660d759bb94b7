import { readdirSync } from 'node:fs';
import type { DeviceLook } from '../../../90-first-boot/agent/device/door.ts';
import type { CheckResult, DoctorCheck } from '../../../90-first-boot/agent/setup/define.ts';
import { type MailQueue, readQueue } from './mail-queue.ts';
import { type MailRecord, readMailRecord } from './mail-record.ts';
import { mailboxFolder } from './postfix-text.ts';

const unit = 'postfix.service';
const dayMs = 24 * 3_600_000;

/** Does mail leave, or does it wait, and why? */
export const queueCheck: DoctorCheck = {
  id: 'mail.queue',
  title: { en: 'Mail that waits', de: 'Wartende Post' },
  run: async (device) => {
    const record = readMailRecord(device);
    if (record === undefined) return notSetUp;
    const { stdout } = await device.run('systemctl', ['is-active', unit], { timeoutMs: 5_000 });
    if (stdout.trim() !== 'active') return notRunning;
    if (record.how === 'local') return keptHere(device);
    return queueResult(readQueue(device, Date.now()), record);
  },
};

/** What did the provider or a receiver not want for good? */
export const refusalCheck: DoctorCheck = {
  id: 'mail.refusal',
  title: { en: 'Mail that was refused', de: 'Abgelehnte Post' },
  run: async (device) => {
    const record = readMailRecord(device);
    if (record?.how !== 'relay') return record === undefined ? notSetUp : noneRefused;
    const { stdout } = await device.run(
      'journalctl',
      [`--unit=${unit}`, '--since=-2d', '--output=cat', '--lines=50', '--quiet', '--grep=status=bounced'],
      { timeoutMs: 5_000 },
    );
    const reasons = refusalsIn(stdout);
    const last = reasons.at(-1);
    return last === undefined ? noneRefused : refused(reasons.length, last);
  },
};

/** The reasons in Postfix's lines about mail that it gave up, without the receivers. */
export function refusalsIn(log: string): readonly string[] {
  return [...log.matchAll(/status=bounced \((.*)\)\s*$/gm)].map(([, reason = '']) =>
    reason.replaceAll(/<[^<>\s]+@[^<>\s]+>/g, '<…>').slice(0, 300),
  );
}

function queueResult({ count, oldestMs, reason }: MailQueue, { server = '' }: MailRecord): CheckResult {
  if (count === 0 || reason === undefined)
    return {
      state: 'good',
      meaning: {
        en: `No mail is waiting for ${server}.`,
        de: `Es wartet keine Post auf ${server}.`,
      },
    };
  const said = reason.replaceAll(/<[^<>\s]+@[^<>\s]+>/g, '<…>');
  const [mails, post] =
    count === 1 ? ['1 mail waits', '1 Mail wartet'] : [`${count} mails wait`, `${count} Mails warten`];
  return {
    state: oldestMs > dayMs ? 'bad' : 'warning',
    meaning: {
      en: `${mails} and will be tried again for three days. The last reason: ${said}`,
      de: `${post}, es wird drei Tage lang weiter versucht. Der letzte Grund: ${said}`,
    },
    todo: /authentication|535|534|SASL/i.test(reason) ? newPassword : look,
  };
}

function keptHere({ path }: DeviceLook): CheckResult {
  const count = ['new', 'cur'].reduce((sum, name) => sum + countIn(path(`${mailboxFolder}/${name}`)), 0);
  return {
    state: 'good',
    meaning: {
      en: `Mail stays on this device: ${count} kept. "hearthctl mail" shows them.`,
      de: `Post bleibt auf diesem Gerät: ${count} vorhanden. „hearthctl mail“ zeigt sie.`,
    },
  };
}

function countIn(folder: string): number {
  try {
    return readdirSync(folder).length;
  } catch {
    return 0;
  }
}

function refused(count: number, reason: string): CheckResult {
  return {
    state: 'warning',
    meaning: {
      en: `In the last two days ${count} mail(s) were refused for good. The last reason: ${reason}`,
      de: `In den letzten zwei Tagen endgültig abgelehnt: ${count} Mail(s). Der letzte Grund: ${reason}`,
    },
    todo: {
      en: 'If the reason is about the sender: allow its address or domain at your provider, or enter another sender in the settings of the mail. If it is about a receiver, that address is wrong.',
      de: 'Geht es um den Absender: Erlauben Sie seine Adresse oder Domain bei Ihrem Anbieter, oder geben Sie in den Einstellungen der Post einen anderen Absender an. Geht es um einen Empfänger, ist dessen Adresse falsch.',
    },
  };
}

const notSetUp: CheckResult = {
  state: 'good',
  meaning: { en: 'Mail is not set up.', de: 'Post ist nicht eingerichtet.' },
};

const noneRefused: CheckResult = {
  state: 'good',
  meaning: {
    en: 'In the last two days no mail was refused.',
    de: 'In den letzten zwei Tagen wurde keine Post abgelehnt.',
  },
};

const notRunning: CheckResult = {
  state: 'bad',
  meaning: {
    en: 'The mail service does not run: what Mastodon wants to send waits in Mastodon.',
    de: 'Der Postdienst läuft nicht: Was Mastodon verschicken will, wartet in Mastodon.',
  },
  todo: {
    en: 'Restart the device. If it stays so, "journalctl -u postfix" tells more.',
    de: 'Starten Sie das Gerät neu. Bleibt es so, sagt „journalctl -u postfix“ mehr.',
  },
};

const newPassword = {
  en: 'Enter user name and password of the mail provider once more in the settings of the mail.',
  de: 'Geben Sie in den Einstellungen der Post Benutzernamen und Passwort des Mailanbieters noch einmal ein.',
} as const;

const look = {
  en: 'See that the device reaches the Internet, and check server and port in the settings of the mail.',
  de: 'Sorgen Sie dafür, dass das Gerät ins Internet kommt, und prüfen Sie in den Einstellungen der Post Server und Port.',
} as const;
