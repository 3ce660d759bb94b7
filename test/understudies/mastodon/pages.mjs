import { findAccount, firstAccount, maySignIn, setting } from './accounts.mjs';
import { release } from './environment.mjs';
import { refuse } from './refuse.mjs';

const activity = 'application/activity+json; charset=utf-8';
const wantsActivity = /application\/(activity|ld)\+json/;
const vary = 'Accept, Accept-Language, Cookie';
const maxBodyBytes = 99 * 1024 ** 2;

/** Answers what came in by https for a host that is known. */
export async function answerPage(at) {
  const { url, request } = at;
  for (const [pattern, methods, page] of pages) {
    const found = pattern.exec(url.pathname);
    if (found === null) continue;
    if (!methods.includes(request.method)) return send(at, 404, { type: 'text/html', body: '<h1>404</h1>' });
    return await page(at, found);
  }
  return send(at, 404, { type: 'text/html; charset=utf-8', body: '<h1>404</h1>' });
}

const read = ['GET', 'HEAD'];
const pages = [
  [/^\/$/, read, frontPage],
  [/^\/\.well-known\/webfinger$/, read, webfinger],
  [/^\/\.well-known\/host-meta$/, read, hostMeta],
  [/^\/\.well-known\/nodeinfo$/, read, nodeinfoLinks],
  [/^\/nodeinfo\/2\.0$/, read, nodeinfo],
  [/^\/api\/v[12]\/instance$/, read, instance],
  [/^\/actor$/, read, instanceActor],
  [/^\/(?:@|users\/)(\w+)$/, read, actor],
  [/^\/(?:inbox|actor\/inbox|users\/\w+\/inbox)$/, ['POST'], inbox],
  [/^\/auth\/sign_in$/, ['POST'], signIn],
  [/^\/api\/v2\/media$/, ['POST'], upload],
  [/^\/packs\/(app-0123456789abcdef\.js)$/, read, asset],
  [/^\/(?:about|explore|public)$/, read, html],
];

function send({ reply, request }, status, { type, body = '', headers = {} }) {
  reply.writeHead(status, { 'content-type': type, 'cache-control': 'private, no-store', ...headers });
  reply.end(request.method === 'HEAD' ? undefined : body);
}

const json = (at, status, value, headers) =>
  send(at, status, {
    type: headers?.type ?? 'application/json; charset=utf-8',
    body: JSON.stringify(value),
    headers: headers?.more,
  });

async function frontPage(at) {
  const first = at.env.SINGLE_USER_MODE === 'true' ? await firstAccount(at.database) : undefined;
  if (first !== undefined)
    return send(at, 302, {
      type: 'text/html',
      body: '',
      headers: { location: `https://${at.webDomain}/@${first}` },
    });
  return html(at);
}

function html(at) {
  const language = at.env.DEFAULT_LOCALE ?? 'en';
  const page = `<!DOCTYPE html><html lang="${language}"><title>${at.env.LOCAL_DOMAIN}</title><script src="/packs/app-0123456789abcdef.js"></script></html>`;
  return send(at, 200, { type: 'text/html; charset=utf-8', body: page, headers: { vary } });
}

async function webfinger(at) {
  const resource = at.url.searchParams.get('resource') ?? '';
  const [, name, host] = /^acct:@?([\w.]+)@([^@]+)$/.exec(resource) ?? [];
  const { LOCAL_DOMAIN } = at.env;
  if (name === undefined) return send(at, 400, { type: 'text/html', body: '' });
  const isOurs = [LOCAL_DOMAIN, at.webDomain].includes(host.toLowerCase());
  const account = isOurs ? await findAccount(at.database, name) : undefined;
  if (account?.email === undefined) return send(at, 404, { type: 'text/html', body: '' });
  const [page, self] = [
    `https://${at.webDomain}/@${account.username}`,
    `https://${at.webDomain}/users/${account.username}`,
  ];
  const links = [
    { rel: 'http://webfinger.net/rel/profile-page', type: 'text/html', href: page },
    { rel: 'self', type: 'application/activity+json', href: self },
  ];
  const body = { subject: `acct:${account.username}@${LOCAL_DOMAIN}`, aliases: [page, self], links };
  const more = {
    'cache-control': 'max-age=259200, public',
    'access-control-allow-origin': '*',
    vary: 'Accept-Encoding',
  };
  return json(at, 200, body, { type: 'application/jrd+json; charset=utf-8', more });
}

function hostMeta(at) {
  const template = `https://${at.webDomain}/.well-known/webfinger?resource={uri}`;
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="lrdd" template="${template}"/></XRD>\n`;
  return send(at, 200, {
    type: 'application/xrd+xml; charset=utf-8',
    body: text,
    headers: {
      'cache-control': 'max-age=259200, public',
    },
  });
}

function nodeinfoLinks(at) {
  const rel = 'http://nodeinfo.diaspora.software/ns/schema/2.0';
  return json(at, 200, { links: [{ rel, href: `https://${at.webDomain}/nodeinfo/2.0` }] });
}

async function nodeinfo(at) {
  const openRegistrations = (await setting(at.database, 'registrations_mode')) === 'open';
  const [{ total }] = await at.database.query('SELECT count(*) AS total FROM users');
  const software = { name: 'mastodon', version: release.version };
  return json(at, 200, {
    version: '2.0',
    software,
    protocols: ['activitypub'],
    usage: { users: { total: Number(total) } },
    openRegistrations,
  });
}

async function instance(at) {
  const { env, webDomain } = at;
  const streaming = env.STREAMING_API_BASE_URL ?? `wss://${webDomain}`;
  const mode = (await setting(at.database, 'registrations_mode')) ?? 'none';
  const registrations = {
    enabled: env.SINGLE_USER_MODE !== 'true' && mode !== 'none',
    approval_required: mode === 'approved',
  };
  return json(at, 200, {
    ...{
      domain: env.LOCAL_DOMAIN,
      version: release.version,
      languages: [env.DEFAULT_LOCALE ?? 'en'],
      registrations,
    },
    configuration: { urls: { streaming }, limited_federation: env.LIMITED_FEDERATION_MODE === 'true' },
  });
}

function person(at, id, name, type) {
  return {
    '@context': ['https://www.w3.org/ns/activitystreams', 'https://w3id.org/security/v1'],
    ...{ id, type, preferredUsername: name, inbox: `${id}/inbox`, outbox: `${id}/outbox` },
    url: `https://${at.webDomain}/@${name}`,
    endpoints: { sharedInbox: `https://${at.webDomain}/inbox` },
    publicKey: {
      id: `${id}#main-key`,
      owner: id,
      publicKeyPem: '-----BEGIN PUBLIC KEY-----\nunderstudy\n-----END PUBLIC KEY-----\n',
    },
  };
}

function instanceActor(at) {
  const body = person(at, `https://${at.webDomain}/actor`, at.env.LOCAL_DOMAIN, 'Application');
  return json(at, 200, body, { type: activity, more: { 'cache-control': 'max-age=600, public' } });
}

async function actor(at, [, name]) {
  const account = await findAccount(at.database, name);
  const isSecure = at.env.AUTHORIZED_FETCH === 'true' || at.env.LIMITED_FEDERATION_MODE === 'true';
  const more = { vary: isSecure ? `${vary}, Signature` : vary, 'cache-control': 'max-age=180, public' };
  if (account?.email === undefined)
    return send(at, 404, { type: 'text/html', body: '<h1>404</h1>', headers: { vary } });
  if (!wantsActivity.test(at.request.headers.accept ?? '')) {
    return send(at, 200, {
      type: 'text/html; charset=utf-8',
      body: `<!DOCTYPE html><title>${account.username}</title>`,
      headers: more,
    });
  }
  if (isSecure && at.request.headers.signature === undefined)
    return json(at, 401, { error: 'Request not signed' }, { more });
  const id = `https://${at.webDomain}/users/${account.username}`;
  return json(at, 200, person(at, id, account.username, 'Person'), { type: activity, more });
}

async function inbox(at) {
  await bodyOf(at.request);
  return json(at, 401, { error: 'Request not signed' });
}

async function signIn(at) {
  const form = new URLSearchParams((await bodyOf(at.request)).toString());
  const isGood = await maySignIn(
    at.database,
    form.get('user[email]') ?? '',
    form.get('user[password]') ?? '',
  );
  if (!isGood)
    return send(at, 422, {
      type: 'text/html; charset=utf-8',
      body: '<p>Invalid e-mail address or password.</p>',
    });
  return send(at, 302, { type: 'text/html', body: '', headers: { location: `https://${at.webDomain}/` } });
}

/** Says how much came in; a proxy must let it through whole. */
async function upload(at) {
  const body = await bodyOf(at.request);
  return json(at, 200, { id: '1', type: 'unknown', size: body.length });
}

function asset(at) {
  const more = { 'cache-control': 'public, max-age=2419200, immutable', vary: 'Accept-Encoding' };
  return send(at, 200, { type: 'text/javascript', body: 'console.log("understudy")\n', headers: more });
}

async function bodyOf(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > maxBodyBytes) refuse('too large');
    parts.push(part);
  }
  return Buffer.concat(parts);
}
