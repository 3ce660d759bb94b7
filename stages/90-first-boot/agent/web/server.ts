import { createServer, type IncomingMessage, type Server } from 'node:http';
import { isIP } from 'node:net';
import type { Greeting } from '../door/protocol.ts';
import { assetAt } from './assets.ts';
import { noForm, readForm } from './form-body.ts';
import { type Frame, frameOf } from './frame.ts';
import { type OwnNames, ownHost } from './host-header.ts';
import { chooseTexts } from './language.ts';
import { problemReply } from './problem-reply.ts';
import { type Reply, redirect } from './reply.ts';
import { answerVisit } from './router.ts';
import { isSameOrigin } from './same-origin.ts';
import { send } from './send.ts';
import { formToken, readCookies, readToken } from './session-cookie.ts';
import type { WebDoors } from './visit.ts';

export type { WebDoors } from './visit.ts';

/** Where the windows of phones are sent while the setup hotspot is on. */
const hotspotPage = 'http://192.168.73.1/';
const maxNamesKept = 4;

/** The web server, not yet listening. Its limits keep one visitor from using up a small device. */
export function createWebServer(doors: WebDoors): Server {
  const accepted = rememberNames(doors.ownNames);
  const server = createServer(
    {
      maxHeaderSize: 8 * 1024,
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: 5_000,
    },
    (request, response) => {
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      answer(request, { doors, accepted, signal: gone.signal })
        .then((reply) => send(request, response, reply))
        .catch(() => response.destroy());
    },
  );
  server.maxConnections = 64;
  return server;
}

interface Desk {
  readonly doors: WebDoors;
  /** Own names, and those that the device had since this process started. */
  readonly accepted: () => readonly OwnNames[];
  readonly signal: AbortSignal;
}

async function answer(request: IncomingMessage, desk: Desk): Promise<Reply> {
  const { doors } = desk;
  const cookies = readCookies(request.headers.cookie);
  const path = request.url?.split('?')[0] ?? '';
  const asset = assetAt(path);
  if (asset !== undefined && (request.method === 'GET' || request.method === 'HEAD')) return asset;
  const acceptLanguage = request.headers['accept-language'];
  const wishes = { chosen: cookies.get('lang'), acceptLanguage };
  const plain = frameOf(chooseTexts(wishes));
  const hosts = request.headersDistinct['host'] ?? [];
  const [host = ''] = hosts;
  if (hosts.length !== 1) return problemReply('badRequest', plain);
  const isOwn = desk.accepted().some((own) => ownHost(host, own) !== undefined);
  const greeting = await doors.door.call('hello', {}).catch((error: Error) => error);
  if (!isOwn)
    return !(greeting instanceof Error) && greeting.hotspot !== undefined
      ? { ...redirect(hotspotPage), status: 302 }
      : problemReply('wrongHost', plain);
  if (greeting instanceof Error) {
    doors.report(greeting.message);
    return problemReply('unreachable', plain, { 'Retry-After': '5' });
  }
  return await answerOwn(request, { ...desk, greeting, path, host, plain });
}

interface OwnDesk extends Desk {
  readonly greeting: Greeting;
  readonly path: string;
  readonly host: string;
  readonly plain: Frame;
}

async function answerOwn(request: IncomingMessage, desk: OwnDesk): Promise<Reply> {
  const { greeting, plain } = desk;
  const { method = '' } = request;
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST')
    return problemReply('wrongMethod', plain, { Allow: 'GET, HEAD' });
  if (method === 'POST' && !isSameOrigin(request.headers)) return problemReply('forbidden', plain);
  const form = method === 'POST' ? await readForm(request) : noForm;
  if (typeof form === 'string') return problemReply(form, plain);
  const query = new URLSearchParams(request.url?.split('?')[1] ?? '');
  const cookies = readCookies(request.headers.cookie);
  const isHotspot = greeting.hotspot !== undefined;
  const chosen = isHotspot ? (form.get('_lang') ?? query.get('lang') ?? undefined) : cookies.get('lang');
  const token = readToken(cookies);
  const texts = chooseTexts({
    chosen,
    acceptLanguage: request.headers['accept-language'],
    owner: greeting.language,
  });
  return await answerVisit({
    doors: desk.doors,
    greeting,
    frame: frameOf(texts, {
      formToken: token === undefined ? undefined : formToken(token),
      path: pageOf(desk.path, method),
      languageBy: isHotspot ? 'link' : 'form',
    }),
    method: method === 'POST' ? 'POST' : 'GET',
    path: desk.path,
    query,
    form,
    token,
    address: addressOf(request),
    host: desk.host,
    lastEventId: Math.max(0, Math.trunc(Number(request.headers['last-event-id']) || 0)),
    signal: desk.signal,
  });
}

/** The page that a form came from: what is shown after a POST has no address of its own. */
function pageOf(path: string, method: string): string {
  if (method !== 'POST') return path;
  if (path === '/setup/apply') return '/setup';
  if (path === '/login/link') return '/login';
  return /^\/(?:setup|change|login|reset)/.test(path) ? path : '/';
}

/**
 * Behind nginx the visitor comes through a socket that only nginx may open: then, and only then, its header says who it
 * is. Several such headers are one text that is no address.
 */
function addressOf(request: IncomingMessage): string {
  const { remoteAddress } = request.socket;
  const named = remoteAddress === undefined ? String(request.headers['x-real-ip'] ?? '') : remoteAddress;
  const address = named.replace(/^::ffff:/, '');
  return isIP(address) === 0 ? '' : address;
}

/** A step may change the device's name while somebody watches under the old one: both are good for a while. */
function rememberNames(ownNames: () => OwnNames): () => readonly OwnNames[] {
  const seen: string[] = [];
  return () => {
    const own = ownNames();
    if (!seen.includes(own.hostname)) seen.unshift(own.hostname);
    seen.length = Math.min(seen.length, maxNamesKept);
    return [own, ...seen.map((hostname) => ({ ...own, hostname }))];
  };
}
