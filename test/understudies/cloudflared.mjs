#!/usr/bin/node --jitless
// The understudy of cloudflared: stands in for it in tests, is never shipped. It is strict where the real one is lenient, so
// that a test fails for what would only be unsafe. Its edge is that of cloudflare-api.ts: the file that
// `edgeFile` names tells the address; without such a file every token is good.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { visit, visitSocket } from './cloudflared/visit.mjs';

const environment = Object.fromEntries(
  readFileSync('/proc/self/environ', 'utf8')
    .split('\0')
    .filter((line) => line.includes('='))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
);
const edgeFile = environment.CLOUDFLARED_UNDERSTUDY ?? '/etc/cloudflared-understudy.json';

class Refusal extends Error {}

try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  log('ERR', error.message);
  process.exitCode = 1;
}

function main(words) {
  const all = [...words, ...Object.values(environment)].join('\n');
  if (/eyJ[A-Za-z0-9+/]{20}/.test(all) || environment.TUNNEL_TOKEN !== undefined)
    throw new Refusal('a token stands in the arguments or in the environment');
  if (words.length === 1 && words[0] === '--version') {
    process.stdout.write('cloudflared version 2026.10.0 (understudy)\n');
    return;
  }
  const { flags, commands } = parseWords(words);
  const line = commands.join(' ');
  if (line === 'tunnel ingress validate') validate(flags);
  else if (line === 'tunnel run') run(flags);
  else throw new Refusal(`unknown command: ${line}`);
}

/** A flag belongs to the command before it, as in the real one. */
function parseWords(words) {
  const known = {
    tunnel: { '--config': true, '--no-autoupdate': false, '--metrics': true },
    run: { '--token-file': true },
  };
  const flags = {};
  const commands = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index];
    if (!word.startsWith('-')) {
      commands.push(word);
      continue;
    }
    const takesValue = known[commands.at(-1)]?.[word];
    if (takesValue === undefined) throw new Refusal(`flag provided but not defined: ${word}`);
    if (word in flags) throw new Refusal(`${word} is given twice`);
    flags[word] = takesValue ? words[++index] : 'yes';
    if (flags[word] === undefined) throw new Refusal(`flag needs an argument: ${word}`);
  }
  return { flags, commands };
}

function validate(flags) {
  const file = flags['--config'];
  process.stdout.write(`Validating rules from ${file}\n`);
  const reason = ingressProblem(readConfig(file).ingress);
  if (reason !== undefined) {
    process.stdout.write(`Validation failed: ${reason}\n`);
    process.exitCode = 1;
  } else process.stdout.write('OK\n');
}

function run(flags) {
  if (flags['--no-autoupdate'] !== 'yes') throw new Refusal('it would update itself');
  const [, port] = /^127\.0\.0\.1:(\d+)$/.exec(flags['--metrics'] ?? '') ?? [];
  if (port === undefined) throw new Refusal('metrics are not on loopback, with a port');
  const key = readKey(flags['--token-file']);
  const config = readConfig(flags['--config']);
  if (config.ingress !== undefined) {
    const reason = ingressProblem(config.ingress);
    if (reason !== undefined) throw new Refusal(reason);
  }
  checkRights(flags);
  const state = { connections: 0, version: -1, ingress: config.ingress ?? [{ service: 'http_status:503' }] };
  const server = createServer((ask, reply) => visit(state, ask, reply) || answer(state, ask, reply));
  server.on('upgrade', (ask, socket, head) => visitSocket(state, ask, socket, head));
  server.on('error', (error) => {
    log('ERR', `metrics: ${error.message}`);
    process.exitCode = 1;
  });
  server.listen(Number(port), '127.0.0.1', () => {
    log('INF', `Starting metrics server on 127.0.0.1:${port}/metrics`);
    void connect(server, state, key);
  });
  for (const signal of ['SIGTERM', 'SIGINT'])
    process.on(signal, () => {
      log('INF', `Initiating graceful shutdown due to signal ${signal}`);
      stop(server, state);
    });
}

/** As a service it is nobody special, and its files are credentials. */
function checkRights(flags) {
  if (environment.NOTIFY_SOCKET === undefined) return;
  if (process.getuid() === 0) throw new Refusal('it runs as root');
  for (const name of ['--token-file', '--config'])
    if (!flags[name].startsWith(`${environment.CREDENTIALS_DIRECTORY}/`))
      throw new Refusal(`${flags[name]} is no credential`);
}

function readKey(file) {
  if (file === undefined) throw new Refusal('there is no --token-file');
  let text;
  try {
    if ((statSync(file).mode & 0o007) !== 0) throw new Refusal(`everybody may read ${file}`);
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(`Failed to read token file: ${error.message}`);
  }
  if (!/^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text))
    throw new Refusal('Provided Tunnel token is not valid.');
  try {
    const { a, t, s, ...more } = JSON.parse(Buffer.from(text, 'base64').toString());
    const isGood =
      /^[0-9a-f]{32}$/.test(a) &&
      /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(t) &&
      Buffer.from(s, 'base64').toString('base64') === s &&
      Object.keys(more).every((name) => name === 'e');
    if (isGood) return { a, t, s };
  } catch {}
  throw new Refusal('Provided Tunnel token is not valid.');
}

async function connect(server, state, key) {
  while (!state.isStopped) {
    const { status, text } = await register(key);
    if (state.isStopped) return;
    if (status === 200) take(state, JSON.parse(text).result.config);
    else if (status === 403) {
      log('ERR', `Register tunnel error from server side error="${JSON.parse(text).errors[0].message}"`);
      process.exitCode = 1;
      stop(server, state);
    } else {
      log('ERR', 'Unable to establish connection with Cloudflare edge');
      state.connections = 0;
    }
    await new Promise((resolve) => {
      state.timer = setTimeout(resolve, 500);
    });
  }
}

/** Connected: what Cloudflare keeps for this tunnel holds instead of the file. */
function take(state, config) {
  if (config !== null && JSON.stringify(config.ingress) !== JSON.stringify(state.remote)) {
    state.version++;
    state.remote = config.ingress;
    state.ingress = config.ingress.length > 0 ? config.ingress : [{ service: 'http_status:503' }];
    log('INF', `Updated to new configuration version=${state.version}`);
  }
  if (state.connections === 0) log('INF', 'Registered tunnel connection');
  state.connections = 4;
  if (!state.isTold) tellSystemd();
  state.isTold = true;
}

function register(key) {
  let address;
  try {
    address = JSON.parse(readFileSync(edgeFile, 'utf8')).edge;
  } catch {
    return Promise.resolve({ status: 200, text: '{"result":{"config":null}}' });
  }
  return new Promise((resolve) => {
    const call = request(`${address}/register`, { method: 'POST', agent: false, timeout: 5_000 }, (reply) => {
      let text = '';
      reply.on('data', (part) => {
        text += part;
      });
      reply.on('end', () => resolve({ status: reply.statusCode, text }));
      reply.on('error', () => resolve({ status: 0 }));
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve({ status: 0 }));
    call.end(JSON.stringify(key));
  });
}

function tellSystemd() {
  if (environment.NOTIFY_SOCKET === undefined) return;
  execFile('/usr/bin/systemd-notify', ['--ready'], (error) => {
    if (error !== null) log('ERR', `systemd was not told: ${error.message}`);
  });
}

const connectorId = randomUUID();

function answer(state, { url, method }, reply) {
  const json = (status, content) =>
    reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
  const { connections, version, ingress } = state;
  const status = connections > 0 ? 200 : 503;
  if (method !== 'GET') reply.writeHead(405).end();
  else if (url === '/ready') json(status, { status, readyConnections: connections, connectorId });
  else if (url === '/config')
    json(200, { version, config: { ingress, 'warp-routing': {}, originRequest: {} } });
  else if (url === '/healthcheck') reply.end('OK\n');
  else if (url === '/metrics') reply.end(`cloudflared_tunnel_ha_connections ${connections}\n`);
  else reply.writeHead(404).end();
}

function stop(server, state) {
  state.isStopped = true;
  clearTimeout(state.timer);
  server.close();
  server.closeAllConnections();
}

/** The rules of a config.yml, for the little YAML that tests write: lists, maps, plain values, one map in braces. */
function readConfig(file) {
  if (file === undefined) throw new Refusal('there is no --config');
  const text = readFileSync(file, 'utf8');
  const config = {};
  let inner;
  let key = '';
  for (const line of text.split('\n')) {
    const [, space, dash, name, value] =
      /^( *)(- )?([\w-]+):\s*(.*?)\s*$/.exec(line.replace(/\s+#.*|^#.*/, '')) ?? [];
    if (name !== undefined && space === '' && dash === undefined) {
      key = name;
      config[name] = name === 'ingress' ? [] : plain(value);
    } else if (name !== undefined && key === 'ingress')
      inner = takeRuleLine(config.ingress, inner, { dash, name, value });
  }
  checkKeys(config);
  return config;
}

function checkKeys(config) {
  for (const name of ['token', 'token-file', 'credentials-file', 'metrics', 'tunnel'])
    if (name in config) throw new Refusal(`${name} is not for the config.yml here`);
}

/** Gives the map that more deeply indented lines go into. */
function takeRuleLine(rules, inner, { dash, name, value }) {
  if (dash !== undefined) {
    rules.push({ [name]: plain(value) });
    return undefined;
  }
  const rule = rules.at(-1);
  if (name === 'originRequest') {
    rule.originRequest = value === '' ? {} : plain(value);
    return rule.originRequest;
  }
  (inner ?? rule)[name] = plain(value);
  return inner;
}

function plain(value) {
  if (value.startsWith('{')) {
    const entries = value
      .slice(1, -1)
      .split(',')
      .map((entry) => entry.split(/:\s+/).map((part) => part.trim()));
    return Object.fromEntries(entries.map(([name, one]) => [name, plain(one ?? '')]));
  }
  if (value === 'true' || value === 'false') return value === 'true';
  return value.replace(/^(["'])(.*)\1$/, '$2');
}

function ingressProblem(ingress) {
  if (ingress === undefined || ingress.length === 0) return 'The config file contains no ingress rules';
  const problems = ingress.map((rule, index) => {
    const reason = ruleProblem(rule, index === ingress.length - 1);
    return reason === undefined ? undefined : `rule #${index + 1} ${reason}`;
  });
  return problems.find((problem) => problem !== undefined);
}

function ruleProblem({ hostname = '', path = '', service = '' }, isLast) {
  const matchesAll = hostname === '' && path === '';
  if (/:/.test(hostname)) return 'has a hostname with a port';
  if (/\*/.test(hostname.replace(/^\*\./, ''))) return 'has a bad wildcard';
  if (isLast !== matchesAll) return isLast ? 'must match all URLs: it is the last one' : 'matches all URLs';
  return /^(?:(?:https?|tcp|ssh|rdp):\/\/[^/]+|unix(?:\+tls)?:\S+|http_status:\d{3}|hello_world)$/.test(
    service,
  )
    ? undefined
    : `has an invalid service "${service}"`;
}

function log(level, text) {
  process.stderr.write(`${new Date().toISOString()} ${level} ${text}\n`);
}
