import { Agent, type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';
import { HearthError } from '../errors/hearth-error.ts';
import { runProcess } from './process.ts';

/** The way to one host: chosen as apt chooses it, see apt-transport-http(1). */
export type Route =
  | { readonly kind: 'direct' }
  /** http_proxy, https_proxy and no_proxy of the environment, which undici reads itself. */
  | { readonly kind: 'environment' }
  /** May hold a user name and a password: never to be shown, see {@link withoutCredentials}. */
  | { readonly kind: 'proxy'; readonly address: string };

/** Settings of apt's http and https methods by lower-case name: `http::proxy::example.org`. */
export type AptSettings = ReadonlyMap<string, string>;

/** Connections for all downloads of one call. */
export interface Routes {
  /** Throws a HearthError for a proxy that can not be used. */
  dispatcherFor(url: URL): Promise<Dispatcher>;
  /** How long a connection may stay silent. */
  silenceLimitMs(url: URL): number;
  close(): Promise<void>;
}

const defaultTimeoutSeconds = 60;

/** Opens connections as `aptOptions`, lines of apt.conf(5) as `apt-config dump` prints them, want it. */
export function openRoutes(aptOptions: readonly string[]): Routes {
  const settings = parseAptSettings(aptOptions);
  const byOrigin = new Map<string, Promise<Dispatcher>>();
  const byRoute = new Map<string, Dispatcher>();
  const silenceLimitMs = (url: URL) => {
    const seconds = Number.parseInt(findSetting(settings, url, 'timeout') ?? '', 10);
    return (seconds > 0 ? seconds : defaultTimeoutSeconds) * 1000;
  };
  const open = async (url: URL) => {
    const route = await chooseRoute(settings, url);
    const key = JSON.stringify([route, silenceLimitMs(url)]);
    const agent = byRoute.get(key) ?? openAgent(route, silenceLimitMs(url));
    byRoute.set(key, agent);
    return agent;
  };
  return {
    silenceLimitMs,
    async dispatcherFor(url) {
      const agent = byOrigin.get(url.origin) ?? open(url);
      byOrigin.set(url.origin, agent);
      return await agent;
    },
    async close() {
      await Promise.all([...byRoute.values()].map((agent) => agent.destroy()));
    },
  };
}

/** Keeps proxies and timeouts of http and https; an empty value is none, as apt sees it. */
export function parseAptSettings(lines: readonly string[]): AptSettings {
  const settings = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^\s*Acquire::(https?::.+?)\s+"(.*)"\s*;\s*$/i.exec(line) ?? [];
    if (name && value) settings.set(name.toLowerCase(), value);
  }
  return settings;
}

/** What apt would do: the host's own proxy, then the one that a program finds, then the general one, then the environment. */
export async function chooseRoute(settings: AptSettings, url: URL): Promise<Route> {
  const address =
    findSetting(settings, url, `proxy::${url.hostname}`) ??
    (await detectProxy(settings, url)) ??
    findSetting(settings, url, 'proxy');
  if (address === undefined) return { kind: 'environment' };
  return address.toUpperCase() === 'DIRECT' ? { kind: 'direct' } : { kind: 'proxy', address };
}

/** The address as it may be shown: without user name and password. */
export function withoutCredentials(address: string): string {
  const url = parseUrl(address);
  if (url && isHttp(url)) return address.replace(/\/\/[^/\\?#]*@/, '//');
  // Who can tell what this is: everything up to the last @ may be secret.
  return address.replace(/^([a-z0-9+.-]+:\/\/)?.*@/i, '$1');
}

/** An address, or undefined for a text that is none. */
export function parseUrl(text: string, base?: URL): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/** True for addresses that can be fetched from. */
export function isHttp(url: URL): boolean {
  return url.protocol === 'http:' || url.protocol === 'https:';
}

/** `Basic …` for the user name and password of an address; undefined if it has none. */
export function basicAuthorization(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  const pair = `${decode(url.username)}:${decode(url.password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/** https takes the settings of http where it has none of its own. */
function findSetting(settings: AptSettings, url: URL, name: string): string | undefined {
  const own = url.protocol === 'https:' ? settings.get(`https::${name}`) : undefined;
  return own ?? settings.get(`http::${name}`);
}

async function detectProxy(settings: AptSettings, url: URL): Promise<string | undefined> {
  const program =
    findSetting(settings, url, 'proxy-auto-detect') ?? findSetting(settings, url, 'proxyautodetect');
  if (program === undefined) return undefined;
  const result = await runProcess([program, `${url.origin}${url.pathname}`]);
  const answer = result.stdout.trim();
  return result.exitCode === 0 && answer !== '' ? answer : undefined;
}

function openAgent(route: Route, silenceLimitMs: number): Dispatcher {
  const connect = { timeout: silenceLimitMs };
  if (route.kind === 'direct') return new Agent({ connect });
  const options = {
    connect,
    // Plain http goes through the proxy as it is, so that caching proxies work; only https gets a tunnel.
    proxyTunnel: false,
    clientFactory: (origin: URL, poolOptions: object) => {
      if (!isHttp(origin)) throw unusableProxy(origin.href);
      return new Pool(origin, { ...poolOptions, headersTimeout: silenceLimitMs });
    },
  };
  if (route.kind === 'environment') return openEnvironmentAgent(options);
  const proxy = parseUrl(route.address);
  if (!proxy || !isHttp(proxy)) throw unusableProxy(route.address);
  const token = basicAuthorization(proxy);
  // This agent, not ProxyAgent: no_proxy of the environment counts for apt's own proxies too.
  return new EnvHttpProxyAgent({
    ...options,
    httpProxy: proxy.origin,
    httpsProxy: proxy.origin,
    ...(token === undefined ? {} : { token }),
  });
}

function openEnvironmentAgent(options: EnvHttpProxyAgent.Options): Dispatcher {
  try {
    return new EnvHttpProxyAgent(options);
  } catch (error) {
    if (error instanceof HearthError) throw error;
    throw new HearthError('ERR_HOST_UNSUITABLE', {
      what: 'The environment variable http_proxy or https_proxy holds no address.',
      state: 'Nothing was downloaded.',
      todo: 'Set it to an address such as http://proxy.example.org:3128, or unset it.',
    });
  }
}

function unusableProxy(address: string): HearthError {
  const isSocks = /^socks/i.test(address);
  return new HearthError('ERR_HOST_UNSUITABLE', {
    what: `The proxy ${withoutCredentials(address)} can not be used.`,
    why: isSocks
      ? 'SOCKS proxies are not supported for downloads.'
      : 'The address of a proxy must begin with http:// or https://.',
    state: 'Nothing was downloaded.',
    todo: 'Set Acquire::http::Proxy in apt.conf or the variable http_proxy to an HTTP proxy, or Acquire::http::Proxy::HOST to "DIRECT".',
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
