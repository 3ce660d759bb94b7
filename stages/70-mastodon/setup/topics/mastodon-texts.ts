import type { Choice } from '../../../90-first-boot/agent/setup/define.ts';
import type { LocalText } from '../../../90-first-boot/agent/text/local-text.ts';

const community: readonly Choice[] = [
  {
    value: 'alone',
    label: { en: 'For one person', de: 'Für eine Person' },
    help: {
      en: 'The front page is your profile. Nobody else can sign up.',
      de: 'Die Startseite ist Ihr Profil. Niemand sonst kann sich registrieren.',
    },
  },
  {
    value: 'community',
    label: { en: 'For several people', de: 'Für mehrere Menschen' },
    help: { en: 'Family, friends, a club.', de: 'Familie, Freundeskreis, Verein.' },
  },
];

const registrations: readonly Choice[] = [
  {
    value: 'closed',
    label: { en: 'Nobody: you invite people', de: 'Niemand: Sie laden Menschen ein' },
  },
  {
    value: 'approval',
    label: { en: 'Everybody, once you agree', de: 'Alle, sobald Sie zustimmen' },
  },
  {
    value: 'open',
    label: { en: 'Everybody, at once', de: 'Alle, sofort' },
    help: {
      en: 'You then have to look after it daily: spam finds open servers within hours.',
      de: 'Dann müssen Sie sich täglich darum kümmern: Spam findet offene Server binnen Stunden.',
    },
  },
];

/** What the topic and its fields say. */
export const texts = {
  title: { en: 'Shall Mastodon run here?', de: 'Soll hier Mastodon laufen?' },
  short: { en: 'Mastodon', de: 'Mastodon' },
  text: {
    en: 'Mastodon is a place for short messages, on your own device and in touch with thousands of others. It needs a domain of yours, the way into the Internet, and apps (k3s). 4 GB of memory is the least, 8 GB is good.',
    de: 'Mastodon ist ein Ort für kurze Nachrichten, auf Ihrem eigenen Gerät und in Verbindung mit Tausenden anderen. Es braucht eine Ihrer Domains, den Weg ins Internet und Apps (k3s). 4 GB Arbeitsspeicher sind das Mindeste, 8 GB sind gut.',
  },
  domain: {
    label: { en: 'Domain', de: 'Domain' },
    help: {
      en: 'The part of all names behind the @: with example.org, people find you as @anna@example.org. It can never be changed later.',
      de: 'Der Teil aller Namen hinter dem @: Mit example.org findet man Sie als @anna@example.org. Sie lässt sich später nie mehr ändern.',
    },
  },
  webDomain: {
    label: { en: 'Other domain of the pages', de: 'Andere Domain der Seiten' },
    help: {
      en: 'Leave it empty: the pages are at the domain above. Only if another web site is already there: the domain of the pages, such as social.example.org. It can never be changed either. The other web site must then redirect /.well-known/webfinger, /.well-known/host-meta and /.well-known/nodeinfo to the same paths here, with all that stands behind a question mark.',
      de: 'Leer lassen: Die Seiten sind unter der Domain von oben. Nur wenn dort schon eine andere Website ist: die Domain der Seiten, etwa social.example.org. Auch sie lässt sich nie mehr ändern. Die andere Website muss dann /.well-known/webfinger, /.well-known/host-meta und /.well-known/nodeinfo auf dieselben Pfade hier umleiten, mit allem, was hinter einem Fragezeichen steht.',
    },
  },
  owner: {
    label: { en: 'Your name there', de: 'Ihr Name dort' },
    help: {
      en: 'Small letters, digits and underscores, such as anna. You become the owner of the server.',
      de: 'Kleinbuchstaben, Ziffern und Unterstriche, etwa anna. Sie werden Eigentümerin oder Eigentümer des Servers.',
    },
  },
  email: {
    label: { en: 'Your e-mail address', de: 'Ihre E-Mail-Adresse' },
    help: {
      en: 'With it you sign in. The password is shown on the status page when Mastodon is ready.',
      de: 'Mit ihr melden Sie sich an. Das Passwort steht auf der Statusseite, sobald Mastodon bereit ist.',
    },
  },
  community: { label: { en: 'Who is it for?', de: 'Für wen ist es?' }, choices: community },
  registrations: {
    label: { en: 'Who may sign up?', de: 'Wer darf sich registrieren?' },
    choices: registrations,
  },
  language: { label: { en: 'Language of the pages', de: 'Sprache der Seiten' } },
} as const;

/** What only several answers together show. */
export const messages = {
  noCluster: {
    en: 'Mastodon needs apps (k3s). Please answer that question first, with "On its own, or as the first of several".',
    de: 'Mastodon braucht Apps (k3s). Bitte beantworten Sie zuerst diese Frage, mit „Allein oder als erstes von mehreren“.',
  },
  agent: {
    en: 'This device joins another one for its apps. Mastodon can be set up on that device only.',
    de: 'Dieses Gerät tritt für seine Apps einem anderen bei. Mastodon lässt sich nur auf jenem Gerät einrichten.',
  },
  sameDomain: {
    en: 'This is the domain from above. Please leave this field empty.',
    de: 'Das ist die Domain von oben. Bitte lassen Sie dieses Feld leer.',
  },
  filesHost: {
    en: 'Under this name the pictures and videos are. Please take another one for the pages.',
    de: 'Unter diesem Namen liegen die Bilder und Videos. Bitte nehmen Sie für die Seiten einen anderen.',
  },
  otherDomain: (domain: string): LocalText => ({
    en: `This Mastodon was made for ${domain} and can not get another domain. For another one, begin with a factory reset.`,
    de: `Dieses Mastodon wurde für ${domain} angelegt und kann keine andere Domain bekommen. Für eine andere setzen Sie das Gerät zuerst auf Werkszustand zurück.`,
  }),
  noOtherPages: {
    en: 'This Mastodon was made without another domain of the pages. Please leave this field empty.',
    de: 'Dieses Mastodon wurde ohne andere Domain der Seiten angelegt. Bitte lassen Sie dieses Feld leer.',
  },
  otherPages: (pages: string): LocalText => ({
    en: `The pages of this Mastodon are at ${pages}, and that can not be changed.`,
    de: `Die Seiten dieses Mastodon sind unter ${pages}, und das lässt sich nicht ändern.`,
  }),
  tunnel: (pages: string, hostname: string): LocalText => ({
    en: `The way into the Internet is set up for ${hostname}, but the pages would be at ${pages}. Please give both the same name.`,
    de: `Der Weg ins Internet ist für ${hostname} eingerichtet, die Seiten wären aber unter ${pages}. Bitte geben Sie bei beiden denselben Namen an.`,
  }),
} as const;
