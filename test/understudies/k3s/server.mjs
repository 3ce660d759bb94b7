import { createHash, randomBytes } from 'node:crypto';
import { rmSync, symlinkSync } from 'node:fs';
import https from 'node:https';
import { hostname } from 'node:os';
import { makeCertificate } from './certificate.mjs';
import { basic } from './client.mjs';
import { secretFile } from './config.mjs';
import { at, env, keep, read } from './device.mjs';

/** Tokens, certificate and kubeconfig of a server: made once. */
export function makeServer(config, data) {
  const folder = `${data}/server`;
  if (read(`${folder}/tls/server-ca.crt`) === undefined) {
    const { cert, key } = makeCertificate('k3s-understudy');
    keep(`${folder}/tls/server-ca.key`, key, 0o600);
    keep(`${folder}/tls/server-ca.crt`, cert, 0o644);
  }
  const hash = createHash('sha256')
    .update(read(`${folder}/tls/server-ca.crt`))
    .digest('hex');
  const tokenFile = config.get('token-file');
  const own = tokenFile === undefined ? randomBytes(16).toString('hex') : secretFile(tokenFile);
  if (read(`${folder}/token`) === undefined) keep(`${folder}/token`, `K10${hash}::server:${own}\n`, 0o600);
  const agentFile = config.get('agent-token-file');
  rmSync(at(`${folder}/agent-token`), { force: true });
  if (agentFile === undefined) symlinkSync('token', at(`${folder}/agent-token`));
  else keep(`${folder}/agent-token`, `K10${hash}::node:${secretFile(agentFile)}\n`, 0o600);
  rmSync(at(`${folder}/node-token`), { force: true });
  symlinkSync('token', at(`${folder}/node-token`));
  if (config.get('secrets-encryption') === 'true')
    keep(`${folder}/cred/encryption-config.json`, '{}\n', 0o600);
  const mode = Number.parseInt(config.get('write-kubeconfig-mode') ?? '600', 8);
  keep(config.get('write-kubeconfig') ?? '/etc/rancher/k3s/k3s.yaml', 'apiVersion: v1\nkind: Config\n', mode);
}

/** The door of the cluster: the CA for everybody, the rest with a token. */
export function listen(config, data, kubectl) {
  const folder = `${data}/server`;
  const options = { cert: read(`${folder}/tls/server-ca.crt`), key: read(`${folder}/tls/server-ca.key`) };
  const node = config.get('node-name') ?? hostname();
  const server = https.createServer(options, (request, reply) => {
    const { url, headers } = request;
    const isAllowed = ['token', 'agent-token'].some((name) => {
      const [, user, password] = /::(\w+):(\S+)/.exec(read(`${folder}/${name}`)) ?? [];
      return headers.authorization === basic(user, password);
    });
    const pages = {
      '/readyz': 'ok',
      '/livez': 'ok',
      '/v1-k3s/config': '{}',
      '/api/v1/nodes': JSON.stringify([node]),
    };
    if (url === '/cacerts') reply.end(options.cert);
    else if (!isAllowed) reply.writeHead(401).end('Unauthorized');
    else if (url === '/understudy/kubectl') void answer(request, reply, kubectl);
    else reply.writeHead(pages[url] === undefined ? 404 : 200).end(pages[url]);
  });
  const port = Number(env.HEARTH_UNDERSTUDY_PORT ?? config.get('https-listen-port') ?? 6443);
  return new Promise((resolve, reject) => server.once('error', reject).listen(port, resolve));
}

async function answer(request, reply, kubectl) {
  const parts = [];
  for await (const part of request) parts.push(part);
  const result = await kubectl(JSON.parse(Buffer.concat(parts).toString()));
  reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
}
