import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { refuse } from './device.mjs';
import { tarReader } from './tar.mjs';

/** What a reader has to keep in memory: the window, or all of a frame that is one segment. */
function checkZstdWindow(path) {
  const head = readFileSync(path).subarray(0, 18);
  if (head.readUInt32LE(0) !== 0xfd2fb528) refuse(`${path} is not zstd`);
  const isSingle = (head[4] & 0x20) !== 0;
  const window = isSingle ? contentSize(head) : 2 ** (10 + (head[5] >> 3)) * (1 + (head[5] & 7) / 8);
  if (window > 2 ** 25) refuse(`${path}: its window of ${window / 2 ** 20} MiB is larger than 32 MiB`);
}

function contentSize(head) {
  const start = 5 + [0, 1, 2, 4][head[4] & 3];
  const sizes = [
    () => head[start],
    () => head.readUInt16LE(start) + 256,
    () => head.readUInt32LE(start),
    () => Number(head.readBigUInt64LE(start)),
  ];
  return sizes[head[4] >> 6]();
}

/** Reads an archive of container images and gives their references. */
export async function importArchive(path) {
  const isZstd = /\.(tar\.zst|tzst)$/.test(path);
  if (isZstd) checkZstdWindow(path);
  const [program, ...args] = isZstd ? ['zstd', '-dcq', path] : ['cat', path];
  const files = new Map();
  const names = new Set();
  const isSmall = ({ name, size }) => size < 4_000_000 && !name.endsWith('.tar');
  const reader = tarReader(isSmall, (name, content, digest) => {
    const [, promised] = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name) ?? [];
    if (promised !== undefined && promised !== digest) refuse(`${path}: ${name} has the digest ${digest}`);
    names.add(name);
    if (content.length > 0) files.set(name, content.toString());
  });
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.on('close', resolve));
  for await (const chunk of child.stdout) reader.push(chunk);
  if ((await ended) !== 0) refuse(`${path} can not be read`);
  reader.end();
  const references = files.has('index.json')
    ? ociReferences(files, names, path)
    : dockerReferences(files, names, path);
  if (references.length === 0) refuse(`${path} has no container image in it`);
  for (const one of references)
    if (!/^[a-z0-9.-]+(:\d+)?\/[a-z0-9._/-]+(:[\w.-]+|@sha256:[0-9a-f]{64})$/.test(one))
      refuse(`${path}: "${one}" is not the whole name of a container image`);
  return references;
}

function dockerReferences(files, names, path) {
  const manifest = JSON.parse(
    files.get('manifest.json') ?? refuse(`${path} has no manifest.json and no index.json`),
  );
  return manifest.flatMap(({ Config, RepoTags, Layers }) => {
    for (const name of [Config, ...Layers]) if (!names.has(name)) refuse(`${path}: ${name} is missing`);
    return RepoTags;
  });
}

function ociReferences(files, names, path) {
  if (!files.has('oci-layout')) refuse(`${path} has no oci-layout`);
  return JSON.parse(files.get('index.json')).manifests.map(({ digest, annotations = {} }) => {
    checkManifest(digest, { files, names, path });
    return (
      annotations['io.containerd.image.name'] ??
      annotations['org.opencontainers.image.ref.name'] ??
      refuse(`${path}: ${digest} has no name`)
    );
  });
}

/** What another platform needs may be missing. */
function checkManifest(digest, { files, names, path }) {
  const blob = (one) => `blobs/${one.replace(':', '/')}`;
  const manifest = JSON.parse(files.get(blob(digest)) ?? refuse(`${path}: ${digest} is missing`));
  if (manifest.manifests !== undefined) {
    const own = manifest.manifests.filter(({ platform }) => platform?.architecture === 'arm64');
    if (own.length === 0) refuse(`${path}: ${digest} has nothing for arm64`);
    for (const child of own) checkManifest(child.digest, { files, names, path });
    return;
  }
  for (const one of [manifest.config, ...manifest.layers])
    if (!names.has(blob(one.digest))) refuse(`${path}: ${one.digest} is missing`);
}
