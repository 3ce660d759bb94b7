import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { openDatabase, openRedis } from './connect.mjs';
import { readEnvironment, temporaryFolder } from './environment.mjs';
import { answerPage } from './pages.mjs';
import { log, refuse } from './refuse.mjs';

/** `puma -C config/puma.rb` */
export async function runWeb(args) {
  if (args.join(' ') !== '-C config/puma.rb') refuse(`puma ${args.join(' ')}: not known here`);
  const env = readEnvironment('rails', { hasMedia: true });
  const threads = Number(env.MAX_THREADS ?? 5);
  if (env.DB_POOL !== undefined && Number(env.DB_POOL) < threads)
    refuse(`DB_POOL is ${env.DB_POOL}, but ${threads} threads want a connection`);
  const site = { env, database: await openDatabase(env), redis: await openRedis(env) };
  // As Puma does; it shows that the folder can be written to.
  writeFileSync(`${temporaryFolder}/server.pid`, String(process.pid));
  const again = () => void reconnect(site);
  setInterval(() => void site.database.query('SELECT 1').catch(again), 10_000);
  setInterval(() => void site.redis.ask('PING').catch(again), 10_000);
  const server = http.createServer((request, reply) => void answer(site, request, reply));
  server.keepAliveTimeout = Number(env.PERSISTENT_TIMEOUT ?? 20) * 1_000;
  const [port, address] = [Number(env.PORT ?? 3000), env.BIND ?? '127.0.0.1'];
  server.listen(port, address, () => log(`* Listening on http://${address}:${port}`));
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => process.exit(0));
}

/** Rails takes new connections when the old ones are gone. */
async function reconnect(site) {
  try {
    const [database, redis] = [await openDatabase(site.env), await openRedis(site.env)];
    site.database.close();
    site.redis.close();
    Object.assign(site, { database, redis });
  } catch (error) {
    log(error.message);
    process.exit(1);
  }
}

async function answer(site, request, reply) {
  const url = new URL(request.url.startsWith('/') ? request.url : '/', 'http://web');
  const seen = visitor(request, site.env);
  reply.setHeader('x-understudy-visitor', seen.address);
  reply.setHeader('x-runtime', '0.01');
  if (url.pathname === '/health')
    return reply.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('OK');
  const host = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  const { LOCAL_DOMAIN, WEB_DOMAIN = LOCAL_DOMAIN, ALTERNATE_DOMAINS = '' } = site.env;
  if (![LOCAL_DOMAIN, WEB_DOMAIN, ...ALTERNATE_DOMAINS.split(',')].includes(host))
    return reply.writeHead(403, { 'content-type': 'text/plain' }).end(`Blocked hosts: ${host}`);
  if (!seen.isSecure) return reply.writeHead(301, { location: `https://${host}${request.url}` }).end();
  reply.setHeader('strict-transport-security', 'max-age=63072000; includeSubDomains');
  try {
    return await answerPage({ ...site, request, reply, url, webDomain: WEB_DOMAIN });
  } catch (error) {
    log(`${request.method} ${url.pathname}: ${error.message}`);
    return reply.headersSent
      ? reply.end()
      : reply.writeHead(500, { 'content-type': 'text/html' }).end('<h1>500</h1>');
  }
}

const privateAddress = /^(::ffff:)?(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)|^::1$|^f[cd]/;

/** Who asks, and how: told by proxies that are trusted, which stand behind who really asks. */
function visitor(request, env) {
  const peer = request.socket.remoteAddress ?? '';
  const trusted = (env.TRUSTED_PROXY_IP ?? '')
    .split(',')
    .map((one) => one.trim().replace(/\/\d+$/, ''))
    .filter((one) => one !== '');
  const isTrusted = (address) =>
    trusted.length === 0
      ? privateAddress.test(address)
      : trusted.includes(address.replace('::ffff:', '')) || privateAddress.test(address);
  if (!isTrusted(peer)) return { address: peer, isSecure: false };
  const chain = String(request.headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const address = chain.findLast((one) => !isTrusted(one)) ?? chain[0] ?? peer;
  return { address, isSecure: request.headers['x-forwarded-proto'] === 'https' };
}
