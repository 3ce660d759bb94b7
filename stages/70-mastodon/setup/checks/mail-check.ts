import { type Dirent, readdirSync } from 'node:fs';
import type { DeviceLook } from '../../../90-first-boot/agent/device/door.ts';
import type { CheckResult } from '../../../90-first-boot/agent/setup/define.ts';
import { bad, good, warning } from './edge-texts.ts';
import { type DoctorFacts, readServices } from './facts.ts';
import type { MastodonCheck } from './scene.ts';
import { askSmtp } from './smtp.ts';
import type { World } from './world.ts';

/** Mails that a provider did not take yet; one or two are nothing. */
const manyWaiting = 5;
const queueFolder = '/var/spool/postfix/deferred';

/** 14: mails leave the device, and others take them for real. */
export const mailCheck: MastodonCheck = {
  id: 'mastodon.mail',
  title: { en: 'Mastodon: mail', de: 'Mastodon: E-Mail' },
  look: async ({ facts, device, world, signal }) => {
    const port = readServices(device)?.smtp.port;
    if (port === undefined) return silent;
    const answer = await askSmtp({ port, from: facts.mailFrom, to: facts.ownerEmail, signal });
    if (answer.state === 'silent') return silent;
    if (answer.state === 'refused') return refused(answer.words);
    if (facts.mail === 'none') return nobodyGets;
    if (facts.mail === 'local') return keptHere;
    const waiting = countFiles(device, queueFolder);
    if (waiting > manyWaiting) return stuck(waiting);
    return (await recordProblem(facts, world)) ?? fine;
  },
};

async function recordProblem(
  { mailFrom }: DoctorFacts,
  { resolve }: World,
): Promise<CheckResult | undefined> {
  const domain = mailFrom.slice(mailFrom.lastIndexOf('@') + 1);
  const texts = await resolve(domain, 'TXT');
  if (!texts.some((one) => /^v=spf1(\s|$)/i.test(one))) return noSpf(domain);
  const labels = domain.split('.');
  // The record of a domain holds for the names below it too.
  const domains = labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'));
  const policies = await Promise.all(domains.map(async (name) => await resolve(`_dmarc.${name}`, 'TXT')));
  return policies.flat().some((one) => /^v=DMARC1(\s|;|$)/i.test(one)) ? undefined : noDmarc(domain);
}

/** Files in a folder of Postfix, which sorts them into folders with one letter. */
function countFiles(device: DeviceLook, folder: string): number {
  return entriesOf(device, folder)
    .map((entry) => {
      if (entry.isFile()) return 1;
      return entry.isDirectory() && entry.name.length === 1
        ? countFiles(device, `${folder}/${entry.name}`)
        : 0;
    })
    .reduce((sum, count) => sum + count, 0);
}

function entriesOf({ path }: DeviceLook, folder: string): readonly Dirent[] {
  try {
    return readdirSync(path(folder), { withFileTypes: true });
  } catch {
    return [];
  }
}

const fine: CheckResult = good({
  en: 'Mails of Mastodon leave the device.',
  de: 'E-Mails von Mastodon verlassen das Gerät.',
});

const keptHere: CheckResult = good({
  en: 'Mails of Mastodon are kept on this device (hearthctl mail list), as you wish.',
  de: 'E-Mails von Mastodon bleiben auf diesem Gerät (hearthctl mail list), wie gewünscht.',
});

const nobodyGets: CheckResult = warning(
  {
    en: 'Mails of Mastodon stay on this device (hearthctl mail list): nobody can ask for a new password.',
    de: 'E-Mails von Mastodon bleiben auf diesem Gerät (hearthctl mail list): Niemand kann ein neues Passwort anfordern.',
  },
  {
    en: 'Answer the question about mail in the setup.',
    de: 'Beantworten Sie in der Einrichtung die Frage zu E-Mails.',
  },
);

const silent: CheckResult = bad(
  {
    en: 'The mail service of this device does not answer.',
    de: 'Der E-Mail-Dienst dieses Geräts antwortet nicht.',
  },
  {
    en: 'Restart the device. If it stays so, "journalctl -u postfix" tells more.',
    de: 'Starten Sie das Gerät neu. Bleibt es so, sagt „journalctl -u postfix“ mehr.',
  },
);

function refused(words: string): CheckResult {
  return bad(
    {
      en: `The mail service of this device refuses mails of Mastodon: ${words}`,
      de: `Der E-Mail-Dienst dieses Geräts lehnt E-Mails von Mastodon ab: ${words}`,
    },
    {
      en: 'See that the sender in the settings of mail is an address of your domain.',
      de: 'Sorgen Sie dafür, dass der Absender in den Einstellungen zu E-Mails eine Adresse Ihrer Domain ist.',
    },
  );
}

function stuck(count: number): CheckResult {
  return warning(
    {
      en: `${count} mails wait: the provider did not take them. They are tried again for five days.`,
      de: `${count} E-Mails warten: Der Anbieter hat sie nicht angenommen. Fünf Tage lang wird es neu versucht.`,
    },
    {
      en: 'Check name, password and sender in the settings of mail. "journalctl -u postfix" has the words of the provider.',
      de: 'Prüfen Sie Name, Passwort und Absender in den Einstellungen zu E-Mails. „journalctl -u postfix“ enthält die Worte des Anbieters.',
    },
  );
}

function noSpf(domain: string): CheckResult {
  return warning(
    {
      en: `Mails from ${domain} may be taken for spam: the domain does not say who may send for it (SPF).`,
      de: `E-Mails von ${domain} gelten vielleicht als Spam: Die Domain sagt nicht, wer für sie senden darf (SPF).`,
    },
    {
      en: `At Cloudflare, open DNS of the domain and add a TXT record for ${domain} with the text that your mail provider gives you. It begins with v=spf1.`,
      de: `Öffnen Sie bei Cloudflare „DNS“ der Domain und legen Sie für ${domain} einen TXT-Eintrag mit dem Text an, den Ihnen Ihr E-Mail-Anbieter nennt. Er beginnt mit v=spf1.`,
    },
  );
}

function noDmarc(domain: string): CheckResult {
  return warning(
    {
      en: `Mails from ${domain} may be taken for spam: the domain has no DMARC record.`,
      de: `E-Mails von ${domain} gelten vielleicht als Spam: Die Domain hat keinen DMARC-Eintrag.`,
    },
    {
      en: `At Cloudflare, open DNS of the domain and add a TXT record with the name _dmarc and the text: v=DMARC1; p=none`,
      de: `Öffnen Sie bei Cloudflare „DNS“ der Domain und legen Sie einen TXT-Eintrag mit dem Namen _dmarc und diesem Text an: v=DMARC1; p=none`,
    },
  );
}
