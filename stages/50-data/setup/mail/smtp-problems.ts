import type { FieldProblem, Values } from '../../../90-first-boot/agent/setup/define.ts';
import type { LocalText } from '../../../90-first-boot/agent/text/local-text.ts';
import type { MailRelay } from './mail-plan.ts';
import { mayNameServer, otherProvider, providerOf } from './providers.ts';

/** What nodemailer says of a conversation that failed. */
interface SmtpError extends Error {
  readonly code?: string;
  /** Of the operating system or of TLS: ECONNREFUSED, CERT_HAS_EXPIRED. */
  readonly originalCode?: string;
  readonly responseCode?: number;
  readonly response?: string;
}

/** Why the conversation with the server failed, in words for the owner, at the field that is to blame. */
export function smtpProblem(error: SmtpError, relay: MailRelay, values: Values): FieldProblem {
  const { server, port } = relay;
  const place = `${server}:${port}`;
  if (error.code === 'EAUTH') return loginProblem(error, values);
  const at = serverField(values);
  if (error.code === 'EDNS') return { ...at, message: unknownName(server) };
  if (isStranger(error)) return { ...at, message: stranger(server) };
  if (/STARTTLS/.test(error.message) || error.code === 'ETLS') return { ...at, message: noTls(place) };
  // Two sides that wait for each other to begin: one of them expects TLS at once.
  if (/wrong version|packet length|SSL routines|EPROTO/i.test(`${error.message} ${error.originalCode}`))
    return { ...portField(values), message: wrongPort(place) };
  if (error.code === 'EPROTOCOL' || error.responseCode !== undefined)
    return { ...at, message: refused(place, error) };
  return { ...at, message: unreachable(place) };
}

function isStranger({ message, originalCode = '', code = '' }: SmtpError): boolean {
  return (
    /CERT|SELF_SIGNED|ISSUER|ALTNAME/.test(`${originalCode} ${code}`) || /certificate|altnames/i.test(message)
  );
}

function loginProblem(error: SmtpError, values: Values): FieldProblem {
  const { response = '' } = error;
  // Not a matter of the password: the server is busy or wants no more tries for now.
  if (error.responseCode !== undefined && error.responseCode < 500)
    return { message: later(words(response)) };
  if (/app(?:lication)?[- ](?:specific )?password|5\.7\.9|534/i.test(response))
    return { field: 'password', message: messages.appPassword };
  if (/5\.7\.139|basic authentication|SmtpClientAuthentication|disabled/i.test(response))
    return { field: 'password', message: messages.switchedOff };
  if (/Missing credentials|Unknown authentication/i.test(error.message))
    return { field: 'user', message: messages.noLogin };
  const { provider = otherProvider } = values;
  const name = providerOf(provider)?.name;
  return { field: 'password', message: wrongPassword(name ?? values['server'] ?? '') };
}

/** The field in which the owner can put it right; without one the message is about the whole page. */
function serverField({ provider = otherProvider }: Values): { readonly field?: string } {
  return mayNameServer(provider) ? { field: 'server' } : {};
}

function portField({ provider = otherProvider }: Values): { readonly field?: string } {
  return provider === otherProvider ? { field: 'port' } : {};
}

/** The server's own words, without codes and line ends; they are shown, so not too many. */
function words(response: string): string {
  return response
    .replace(/^\d{3}[ -](?:\d\.\d+\.\d+ )?/gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 200);
}

function unknownName(server: string): LocalText {
  return {
    en: `There is no server called ${server}. Check its name, and see that the device reaches the Internet.`,
    de: `Es gibt keinen Server namens ${server}. Prüfen Sie den Namen, und sorgen Sie dafür, dass das Gerät ins Internet kommt.`,
  };
}

function unreachable(place: string): LocalText {
  return {
    en: `Nobody answers at ${place}. Check server and port. Some Internet providers hold port 25 back: take 587 or 465.`,
    de: `Bei ${place} antwortet niemand. Prüfen Sie Server und Port. Manche Internetanbieter sperren Port 25: Nehmen Sie 587 oder 465.`,
  };
}

function stranger(server: string): LocalText {
  return {
    en: `The server can not prove that it is ${server}: its certificate is for another name, out of date or made by nobody known. Check the name of the server, and the clock of the device.`,
    de: `Der Server kann nicht beweisen, dass er ${server} ist: Sein Zertifikat gilt für einen anderen Namen, ist abgelaufen oder von niemand Bekanntem. Prüfen Sie den Namen des Servers und die Uhr des Geräts.`,
  };
}

function noTls(place: string): LocalText {
  return {
    en: `${place} offers no encryption by STARTTLS, and without it no password is sent. Try port 465, or ask your provider.`,
    de: `${place} bietet keine Verschlüsselung mit STARTTLS an, und ohne sie wird kein Passwort geschickt. Versuchen Sie Port 465, oder fragen Sie Ihren Anbieter.`,
  };
}

function wrongPort(place: string): LocalText {
  return {
    en: `${place} speaks another way than expected: 465 is for TLS, 587 for STARTTLS. Check the port.`,
    de: `${place} spricht anders als erwartet: 465 ist für TLS, 587 für STARTTLS. Prüfen Sie den Port.`,
  };
}

function refused(place: string, { response = '' }: SmtpError): LocalText {
  const said = words(response);
  return {
    en: `${place} does not take mail from here. It says: ${said || 'nothing'}`,
    de: `${place} nimmt von hier keine Post an. Es heißt dort: ${said || 'nichts'}`,
  };
}

function later(said: string): LocalText {
  return {
    en: `The server does not check passwords right now. Try again in some minutes. It says: ${said}`,
    de: `Der Server prüft gerade keine Passwörter. Versuchen Sie es in einigen Minuten noch einmal. Es heißt dort: ${said}`,
  };
}

function wrongPassword(name: string): LocalText {
  return {
    en: `${name} does not accept user name and password. Some providers want an app password or an SMTP key instead of the one for their web site.`,
    de: `${name} nimmt Benutzernamen und Passwort nicht an. Manche Anbieter wollen ein App-Passwort oder einen SMTP-Schlüssel statt des Passworts für ihre Webseite.`,
  };
}

const messages = {
  appPassword: {
    en: 'The provider wants an app password here, not the one for its web site. Make one in your account there and enter it.',
    de: 'Der Anbieter will hier ein App-Passwort, nicht das für seine Webseite. Legen Sie dort in Ihrem Konto eines an und geben Sie es ein.',
  },
  switchedOff: {
    en: 'The provider has SMTP with a password switched off for this account. Switch it on there (SMTP AUTH), or take another provider.',
    de: 'Der Anbieter hat SMTP mit Passwort für dieses Konto abgeschaltet. Schalten Sie es dort ein (SMTP AUTH), oder nehmen Sie einen anderen Anbieter.',
  },
  noLogin: {
    en: 'The server asks for no user name here. Leave user name and password empty, or check server and port.',
    de: 'Der Server fragt hier nicht nach einem Benutzernamen. Lassen Sie Benutzernamen und Passwort leer, oder prüfen Sie Server und Port.',
  },
} as const;
