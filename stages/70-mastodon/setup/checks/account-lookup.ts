import type { CheckResult } from '../../../90-first-boot/agent/setup/define.ts';
import { redirectRuleText } from './cloudflare-rules.ts';
import { bad, isChallenge, strangeAnswer } from './edge-texts.ts';
import type { HttpReply } from './http-call.ts';
import { jsonOf, list, record, text } from './json.ts';
import type { Scene } from './scene.ts';

/** The address of an account's data, or why it can not be found. */
export type Lookup = { readonly self: string } | { readonly problem: CheckResult };

const maxRedirects = 3;

/** Looks the owner's account up as another server does, by its name alone. Throws PublicFailure. */
export async function lookUpOwner(
  scene: Pick<Scene, 'facts' | 'fetch'>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Lookup> {
  const { local, web, ownerName } = scene.facts;
  const subject = `acct:${ownerName}@${local}`;
  const start = `https://${local}/.well-known/webfinger?resource=${encodeURIComponent(subject)}`;
  const { reply, where } = await follow(scene, start, { Accept: 'application/jrd+json', ...headers });
  const isJson = /^application\/(jrd\+)?json/.test(reply.header('content-type'));
  if (reply.status !== 200 || !isJson) return { problem: notFound(scene.facts, reply, where) };
  const said = jsonOf(reply.text);
  if (said === undefined) return { problem: strangeAnswer(reply, where) };
  if (text(said['subject']).toLowerCase() !== subject.toLowerCase())
    return { problem: otherSubject(text(said['subject']), subject) };
  const self = list(said['links']).map(record).find(isSelf);
  const address = text(self?.['href']);
  return hostOf(address) === web ? { self: address } : { problem: otherHost(address, web) };
}

function isSelf({ rel, type }: Readonly<Record<string, unknown>>): boolean {
  return rel === 'self' && type === 'application/activity+json';
}

async function follow(
  { fetch }: Pick<Scene, 'fetch'>,
  start: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly reply: HttpReply; readonly where: string }> {
  let url = start;
  for (let left = maxRedirects; ; left--) {
    const reply = await fetch(url, { headers });
    const where = hostOf(url);
    const location = reply.header('location');
    if (reply.status < 300 || reply.status >= 400 || location === '' || left === 0) return { reply, where };
    const next = URL.canParse(location, url) ? new URL(location, url) : undefined;
    if (next?.protocol !== 'https:' || next.href === url) return { reply, where };
    url = next.href;
  }
}

function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).host : '';
}

function notFound(facts: Scene['facts'], reply: HttpReply, where: string): CheckResult {
  const { local, web, ownerName } = facts;
  // What the accounts' domain answers itself never came to Mastodon.
  const isOwnAnswer = where === local && local !== web && reply.status < 500;
  if (isOwnAnswer && !isChallenge(reply)) return noRedirect(local, web);
  if (reply.status !== 404 || where !== web) return strangeAnswer(reply, where);
  return bad(
    {
      en: `Mastodon does not know the account @${ownerName}@${local}, or the way there loses a part of the address.`,
      de: `Mastodon kennt das Konto @${ownerName}@${local} nicht, oder der Weg dorthin verliert einen Teil der Adresse.`,
    },
    local === web
      ? {
          en: `See that the owner's account is still there. The tunnel must lead ${web} with an empty path.`,
          de: `Sehen Sie nach, ob es das Konto noch gibt. Der Tunnel muss ${web} mit leerem Pfad (Path) führen.`,
        }
      : redirectRuleText(local, web),
  );
}

function noRedirect(local: string, web: string): CheckResult {
  return bad(
    {
      en: `${local} does not lead other servers on to ${web}: accounts of ${local} are not found.`,
      de: `${local} führt andere Server nicht weiter zu ${web}: Konten von ${local} werden nicht gefunden.`,
    },
    redirectRuleText(local, web),
  );
}

function otherSubject(said: string, wanted: string): CheckResult {
  const shown = said === '' ? '?' : said;
  return bad(
    {
      en: `Who looks for ${wanted} is told ${shown}.`,
      de: `Wer nach ${wanted} sucht, erfährt ${shown}.`,
    },
    {
      en: 'Another server or a WordPress plugin answers for this domain, or a cache has an old answer. Only one of them can use a domain; purge the cache at Cloudflare.',
      de: 'Ein anderer Server oder ein WordPress-Plugin antwortet für diese Domain, oder ein Cache hat eine alte Antwort. Nur einer kann eine Domain benutzen; leeren Sie den Cache bei Cloudflare.',
    },
  );
}

function otherHost(address: string, web: string): CheckResult {
  return bad(
    {
      en: `The account's data are said to be at ${address === '' ? '?' : address}, not at ${web}.`,
      de: `Die Daten des Kontos sollen unter ${address === '' ? '?' : address} liegen, nicht unter ${web}.`,
    },
    {
      en: 'Run: hearthctl mastodon apply. If it stays so, another server answers for this domain, or a cache has an old answer.',
      de: 'Führen Sie aus: hearthctl mastodon apply. Bleibt es so, antwortet für diese Domain ein anderer Server, oder ein Cache hat eine alte Antwort.',
    },
  );
}
