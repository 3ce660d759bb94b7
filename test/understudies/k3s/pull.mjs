import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { at, read, refuse } from './device.mjs';

/**
 * Fetches an image by its digest, that of the index or of the image for arm64, and makes an archive of it. In place of a
 * registry it asks the first address in registries.yaml, which has parts as `sha256/HEX`.
 */
export async function pullArchive(data, reference) {
  const [, name, digest] =
    /^(\S+:[\w.-]+)@sha256:([0-9a-f]{64})$/.exec(reference) ??
    refuse(`ctr: "${reference}": name, tag and digest are needed`);
  const [mirror] =
    /http:\/\/[^\s"',\]]+/.exec(read('/etc/rancher/k3s/registries.yaml') ?? '') ??
    refuse(`ctr: failed to resolve reference "${name}": dial tcp: lookup ghcr.io: no such host`);
  const folder = at(`${data}/agent/containerd/understudy/pull-${digest.slice(0, 12)}`);
  mkdirSync(`${folder}/blobs/sha256`, { recursive: true });
  const manifest = await manifestOf(mirror, folder, digest);
  for (const part of [manifest.json.config, ...manifest.json.layers])
    await fetchPart(mirror, folder, part.digest.replace('sha256:', ''));
  const annotations = { 'io.containerd.image.name': reference };
  const entry = { mediaType: 'application/vnd.oci.image.manifest.v1+json', annotations };
  const manifests = [{ ...entry, digest: `sha256:${manifest.hex}`, size: manifest.size }];
  writeFileSync(`${folder}/index.json`, JSON.stringify({ schemaVersion: 2, manifests }));
  writeFileSync(`${folder}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
  execFileSync('tar', ['-C', folder, '-cf', `${folder}.tar`, 'oci-layout', 'index.json', 'blobs']);
  rmSync(folder, { recursive: true });
  return `${folder}.tar`;
}

async function manifestOf(mirror, folder, hex) {
  const bytes = await fetchPart(mirror, folder, hex);
  const json = JSON.parse(bytes.toString());
  if (json.manifests === undefined) return { hex, json, size: bytes.length };
  const own = json.manifests.find(({ platform }) => platform?.architecture === 'arm64');
  if (own === undefined) refuse('ctr: no match for platform in manifest: not found');
  return await manifestOf(mirror, folder, own.digest.replace('sha256:', ''));
}

async function fetchPart(mirror, folder, hex) {
  const bytes = await get(`${mirror.replace(/\/$/, '')}/sha256/${hex}`);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== hex) refuse(`ctr: failed commit: unexpected digest sha256:${found}`);
  writeFileSync(`${folder}/blobs/sha256/${hex}`, bytes);
  return bytes;
}

function get(url) {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { timeout: 60_000 }, (reply) => {
      const parts = [];
      reply.on('data', (part) => parts.push(part));
      reply.on('end', () => {
        if (reply.statusCode === 200) resolve(Buffer.concat(parts));
        else reject(new Error(`ctr: ${url}: ${reply.statusCode}`));
      });
    });
    request.on('timeout', () => request.destroy(new Error(`ctr: ${url}: i/o timeout`)));
    request.on('error', reject);
  });
}
