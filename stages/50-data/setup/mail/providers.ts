import type { Choice } from '../../../90-first-boot/agent/setup/define.ts';

/** A company that takes mail from its customers and brings it on. */
export interface MailProvider {
  readonly id: string;
  readonly name: string;
  /** Where it takes mail. Undefined: each customer has to say it. */
  readonly server?: string;
  /** Some customers have another server: it may be said. */
  readonly hasOthers?: boolean;
  readonly port: number;
}

/** Well-known providers, in the order of the list on the page. All of them check a name and a password over TLS. */
export const mailProviders: readonly MailProvider[] = [
  { id: 'gmail', name: 'Gmail', server: 'smtp.gmail.com', port: 587 },
  { id: 'fastmail', name: 'Fastmail', server: 'smtp.fastmail.com', port: 465 },
  { id: 'mailgun', name: 'Mailgun', server: 'smtp.mailgun.org', hasOthers: true, port: 587 },
  { id: 'brevo', name: 'Brevo', server: 'smtp-relay.brevo.com', port: 587 },
  { id: 'postmark', name: 'Postmark', server: 'smtp.postmarkapp.com', port: 587 },
  { id: 'ses', name: 'Amazon SES', hasOthers: true, port: 587 },
  { id: 'sendgrid', name: 'SendGrid', server: 'smtp.sendgrid.net', port: 587 },
  { id: 'mailjet', name: 'Mailjet', server: 'in-v3.mailjet.com', port: 587 },
  { id: 'zoho', name: 'Zoho Mail', server: 'smtp.zoho.com', hasOthers: true, port: 465 },
  { id: 'ionos', name: 'IONOS', server: 'smtp.ionos.com', hasOthers: true, port: 587 },
  { id: 'gmx', name: 'GMX', server: 'mail.gmx.net', hasOthers: true, port: 587 },
  { id: 'posteo', name: 'Posteo', server: 'posteo.de', port: 587 },
  { id: 'migadu', name: 'Migadu', server: 'smtp.migadu.com', port: 465 },
  { id: 'icloud', name: 'iCloud Mail', server: 'smtp.mail.me.com', port: 587 },
  { id: 'outlook', name: 'Microsoft 365', server: 'smtp.office365.com', port: 587 },
];

/** The value for a provider that is not in the list. */
export const otherProvider = 'other';

/** The list of the page: all providers and one entry for others. */
export function providerChoices(): readonly Choice[] {
  const known = mailProviders.map(({ id, name }) => ({ value: id, label: name }));
  return [...known, { value: otherProvider, label: { en: 'Another one', de: 'Ein anderer' } }];
}

/** Tells whether the owner may name the server of this provider. */
export function mayNameServer(id: string): boolean {
  return id === otherProvider || providerOf(id)?.hasOthers === true;
}

/** Undefined: it is not in the list. */
export function providerOf(id: string): MailProvider | undefined {
  return mailProviders.find((provider) => provider.id === id);
}
