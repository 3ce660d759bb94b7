import type { CheckResult } from '../../../90-first-boot/agent/setup/define.ts';
import { botRuleText } from './cloudflare-rules.ts';
import type { HttpReply, NoAnswer, PublicFailure } from './http-call.ts';

type Text = { readonly en: string; readonly de: string };

/** A result that is bad, with what to do. */
export function bad(meaning: Text, todo: Text): CheckResult {
  return { state: 'bad', meaning, todo };
}

/** A result that needs a look, with what to do. */
export function warning(meaning: Text, todo: Text): CheckResult {
  return { state: 'warning', meaning, todo };
}

export function good(meaning: Text): CheckResult {
  return { state: 'good', meaning };
}

/**
 * True for a protection that asks visitors to prove that they are human. A page that is let through may have a script of
 * Cloudflare in it too, so its words count only in a refusal.
 */
export function isChallenge({ status, header, text }: HttpReply): boolean {
  if (header('cf-mitigated') !== '') return true;
  return status >= 400 && /cdn-cgi\/challenge-platform|_cf_chl_opt|cf-chl-/.test(text);
}

export function isHtml({ header }: HttpReply): boolean {
  return header('content-type').startsWith('text/html');
}

/** What the owner is told when a public address gives no answer. */
export function failureResult({ reason, host }: PublicFailure): CheckResult {
  const [meaning, todo] = failures[reason](host);
  return bad(meaning, todo);
}

/** What an answer means that is not the expected one. `where` is the public host that was asked. */
export function strangeAnswer(reply: HttpReply, where: string): CheckResult {
  const { status } = reply;
  if (isChallenge(reply)) return challenged(where);
  if (status === 403 && isHtml(reply)) return challenged(where);
  if (status >= 300 && status < 400) return redirected(reply.header('location'), where);
  if (status === 404) return noRoute(where);
  if (status === 421) return noSite(where);
  if (status === 530 || (status >= 520 && status <= 527)) return noTunnel(where);
  if (status >= 500) return down(status, where);
  return other(status, where);
}

const failures: Readonly<Record<NoAnswer, (host: string) => readonly [Text, Text]>> = {
  'no-name': (host) => [
    {
      en: `The name ${host} is not known in the Internet.`,
      de: `Der Name ${host} ist im Internet nicht bekannt.`,
    },
    {
      en: `At Cloudflare, open DNS of the domain. ${host} needs a record that is proxied; a tunnel makes it by itself when ${host} is one of its published applications. A new name takes some minutes.`,
      de: `Öffnen Sie bei Cloudflare „DNS“ der Domain. ${host} braucht einen Eintrag mit „Proxied“; ein Tunnel legt ihn selbst an, wenn ${host} zu seinen „Published applications“ gehört. Ein neuer Name braucht einige Minuten.`,
    },
  ],
  'no-resolver': () => [
    {
      en: 'The device can not look names up in the public Internet.',
      de: 'Das Gerät kann keine Namen im öffentlichen Internet nachschlagen.',
    },
    {
      en: 'See that the device reaches the Internet, and look again.',
      de: 'Sorgen Sie dafür, dass das Gerät ins Internet kommt, und sehen Sie noch einmal nach.',
    },
  ],
  unreachable: (host) => [
    {
      en: `${host} does not answer over the Internet.`,
      de: `${host} antwortet über das Internet nicht.`,
    },
    {
      en: 'See that the device reaches the Internet, that the tunnel is up, and that Mastodon runs (hearthctl mastodon status).',
      de: 'Sorgen Sie dafür, dass das Gerät ins Internet kommt, der Tunnel steht und Mastodon läuft (hearthctl mastodon status).',
    },
  ],
  stranger: (host) => [
    {
      en: `Who answers for ${host} can not prove to be it: the certificate is missing, has ended, or is for another name.`,
      de: `Wer für ${host} antwortet, kann sich nicht ausweisen: Das Zertifikat fehlt, ist abgelaufen oder gilt für einen anderen Namen.`,
    },
    {
      en: `At Cloudflare, open SSL/TLS, Edge Certificates, and see that one for ${host} is active. Names with two dots before the domain are not covered by the free one.`,
      de: `Öffnen Sie bei Cloudflare „SSL/TLS“, „Edge Certificates“ und sehen Sie nach, ob eines für ${host} aktiv ist. Das kostenlose gilt nicht für Namen mit zwei Punkten vor der Domain.`,
    },
  ],
};

function challenged(where: string): CheckResult {
  return bad(
    {
      en: `A protection in front of ${where} asks visitors to prove that they are human. Other servers can not do that: they are kept out.`,
      de: `Ein Schutz vor ${where} verlangt von Besuchern den Beweis, dass sie Menschen sind. Andere Server können das nicht: Sie bleiben draußen.`,
    },
    botRuleText(where),
  );
}

function redirected(location: string, where: string): CheckResult {
  if (/cloudflareaccess\.com/.test(location))
    return bad(
      {
        en: `Cloudflare Access is in front of ${where}: visitors and other servers would have to sign in.`,
        de: `Vor ${where} steht Cloudflare Access: Besucher und andere Server müssten sich anmelden.`,
      },
      {
        en: `At Cloudflare, open Zero Trust, Access, Applications, and remove ${where}.`,
        de: `Öffnen Sie bei Cloudflare „Zero Trust“, „Access“, „Applications“ und entfernen Sie ${where}.`,
      },
    );
  return bad(
    {
      en: `${where} sends visitors elsewhere: ${location}`,
      de: `${where} schickt Besucher woandershin: ${location}`,
    },
    {
      en: `At Cloudflare, look under Rules for a redirect of ${where} and remove it. If it is sent to itself, set SSL/TLS to "Full" and see that the route of the tunnel leads to http://localhost:80.`,
      de: `Suchen Sie bei Cloudflare unter „Rules“ nach einer Weiterleitung von ${where} und entfernen Sie sie. Wird auf sich selbst verwiesen, stellen Sie SSL/TLS auf „Full“, und sorgen Sie dafür, dass der Weg des Tunnels zu http://localhost:80 führt.`,
    },
  );
}

function noRoute(where: string): CheckResult {
  return bad(
    {
      en: `Visitors of ${where} reach something that does not know this address (404).`,
      de: `Besucher von ${where} erreichen etwas, das diese Adresse nicht kennt (404).`,
    },
    {
      en: `At Cloudflare, open the tunnel's published applications. ${where} has to lead to HTTP, localhost:80, with an empty path.`,
      de: `Öffnen Sie bei Cloudflare die „Published applications“ des Tunnels. ${where} muss zu HTTP, localhost:80 führen, mit leerem Pfad (Path).`,
    },
  );
}

function noSite(where: string): CheckResult {
  return bad(
    {
      en: `Visitors of ${where} reach this device, but it does not know the name.`,
      de: `Besucher von ${where} erreichen dieses Gerät, aber es kennt den Namen nicht.`,
    },
    {
      en: 'See that the tunnel sets no HTTP Host Header for it, and that the domain in the settings of Mastodon is the same. Then run: hearthctl mastodon apply',
      de: 'Sorgen Sie dafür, dass der Tunnel dafür keinen HTTP Host Header setzt und die Domain in den Einstellungen von Mastodon dieselbe ist. Führen Sie dann aus: hearthctl mastodon apply',
    },
  );
}

function noTunnel(where: string): CheckResult {
  return bad(
    {
      en: `Cloudflare answers for ${where}, but has no way to this device.`,
      de: `Cloudflare antwortet für ${where}, hat aber keinen Weg zu diesem Gerät.`,
    },
    {
      en: `See that the tunnel is up, and that the DNS record of ${where} belongs to this tunnel.`,
      de: `Sorgen Sie dafür, dass der Tunnel steht und der DNS-Eintrag von ${where} zu diesem Tunnel gehört.`,
    },
  );
}

function down(status: number, where: string): CheckResult {
  return bad(
    {
      en: `Behind ${where} Mastodon does not answer (${status}). It may still be starting.`,
      de: `Hinter ${where} antwortet Mastodon nicht (${status}). Vielleicht startet es noch.`,
    },
    {
      en: 'Wait some minutes. If it stays so, "hearthctl mastodon status" tells which part does not run.',
      de: 'Warten Sie einige Minuten. Bleibt es so, sagt „hearthctl mastodon status“, welcher Teil nicht läuft.',
    },
  );
}

function other(status: number, where: string): CheckResult {
  return bad(
    {
      en: `${where} gives an answer that Mastodon would not give (${status}).`,
      de: `${where} gibt eine Antwort, die Mastodon nicht geben würde (${status}).`,
    },
    {
      en: `See that ${where} leads to this device and to nothing else, and that no rule at Cloudflare changes its answers.`,
      de: `Sorgen Sie dafür, dass ${where} zu diesem Gerät führt und zu nichts anderem und keine Regel bei Cloudflare die Antworten ändert.`,
    },
  );
}
