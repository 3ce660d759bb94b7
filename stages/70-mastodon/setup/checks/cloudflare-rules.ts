/** Expression for a Cache Rule at Cloudflare: what must never come from the cache, because the answer depends on who asks. */
export function cacheExpression(web: string): string {
  const accept = ['application/activity+json', 'application/ld+json'].map(
    (type) => `any(http.request.headers["accept"][*] contains "${type}")`,
  );
  const paths = ['/users/', '/ap/', '/@', '/api/', '/inbox', '/.well-known/'].map(
    (path) => `starts_with(http.request.uri.path, "${path}")`,
  );
  return `(http.host eq "${web}" and (${[...accept, ...paths].join(' or ')}))`;
}

/** What to do at Cloudflare so that nothing mixes pages and data. */
export function cacheRuleText(web: string): { readonly en: string; readonly de: string } {
  const expression = cacheExpression(web);
  return {
    en: `At Cloudflare, open Caching, Cache Rules, and create a rule in the first place. Choose "Edit expression" and paste: ${expression} Then choose "Bypass cache" and deploy it. Switch off "Cache Everything" and APO for ${web}, and purge the cache once.`,
    de: `Öffnen Sie bei Cloudflare „Caching“, „Cache Rules“ und legen Sie eine Regel an erster Stelle an. Wählen Sie „Edit expression“ und fügen Sie ein: ${expression} Wählen Sie dann „Bypass cache“ und speichern Sie. Schalten Sie „Cache Everything“ und APO für ${web} ab und leeren Sie den Cache einmal.`,
  };
}

/** What to do at Cloudflare so that other servers are not taken for attackers. */
export function botRuleText(web: string): { readonly en: string; readonly de: string } {
  const expression = `(http.host eq "${web}")`;
  return {
    en: `At Cloudflare, open Security, Bots, and switch off "Bot Fight Mode" and "Block AI bots": no rule can make an exception from them. Then open Rules, Configuration Rules, and create a rule with "Edit expression" and ${expression}: Security Level "Essentially off", Browser Integrity Check off, Email Obfuscation off, Rocket Loader off. "Under Attack" mode must be off, and no WAF rule may ask visitors of ${web} to prove that they are human.`,
    de: `Öffnen Sie bei Cloudflare „Security“, „Bots“ und schalten Sie „Bot Fight Mode“ und „Block AI bots“ ab: Keine Regel kann eine Ausnahme davon machen. Öffnen Sie dann „Rules“, „Configuration Rules“ und legen Sie mit „Edit expression“ eine Regel mit ${expression} an: Security Level „Essentially off“, Browser Integrity Check aus, Email Obfuscation aus, Rocket Loader aus. Der Modus „Under Attack“ muss aus sein, und keine WAF-Regel darf von Besuchern von ${web} einen Beweis verlangen, dass sie Menschen sind.`,
  };
}

/** What to do at Cloudflare when the accounts' domain is another one than that of the pages. */
export function redirectRuleText(local: string, web: string): { readonly en: string; readonly de: string } {
  const expression = `(http.host eq "${local}" and http.request.uri.path in {"/.well-known/webfinger" "/.well-known/host-meta" "/.well-known/nodeinfo"})`;
  const target = `concat("https://${web}", http.request.uri.path)`;
  return {
    en: `At Cloudflare, open Rules, Redirect Rules of ${local} and create a rule with "Edit expression" and ${expression}. Type "Dynamic", expression ${target}, status code 301, "Preserve query string" on. ${local} needs a DNS record that is proxied. If another web server answers for ${local}, set the same redirect there.`,
    de: `Öffnen Sie bei Cloudflare „Rules“, „Redirect Rules“ von ${local} und legen Sie mit „Edit expression“ eine Regel mit ${expression} an. Typ „Dynamic“, Ausdruck ${target}, Statuscode 301, „Preserve query string“ an. ${local} braucht einen DNS-Eintrag mit „Proxied“. Antwortet ein anderer Webserver für ${local}, richten Sie dieselbe Weiterleitung dort ein.`,
  };
}
