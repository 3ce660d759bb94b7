import { AskFailure, ask, type DeviceLook } from '../../../90-first-boot/agent/device/door.ts';
import type { CheckResult } from '../../../90-first-boot/agent/setup/define.ts';
import { clusterAddress, clusterPort } from '../manifests/plan.ts';
import { bad, good, warning } from './edge-texts.ts';
import { jsonOf, list, record, text } from './json.ts';
import type { MastodonCheck } from './scene.ts';

const tokenFile = '/var/lib/hearth/tunnel/token';
const settingsFile = '/usr/lib/hearth/cloudflared.json';
const streamingPath = '/api/v1/streaming';
const frontDoors = ['http://localhost:80', 'http://localhost', 'http://127.0.0.1:80', 'http://127.0.0.1'];

/** 2: the tunnel is up and leads visitors of Mastodon, and the streams of its apps, to the right places. */
export const tunnelCheck: MastodonCheck = {
  id: 'mastodon.tunnel',
  title: { en: 'Mastodon: tunnel', de: 'Mastodon: Tunnel' },
  look: async ({ device, facts: { web } }) => {
    if (device.read(tokenFile) === undefined) return noTunnel;
    const [ready, config] = await Promise.all([askTunnel(device, '/ready'), askTunnel(device, '/config')]);
    if (ready === undefined || config === undefined) return notRunning;
    const connections = Number(ready['readyConnections'] ?? 0);
    if (connections === 0) return notConnected;
    const rules = list(record(config['config'])['ingress'] ?? config['ingress']).map(ruleOf);
    const problem = routeProblem(rules, web);
    if (problem !== undefined) return problem;
    if (connections < 2) return oneConnection;
    return good({
      en: `The tunnel is up and leads visitors of ${web} here.`,
      de: `Der Tunnel steht und führt Besucher von ${web} hierher.`,
    });
  },
};

interface Rule {
  readonly hostname: string;
  readonly path: string;
  readonly service: string;
  readonly hostHeader: string;
}

function ruleOf(value: unknown): Rule {
  const { hostname, path, service, originRequest } = record(value);
  const hostHeader = text(record(originRequest)['httpHostHeader']);
  return { hostname: text(hostname), path: text(path), service: text(service), hostHeader };
}

/** The first rule that fits decides, as in cloudflared. */
function ruleFor(rules: readonly Rule[], host: string, path: string): Rule | undefined {
  return rules.find((rule) => fitsHost(rule.hostname, host) && fitsPath(rule.path, path));
}

function fitsHost(hostname: string, host: string): boolean {
  if (hostname === '' || hostname === '*') return true;
  return hostname.startsWith('*.') ? host.endsWith(hostname.slice(1)) : hostname === host;
}

function fitsPath(pattern: string, path: string): boolean {
  if (pattern === '') return true;
  try {
    return new RegExp(pattern).test(path);
  } catch {
    // Go knows patterns that are none here; such a rule is none of ours.
    return false;
  }
}

function routeProblem(rules: readonly Rule[], web: string): CheckResult | undefined {
  const page = ruleFor(rules, web, '/about');
  const stream = ruleFor(rules, web, streamingPath);
  if (page === undefined || page.service.startsWith('http_status:')) return nowhere(web);
  const pod = { web: podAddress('web'), streaming: podAddress('streaming') };
  const service = withoutSlash(page.service);
  if (!frontDoors.includes(service) && service !== pod.web) return elsewhere(web, page.service);
  const streamService = withoutSlash(stream?.service ?? '');
  if (!frontDoors.includes(streamService) && streamService !== pod.streaming) return noStream(web);
  const header = [page, stream].find((rule) => !['', web].includes(rule?.hostHeader ?? ''))?.hostHeader;
  return header === undefined ? undefined : otherHeader(web, header);
}

function podAddress(name: 'web' | 'streaming'): string {
  return `http://${clusterAddress[name]}:${clusterPort[name]}`;
}

function withoutSlash(service: string): string {
  return service.replace(/\/$/, '');
}

/** An answer of cloudflared, whatever its status; undefined if there is none. */
async function askTunnel({ read }: DeviceLook, path: string) {
  const settings = jsonOf(read(settingsFile) ?? '{}');
  const metrics = text(settings?.['metrics']) || '127.0.0.1:20241';
  try {
    const { body } = await ask({ url: `http://${metrics}${path}`, timeoutMs: 4_000, maxBytes: 1_000_000 });
    return jsonOf(body.toString('utf8'));
  } catch (error) {
    if (error instanceof AskFailure) return undefined;
    throw error;
  }
}

const noTunnel: CheckResult = good({
  en: 'There is no tunnel on this device. The other checks tell whether Mastodon is reached all the same.',
  de: 'Auf diesem Gerät gibt es keinen Tunnel. Ob Mastodon trotzdem erreicht wird, sagen die anderen Prüfungen.',
});

const notRunning: CheckResult = bad(
  { en: 'The tunnel does not run.', de: 'Der Tunnel läuft nicht.' },
  {
    en: 'Wait two minutes. If it stays so, restart the device.',
    de: 'Warten Sie zwei Minuten. Bleibt es so, starten Sie das Gerät neu.',
  },
);

const notConnected: CheckResult = bad(
  {
    en: 'The tunnel has no connection to Cloudflare. Nobody reaches Mastodon from outside.',
    de: 'Der Tunnel hat keine Verbindung zu Cloudflare. Niemand erreicht Mastodon von außen.',
  },
  {
    en: 'See that the device reaches the Internet and that no firewall holds port 7844 back.',
    de: 'Sorgen Sie dafür, dass das Gerät ins Internet kommt und keine Firewall den Port 7844 sperrt.',
  },
);

const oneConnection: CheckResult = warning(
  {
    en: 'The tunnel has only one connection to Cloudflare. If it breaks, Mastodon is cut off for a moment.',
    de: 'Der Tunnel hat nur eine Verbindung zu Cloudflare. Bricht sie ab, ist Mastodon kurz nicht erreichbar.',
  },
  {
    en: 'Usually there are four. If it stays so, look whether your Internet connection works well.',
    de: 'Üblich sind vier. Bleibt es so, sehen Sie nach, ob Ihre Internetverbindung gut arbeitet.',
  },
);

function enter(web: string) {
  return {
    en: `Enter at Cloudflare, as a published application of the tunnel: Hostname ${web}, path empty, service type HTTP, URL localhost:80.`,
    de: `Tragen Sie bei Cloudflare ein, als „Published application“ des Tunnels: Hostname ${web}, Pfad (Path) leer, Diensttyp (Type) HTTP, URL localhost:80.`,
  };
}

function nowhere(web: string): CheckResult {
  return bad(
    {
      en: `The tunnel does not lead visitors of ${web} anywhere.`,
      de: `Der Tunnel führt Besucher von ${web} nirgendwohin.`,
    },
    enter(web),
  );
}

function elsewhere(web: string, service: string): CheckResult {
  return bad(
    {
      en: `The tunnel leads visitors of ${web} to ${service}, where Mastodon is not.`,
      de: `Der Tunnel führt Besucher von ${web} zu ${service}; dort ist Mastodon nicht.`,
    },
    enter(web),
  );
}

function noStream(web: string): CheckResult {
  return bad(
    {
      en: `The tunnel leads the live streams (${streamingPath}) of ${web} past the program that makes them.`,
      de: `Der Tunnel führt die Live-Ströme (${streamingPath}) von ${web} am zuständigen Programm vorbei.`,
    },
    {
      en: `The simplest way is one single entry for ${web} to http://localhost:80. With two, the one with the path ^/api/v1/streaming has to stand before the other.`,
      de: `Am einfachsten ist ein einziger Eintrag für ${web} zu http://localhost:80. Bei zweien muss der mit dem Pfad ^/api/v1/streaming vor dem anderen stehen.`,
    },
  );
}

function otherHeader(web: string, header: string): CheckResult {
  return bad(
    {
      en: `At Cloudflare the HTTP Host Header of ${web} is ${header}. Mastodon refuses that name.`,
      de: `Bei Cloudflare ist der HTTP Host Header von ${web} auf ${header} gesetzt. Diesen Namen lehnt Mastodon ab.`,
    },
    {
      en: 'Leave the field HTTP Host Header of the published application empty.',
      de: 'Lassen Sie das Feld „HTTP Host Header“ der „Published application“ leer.',
    },
  );
}
