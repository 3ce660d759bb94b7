import type { CheckResult } from '../../../90-first-boot/agent/setup/define.ts';
import { lookUpOwner } from './account-lookup.ts';
import { cacheRuleText } from './cloudflare-rules.ts';
import { bad, good, isChallenge, isHtml, strangeAnswer } from './edge-texts.ts';
import type { HttpReply } from './http-call.ts';
import { jsonOf } from './json.ts';
import type { MastodonCheck } from './scene.ts';

/** 4: other servers find an account by its name. */
export const accountCheck: MastodonCheck = {
  id: 'mastodon.account',
  title: { en: 'Mastodon: finding accounts', de: 'Mastodon: Konten finden' },
  look: async (scene) => {
    const found = await lookUpOwner(scene);
    if ('problem' in found) return found.problem;
    const { ownerName, local } = scene.facts;
    return good({
      en: `Other servers find @${ownerName}@${local}.`,
      de: `Andere Server finden @${ownerName}@${local}.`,
    });
  },
};

const forServers = 'application/activity+json';
const forPeople = 'text/html';

/** 5: people get a page and servers get data from the same address, and no cache mixes them. */
export const cacheCheck: MastodonCheck = {
  id: 'mastodon.cache',
  title: { en: 'Mastodon: pages and data', de: 'Mastodon: Seiten und Daten' },
  look: async (scene) => {
    const { web, isSecure } = scene.facts;
    const found = await lookUpOwner(scene);
    if ('problem' in found) return found.problem;
    // One after the other: a cache that mixes gives the first answer to the second who asks.
    const replies: HttpReply[] = [];
    for (const Accept of [forServers, forPeople, forServers])
      replies.push(await scene.fetch(found.self, { headers: { Accept } }));
    const [first, page, second] = replies as [HttpReply, HttpReply, HttpReply];
    const challenged = replies.find(isChallenge);
    if (challenged !== undefined) return strangeAnswer(challenged, web);
    if (replies.some(isFromCache)) return mixed(web);
    const isRight = [isData(first, isSecure), isPage(page), isData(second, isSecure)];
    if (isRight.every(Boolean)) return fine;
    const broken = replies.find((reply) => reply.status >= 400 && !(isSecure && reply.status === 401));
    if (broken !== undefined) return strangeAnswer(broken, web);
    return mixed(web);
  },
};

/** 6: the server's own account is there: with it Mastodon signs what it asks others. */
export const actorCheck: MastodonCheck = {
  id: 'mastodon.actor',
  title: { en: 'Mastodon: identity', de: 'Mastodon: Identität' },
  look: async ({ facts: { web }, fetch }) => {
    const reply = await fetch(`https://${web}/actor`, { headers: { Accept: forServers } });
    if (reply.status === 401) return closedActor(web);
    const actor = jsonOf(reply.text);
    if (reply.status !== 200 || actor === undefined) return strangeAnswer(reply, web);
    if (actor['id'] === `https://${web}/actor` && actor['publicKey'] !== undefined)
      return good({
        en: 'Other servers can check who asks them.',
        de: 'Andere Server können prüfen, wer sie fragt.',
      });
    return bad(
      {
        en: `The server's own account says that it is ${String(actor['id'] ?? '?')}, or has no key.`,
        de: `Das eigene Konto des Servers sagt, es sei ${String(actor['id'] ?? '?')}, oder hat keinen Schlüssel.`,
      },
      {
        en: 'Run: hearthctl mastodon apply. If it stays so, another server answers under this name.',
        de: 'Führen Sie aus: hearthctl mastodon apply. Bleibt es so, antwortet unter diesem Namen ein anderer Server.',
      },
    );
  },
};

/** A server that wants signatures refuses those who do not sign, but not with a page. */
function isData(reply: HttpReply, isSecure: boolean): boolean {
  if (isSecure && reply.status === 401) return !isHtml(reply);
  const isRightType = /^application\/(activity|ld)\+json/.test(reply.header('content-type'));
  const said = jsonOf(reply.text);
  return (
    reply.status === 200 && isRightType && said?.['publicKey'] !== undefined && said['inbox'] !== undefined
  );
}

/** Mastodon may lead people on from the account's number to its name. */
function isPage(reply: HttpReply): boolean {
  if (reply.status === 301 || reply.status === 302) return /\/@/.test(reply.header('location'));
  return reply.status === 200 && isHtml(reply);
}

function isFromCache({ header }: HttpReply): boolean {
  return /^(HIT|STALE|UPDATING|REVALIDATED)$/i.test(header('cf-cache-status'));
}

const fine: CheckResult = good({
  en: 'People get pages and servers get data from the same address.',
  de: 'Menschen bekommen Seiten und Server Daten, unter derselben Adresse.',
});

function mixed(web: string): CheckResult {
  return bad(
    {
      en: 'A cache mixes pages for people with data for servers: profiles are not found, or show as plain text.',
      de: 'Ein Cache verwechselt Seiten für Menschen mit Daten für Server: Profile werden nicht gefunden oder erscheinen als Rohtext.',
    },
    cacheRuleText(web),
  );
}

function closedActor(web: string): CheckResult {
  return bad(
    {
      en: `Somebody in front of Mastodon wants a sign-in for https://${web}/actor. Mastodon itself shows it to everybody.`,
      de: `Vor Mastodon verlangt jemand eine Anmeldung für https://${web}/actor. Mastodon selbst zeigt es allen.`,
    },
    {
      en: `At Cloudflare, open Zero Trust, Access, Applications, and remove ${web}.`,
      de: `Öffnen Sie bei Cloudflare „Zero Trust“, „Access“, „Applications“ und entfernen Sie ${web}.`,
    },
  );
}
