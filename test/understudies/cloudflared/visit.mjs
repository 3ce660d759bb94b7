import { request } from 'node:http';

/** Who visits, as the edge tells it. */
const visitor = '203.0.113.7';

/**
 * Plays the edge for one visitor: a request to the port of the metrics with `Understudy-Visit: https://NAME/PATH` goes where
 * the rule in force leads, with the headers that Cloudflare adds. Gives false if the request is none of these.
 */
export function visit(state, ask, reply) {
  const target = targetOf(state, ask);
  if (target === undefined) return false;
  if (target.status !== undefined) {
    reply.writeHead(target.status).end();
    return true;
  }
  const call = request(target.options, (answer) => {
    reply.writeHead(answer.statusCode, answer.statusMessage, answer.rawHeaders);
    answer.pipe(reply);
  });
  call.on('error', () => (reply.headersSent ? reply.destroy() : reply.writeHead(502).end()));
  ask.pipe(call);
  return true;
}

/** The same for a WebSocket. */
export function visitSocket(state, ask, socket, head) {
  const target = targetOf(state, ask);
  if (target?.options === undefined) return socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
  const { options } = target;
  const call = request({
    ...options,
    headers: { ...options.headers, connection: 'Upgrade', upgrade: 'websocket' },
  });
  call.on('upgrade', (answer, other, otherHead) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines(answer.rawHeaders)}\r\n`);
    socket.write(otherHead);
    other.write(head);
    other.on('error', () => socket.destroy());
    socket.on('error', () => other.destroy());
    other.on('close', () => socket.destroy());
    socket.on('close', () => other.destroy());
    other.pipe(socket);
    socket.pipe(other);
  });
  call.on('response', (answer) => {
    socket.write(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\nConnection: close\r\n`);
    socket.write(`${lines(answer.rawHeaders.filter((_, index, all) => !isConnection(all, index)))}\r\n`);
    answer.pipe(socket);
  });
  call.on('error', () => socket.destroy());
  call.end();
}

function isConnection(raw, index) {
  return /^(?:connection|transfer-encoding)$/i.test(raw[index - (index % 2)]);
}

function lines(raw) {
  const pairs = [];
  for (let index = 0; index < raw.length; index += 2) pairs.push(`${raw[index]}: ${raw[index + 1]}\r\n`);
  return pairs.join('');
}

function targetOf({ connections, ingress }, { headers, method }) {
  const wanted = headers['understudy-visit'];
  if (wanted === undefined) return undefined;
  const url = new URL(wanted);
  if (connections === 0) return { status: 530 };
  const rule = ingress.find(
    ({ hostname = url.hostname, path }) =>
      isName(url.hostname, hostname) && (path === undefined || new RegExp(path).test(url.pathname)),
  );
  const [, status] = /^http_status:(\d{3})$/.exec(rule?.service ?? 'http_status:503') ?? [];
  if (status !== undefined) return { status: Number(status) };
  const service = new URL(rule.service);
  if (service.protocol !== 'http:') return { status: 502 };
  const { 'understudy-visit': _visit, host: _host, connection: _connection, ...own } = headers;
  return {
    options: {
      host: service.hostname,
      port: service.port || 80,
      path: `${url.pathname}${url.search}`,
      method,
      agent: false,
      headers: {
        ...own,
        host: rule.originRequest?.httpHostHeader ?? url.host,
        'cf-connecting-ip': visitor,
        'cf-ray': '8f0000000000000a-FRA',
        'cf-visitor': JSON.stringify({ scheme: url.protocol.slice(0, -1) }),
        'x-forwarded-for': visitor,
        'x-forwarded-proto': url.protocol.slice(0, -1),
      },
    },
  };
}

function isName(name, pattern) {
  return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern;
}
