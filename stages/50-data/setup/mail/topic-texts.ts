/** What the fields of the topic say. */
export const fields = {
  how: {
    label: { en: 'Where shall mail go?', de: 'Wohin soll die Post gehen?' },
    choices: [
      {
        value: 'relay',
        label: { en: 'To a mail provider', de: 'Zu einem Mailanbieter' },
        help: {
          en: 'It sends confirmations and notices to people on the Internet. Needed if others shall register.',
          de: 'Er schickt Bestätigungen und Hinweise an Menschen im Internet. Nötig, wenn sich andere anmelden sollen.',
        },
      },
      {
        value: 'local',
        label: { en: 'Keep it on this device', de: 'Auf diesem Gerät behalten' },
        help: {
          en: 'For a server of your own: "hearthctl mail" shows what came.',
          de: 'Für einen Server nur für Sie: „hearthctl mail“ zeigt, was gekommen ist.',
        },
      },
    ],
  },
  provider: { label: { en: 'Mail provider', de: 'Mailanbieter' } },
  server: {
    label: { en: 'Server for outgoing mail', de: 'Server für ausgehende Post (SMTP)' },
    help: {
      en: 'Your provider names it under SMTP. Leave it empty to use the usual one. Amazon SES and providers outside of the list need it, such as email-smtp.eu-central-1.amazonaws.com.',
      de: 'Ihr Anbieter nennt ihn unter SMTP. Leer lassen heißt: der übliche. Amazon SES und Anbieter außerhalb der Liste brauchen ihn, etwa email-smtp.eu-central-1.amazonaws.com.',
    },
  },
  port: {
    label: { en: 'Port', de: 'Port' },
    help: {
      en: '587 (STARTTLS) if you leave it empty, or 465 (TLS). Mail is never sent without encryption.',
      de: '587 (STARTTLS), wenn Sie es leer lassen, oder 465 (TLS). Post wird nie unverschlüsselt verschickt.',
    },
  },
  user: {
    label: { en: 'User name', de: 'Benutzername' },
    help: {
      en: 'Mostly your whole mail address. SendGrid: the word apikey. Postmark: the server token. Amazon SES, Mailjet, Mailgun and Brevo: the SMTP user name that they show you.',
      de: 'Meist Ihre ganze Mailadresse. SendGrid: das Wort apikey. Postmark: das Server-Token. Amazon SES, Mailjet, Mailgun und Brevo: der SMTP-Benutzername, den sie Ihnen zeigen.',
    },
  },
  password: {
    label: { en: 'Password', de: 'Passwort' },
    help: {
      en: 'Gmail, iCloud, Fastmail and Zoho want an app password, which you make in your account there. Others: the SMTP password or the key.',
      de: 'Gmail, iCloud, Fastmail und Zoho wollen ein App-Passwort, das Sie dort in Ihrem Konto anlegen. Andere: das SMTP-Passwort oder der Schlüssel.',
    },
  },
  from: {
    label: { en: 'Sender', de: 'Absender' },
    help: {
      en: 'The address from which mail comes, such as social@example.org. Your provider must allow it for your account.',
      de: 'Die Adresse, von der Post kommt, etwa social@example.org. Ihr Anbieter muss sie für Ihr Konto erlauben.',
    },
  },
} as const;

/** What is wrong with an answer. */
export const messages = {
  server: {
    en: 'Only the name of the server, such as smtp.example.org.',
    de: 'Nur der Name des Servers, etwa smtp.example.org.',
  },
  noServer: {
    en: 'Please give the server that your provider names under SMTP.',
    de: 'Bitte geben Sie den Server an, den Ihr Anbieter unter SMTP nennt.',
  },
  port: { en: 'A number such as 587 or 465.', de: 'Eine Zahl wie 587 oder 465.' },
  from: {
    en: 'A mail address, such as social@example.org.',
    de: 'Eine Mailadresse, etwa social@example.org.',
  },
  user: {
    en: 'A user name without colon and without spaces at its ends.',
    de: 'Ein Benutzername ohne Doppelpunkt und ohne Leerzeichen an den Enden.',
  },
  password: {
    en: 'There are spaces at the beginning or at the end of it.',
    de: 'Am Anfang oder Ende stehen Leerzeichen.',
  },
  noUser: {
    en: 'Please give the user name of your account at the provider.',
    de: 'Bitte geben Sie den Benutzernamen Ihres Kontos beim Anbieter an.',
  },
  noPassword: {
    en: 'Please give the password that belongs to the user name.',
    de: 'Bitte geben Sie das Passwort an, das zum Benutzernamen gehört.',
  },
} as const;
