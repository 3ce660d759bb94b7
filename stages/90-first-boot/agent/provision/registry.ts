import type { Identity } from './http-get.ts';
import { readSmall } from './read-small.ts';
import type { Source } from './search.ts';
import { FetchTrouble } from './trouble.ts';

/** Where a registry has a part of an image, by its digest. All parts are asked for with the same token. */
export type RegistryPlace = (kind: 'manifests' | 'blobs', sha256: string) => Source;

const maxTokenBytes = 64 * 1024;

/** The registry of an image: `ghcr.io/mastodon/mastodon:v4.7.4`. Only one on this computer is spoken to without TLS. */
export function registryOf(reference: string): RegistryPlace {
  const registry = reference.slice(0, reference.indexOf('/'));
  const repository = reference.slice(registry.length + 1, reference.lastIndexOf(':'));
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(registry);
  const home = `${isLoopback ? 'http' : 'https'}://${hostOf(registry)}`;
  const path = registry === dockerHub && !repository.includes('/') ? `library/${repository}` : repository;
  const identity = anonymous(new URL(home));
  return (kind, sha256) => ({ address: `${home}/v2/${path}/${kind}/sha256:${sha256}`, identity });
}

const dockerHub = 'docker.io';

/** The name of Docker's registry is not where it answers. */
function hostOf(registry: string): string {
  return registry === dockerHub ? 'registry-1.docker.io' : registry;
}

/** Registries give everybody a token for what is public, for some minutes. It never comes to a disk or a log. */
function anonymous(home: URL): Identity {
  let token: string | undefined;
  return {
    authorization: () => (token === undefined ? undefined : `Bearer ${token}`),
    renew: async (challenge, options) => {
      const address = tokenAddress(challenge, home);
      const text = (await readSmall(address.href, maxTokenBytes, options)).toString('utf8');
      token = tokenIn(text);
      if (token === undefined) throw new FetchTrouble('content', address.hostname, 'gives no token');
    },
  };
}

/** `Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull"` */
function tokenAddress(challenge: string, home: URL): URL {
  const values = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
  const realm = values.get('realm') ?? '';
  if (!/^bearer /i.test(challenge) || !URL.canParse(realm))
    throw new FetchTrouble('refused', home.hostname, 'wants another sign-in than a token', 401);
  const address = new URL(realm);
  if (address.protocol !== 'https:' && address.protocol !== home.protocol)
    throw new FetchTrouble('untrusted', home.hostname, `has its tokens at ${address.protocol}//`);
  for (const key of ['service', 'scope']) {
    const value = values.get(key);
    if (value !== undefined) address.searchParams.set(key, value);
  }
  return address;
}

/** Registries use either name. */
function tokenIn(text: string): string | undefined {
  try {
    const { token, access_token: other } = JSON.parse(text);
    const found: unknown = token ?? other;
    return typeof found === 'string' && /^[\x21-\x7e]+$/.test(found) ? found : undefined;
  } catch {
    return undefined;
  }
}
