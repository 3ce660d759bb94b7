import { createHash, createHmac } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { refuse } from './refuse.mjs';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();

/** Puts an object into the bucket of the environment; gives the address under which visitors find it. */
export async function putObject(env, name, body) {
  const key = env.S3_KEY_PREFIX === undefined ? name : `${env.S3_KEY_PREFIX}/${name}`;
  const endpoint = new URL(env.S3_ENDPOINT);
  const path = `/${env.S3_BUCKET}/${key.split('/').map(encodeURIComponent).join('/')}`;
  const amzDate = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const headers = {
    'cache-control': 'public, max-age=315576000, immutable',
    'content-type': 'text/plain',
    host: endpoint.host,
    ...(env.S3_PERMISSION === '' ? {} : { 'x-amz-acl': env.S3_PERMISSION ?? 'public-read' }),
    'x-amz-content-sha256': sha256(body),
    'x-amz-date': amzDate,
  };
  const names = Object.keys(headers).sort();
  const canonical = [
    'PUT',
    path,
    '',
    ...names.map((one) => `${one}:${headers[one]}`),
    '',
    names.join(';'),
    sha256(body),
  ].join('\n');
  const scope = `${amzDate.slice(0, 8)}/${env.S3_REGION}/s3/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', amzDate, scope, sha256(canonical)].join('\n');
  const key0 = hmac(`AWS4${env.AWS_SECRET_ACCESS_KEY}`, amzDate.slice(0, 8));
  const signature = createHmac('sha256', hmac(hmac(hmac(key0, env.S3_REGION), 's3'), 'aws4_request'))
    .update(toSign)
    .digest('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${env.AWS_ACCESS_KEY_ID}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  const { status, text } = await put(
    new URL(path, endpoint),
    { ...headers, authorization, 'content-length': body.length },
    body,
  );
  if (status !== 200) refuse(`Aws::S3: ${status} ${text.slice(0, 300)}`);
  return env.S3_ALIAS_HOST === undefined
    ? new URL(path, endpoint).href
    : `https://${env.S3_ALIAS_HOST}/${key}`;
}

function put(url, headers, body) {
  const client = url.protocol === 'http:' ? http : https;
  return new Promise((resolve, reject) => {
    const request = client.request(url, { method: 'PUT', headers, timeout: 30_000 }, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      reply.on('end', () => resolve({ status: reply.statusCode, text }));
    });
    request.on('timeout', () => request.destroy(new Error('the bucket does not answer')));
    request.on('error', reject).end(body);
  });
}
