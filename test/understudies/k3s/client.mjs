import { createHash } from 'node:crypto';
import https from 'node:https';
import { secretFile } from './config.mjs';
import { log, Refusal, refuse } from './device.mjs';

export function ask(address, path, authorization) {
  const headers = authorization === undefined ? {} : { authorization };
  return new Promise((resolve, reject) => {
    const request = https.get(
      new URL(path, address),
      { headers, rejectUnauthorized: false, timeout: 10_000 },
      (reply) => {
        const parts = [];
        reply.on('data', (part) => parts.push(part));
        reply.on('end', () => resolve({ status: reply.statusCode, body: Buffer.concat(parts).toString() }));
      },
    );
    request.on('timeout', () => request.destroy(new Error('i/o timeout')));
    request.on('error', reject);
  });
}

/** Sends a command of kubectl to the server and waits for its end. */
export function post(address, path, { authorization, body }) {
  return new Promise((resolve, reject) => {
    const headers = { authorization, 'content-type': 'application/json' };
    const request = https.request(
      new URL(path, address),
      { method: 'POST', headers, rejectUnauthorized: false },
      (reply) => {
        const parts = [];
        reply.on('data', (part) => parts.push(part));
        reply.on('end', () => resolve({ status: reply.statusCode, body: Buffer.concat(parts).toString() }));
      },
    );
    request.on('error', (error) =>
      reject(error.code === 'ECONNREFUSED' ? new Refusal(refusedBy(new URL(address).host)) : error),
    );
    request.end(body);
  });
}

export const basic = (user, password) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

export async function joinServer(config) {
  const address = config.get('server') ?? refuse('--server is required');
  if (!/^https:\/\/[^/\s]+:\d+$/.test(address)) refuse(`server: ${address} is not https://ADDRESS:PORT`);
  const token = secretFile(config.get('token-file') ?? refuse('--token is required'));
  const [, hash, user, password] =
    /^K10([0-9a-f]{64})::(\w+):(\S+)$/.exec(token) ?? refuse('invalid token format');
  for (;;) {
    try {
      const { body } = await ask(address, '/cacerts');
      if (createHash('sha256').update(body).digest('hex') !== hash)
        refuse('token CA hash does not match the Cluster CA certificate hash');
      const { status } = await ask(address, '/v1-k3s/config', basic(user, password));
      if (status === 200) return;
      log(`Waiting to retrieve agent configuration; server is not ready: ${status} Unauthorized`);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      log(`Waiting to retrieve agent configuration; server is not ready: ${error.message}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
}

/** In the words of the real one. */
function refusedBy(host) {
  const dial = `dial tcp ${host}: connect: connection refused`;
  return `couldn't get current server API group list: ${dial}\nThe connection to the server ${host} was refused - did you specify the right host or port?`;
}
