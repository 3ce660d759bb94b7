export const web = 'social.example.org';
export const local = 'example.org';

/** What a visitor asks. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly host: string;
  readonly accept: string;
  readonly agent: string;
  readonly upgrade: string;
  readonly connection: string;
  /** Of the body. */
  readonly type: string;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** How this Mastodon differs from the usual one. */
export interface MastodonTraits {
  isSecure?: boolean;
  isLimited?: boolean;
  version?: string;
  domain?: string;
  streaming?: string;
  subject?: string;
  selfHost?: string;
  isWithoutKey?: boolean;
}

const activity = 'application/activity+json';
const page: Answer = {
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8', vary: 'Accept, Accept-Language, Cookie' },
  body: '<!DOCTYPE html><title>Ada</title>',
};

/** Mastodon's answer, strictly: a host, form or address that it does not know is refused. */
export function answerOf(asked: Asked, traits: MastodonTraits): Answer {
  const { pathname, searchParams } = new URL(asked.url, 'https://host');
  if (asked.host === local) return redirect(pathname, asked.url);
  if (asked.host !== web) return { status: 403, body: 'Blocked hosts' };
  if (asked.upgrade !== '') return stream(asked, pathname);
  if (`${asked.method} ${pathname}` === 'POST /inbox') return inbox(asked);
  if (asked.method !== 'GET') return missing;
  const routes: Readonly<Record<string, () => Answer>> = {
    '/health': () => ({ status: 200, headers: { 'content-type': 'text/plain' }, body: 'OK' }),
    '/.well-known/webfinger': () => finger(searchParams.get('resource'), traits),
    '/users/ada': () => account(asked, traits),
    '/actor': () => ({
      ...json(200, { id: `https://${web}/actor`, publicKey: {}, inbox: '' }, activity),
    }),
    '/nodeinfo/2.0': () =>
      json(200, { version: '2.0', software: { name: 'mastodon', version: traits.version ?? '4.7.4' } }),
    '/api/v2/instance': () => instance(traits),
  };
  return (routes[pathname] ?? (() => missing))();
}

const missing: Answer = { ...page, status: 404 };

/** Only these three lead to the domain of the pages, with all that was asked. */
function redirect(pathname: string, url: string): Answer {
  const isKnown = /^\/\.well-known\/(webfinger|host-meta|nodeinfo)$/.test(pathname);
  return isKnown ? { status: 301, headers: { location: `https://${web}${url}` } } : missing;
}

function finger(resource: string | null, { subject, selfHost = web }: MastodonTraits): Answer {
  if (resource !== `acct:ada@${local}`) return missing;
  const links = [
    { rel: 'http://webfinger.net/rel/profile-page', type: 'text/html', href: `https://${web}/@ada` },
    { rel: 'self', type: activity, href: `https://${selfHost}/users/ada` },
  ];
  return json(200, { subject: subject ?? resource, links }, 'application/jrd+json');
}

function account({ accept }: Asked, { isSecure = false, isWithoutKey = false }: MastodonTraits): Answer {
  if (accept === 'text/html') return page;
  if (accept !== activity) return { status: 406 };
  if (isSecure) return json(401, { error: 'Request not signed' });
  const key = isWithoutKey ? {} : { publicKey: { id: 'key' } };
  return json(
    200,
    { id: `https://${web}/users/ada`, inbox: `https://${web}/users/ada/inbox`, ...key },
    activity,
  );
}

function inbox({ type, body }: Asked): Answer {
  if (type !== activity) return { status: 415 };
  if (typeof (JSON.parse(body) as { readonly type?: unknown }).type !== 'string') return { status: 400 };
  return json(401, { error: 'Request not signed' });
}

function instance({ isLimited = false, domain = local, streaming = `wss://${web}` }: MastodonTraits): Answer {
  if (isLimited) return json(401, { error: 'This method requires an authenticated user' });
  return json(200, { domain, configuration: { urls: { streaming } } });
}

function stream({ upgrade, connection }: Asked, pathname: string): Answer {
  const isRight = pathname === '/api/v1/streaming' && upgrade === 'websocket' && /upgrade/i.test(connection);
  return isRight ? { status: 401, body: 'Missing access token' } : missing;
}

function json(status: number, value: object, type = 'application/json'): Answer {
  return { status, headers: { 'content-type': `${type}; charset=utf-8` }, body: JSON.stringify(value) };
}
