import type { CheckResult } from '../../../90-first-boot/agent/setup/define.ts';
import { lookUpOwner } from './account-lookup.ts';
import { botRuleText } from './cloudflare-rules.ts';
import { bad, good, isHtml, strangeAnswer } from './edge-texts.ts';
import type { MastodonCheck, Scene } from './scene.ts';

/** 7: messages of other servers come as far as Mastodon. */
export const inboxCheck: MastodonCheck = {
  id: 'mastodon.inbox',
  title: { en: 'Mastodon: messages from others', de: 'Mastodon: Nachrichten von anderen' },
  look: async (scene) => (await inboxProblem(scene)) ?? fine,
};

/** 15: Mastodon servers are treated no worse than others. */
export const agentCheck: MastodonCheck = {
  id: 'mastodon.others',
  title: { en: 'Mastodon: other Mastodon servers', de: 'Mastodon: andere Mastodon-Server' },
  look: async (scene) => {
    const { web, version } = scene.facts;
    const agent = `Mastodon/${version.replace(/^v/, '')} (http.rb/5.3; +https://example.org/)`;
    const headers = { 'User-Agent': agent };
    const [found, inbox, plainFound, plainInbox] = await Promise.all([
      lookUpOwner(scene, headers),
      inboxProblem(scene, headers),
      lookUpOwner(scene),
      inboxProblem(scene),
    ]);
    const problem = 'problem' in found ? found.problem : inbox;
    if (problem === undefined) return fineForServers;
    const isForAll = 'problem' in plainFound || plainInbox !== undefined;
    return isForAll ? problem : onlyServers(web);
  },
};

/**
 * Sends an activity that nobody signed. Mastodon refuses it with 401: that it was Mastodon who did is what counts.
 * Undefined: it was.
 */
async function inboxProblem(
  { facts: { web }, fetch }: Pick<Scene, 'facts' | 'fetch'>,
  headers: Readonly<Record<string, string>> = {},
): Promise<CheckResult | undefined> {
  const reply = await fetch(`https://${web}/inbox`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/activity+json', Accept: 'application/activity+json', ...headers },
    body: JSON.stringify({
      '@context': 'https://www.w3.org/ns/activitystreams',
      id: `https://${web}/hearth-doctor`,
      type: 'Note',
    }),
  });
  if (reply.status === 401 && !isHtml(reply)) return undefined;
  if (reply.status === 200 || reply.status === 202) return openInbox(web);
  if (reply.status === 401) return signIn(web);
  return strangeAnswer(reply, web);
}

const fine: CheckResult = good({
  en: 'Messages of other servers come in, and those without a signature are refused.',
  de: 'Nachrichten anderer Server kommen an; solche ohne Unterschrift werden abgelehnt.',
});

const fineForServers: CheckResult = good({
  en: 'Other Mastodon servers are let through.',
  de: 'Andere Mastodon-Server werden durchgelassen.',
});

function onlyServers(web: string): CheckResult {
  return bad(
    {
      en: `In front of ${web}, programs that call themselves Mastodon are kept out, while others are let through.`,
      de: `Vor ${web} werden Programme, die sich Mastodon nennen, abgewiesen; andere werden durchgelassen.`,
    },
    botRuleText(web),
  );
}

function openInbox(web: string): CheckResult {
  return bad(
    {
      en: `Something at ${web} takes messages without a signature. That is not Mastodon.`,
      de: `Etwas unter ${web} nimmt Nachrichten ohne Unterschrift an. Das ist nicht Mastodon.`,
    },
    {
      en: `See that ${web} leads to this device: as a published application of the tunnel, and that no Worker or rule at Cloudflare answers for it.`,
      de: `Sorgen Sie dafür, dass ${web} zu diesem Gerät führt, als „Published application“ des Tunnels, und dass bei Cloudflare kein Worker und keine Regel dafür antwortet.`,
    },
  );
}

function signIn(web: string): CheckResult {
  return bad(
    {
      en: `A sign-in stands in front of ${web}: other servers can not send anything.`,
      de: `Vor ${web} steht eine Anmeldung: Andere Server können nichts senden.`,
    },
    {
      en: `At Cloudflare, open Zero Trust, Access, Applications, and remove ${web}.`,
      de: `Öffnen Sie bei Cloudflare „Zero Trust“, „Access“, „Applications“ und entfernen Sie ${web}.`,
    },
  );
}
