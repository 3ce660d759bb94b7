import { execFileSync, spawn } from 'node:child_process';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { at, read, refuse } from '../device.mjs';

/** Folders of the device that stand for those of an image: programs and libraries. */
export const shared = ['usr'];
const links = { bin: 'usr/bin', sbin: 'usr/sbin', lib: 'usr/lib', lib64: 'usr/lib64' };
const empty = ['dev', 'proc', 'sys', 'tmp', 'run', 'etc/ssl', 'opt'];

/**
 * The root folder of an image and its configuration; unpacked from the archive that was imported. undefined while no image
 * of that name is there.
 */
export async function imageRoot(data, reference) {
  const images = JSON.parse(read(`${data}/agent/containerd/images.json`) ?? '{}');
  if (images[reference] === undefined) return undefined;
  const [archive, name = reference] = images[reference].split('\t');
  const file = archive.startsWith('/') ? archive : at(`${data}/agent/images/${archive}`);
  const folder = at(
    `${data}/agent/containerd/understudy/${Buffer.from(`${reference} ${archive}`).toString('base64url').slice(-80)}`,
  );
  if (!existsSync(`${folder}/config.json`)) await unpack(file, name, folder);
  return {
    root: `${folder}/root`,
    config: JSON.parse(readFileSync(`${folder}/config.json`, 'utf8')).config ?? {},
  };
}

async function unpack(file, reference, folder) {
  const draft = `${folder}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(`${draft}/archive`, { recursive: true });
  await pipeTar(file, `${draft}/archive`);
  const json = (path) => JSON.parse(readFileSync(`${draft}/archive/${path}`, 'utf8'));
  const blob = (digest) => `blobs/${digest.replace(':', '/')}`;
  const { digest } =
    json('index.json').manifests.find(({ annotations = {} }) =>
      Object.values(annotations).includes(reference),
    ) ?? refuse(`${file} has no ${reference}`);
  let manifest = json(blob(digest));
  if (manifest.manifests !== undefined)
    manifest = json(
      blob(manifest.manifests.find(({ platform }) => platform?.architecture === 'arm64').digest),
    );
  const root = `${draft}/root`;
  for (const name of empty) mkdirSync(`${root}/${name}`, { recursive: true });
  for (const name of shared) mkdirSync(`${root}/${name}`, { recursive: true });
  for (const [name, target] of Object.entries(links)) symlinkSync(target, `${root}/${name}`);
  for (const layer of manifest.layers)
    execFileSync('tar', ['-C', root, '-xf', `${draft}/archive/${blob(layer.digest)}`]);
  writeFileSync(`${root}/etc/resolv.conf`, '');
  writeFileSync(`${draft}/config.json`, JSON.stringify(json(blob(manifest.config.digest))));
  rmSync(`${draft}/archive`, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
  renameSync(draft, folder);
}

async function pipeTar(file, folder) {
  const isZstd = file.endsWith('zst');
  const plain = isZstd ? `${folder}.tar` : file;
  if (isZstd) {
    const child = spawn('zstd', ['-dcq', file], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve, reject) =>
      child.stdout.pipe(createWriteStream(plain)).on('close', resolve).on('error', reject),
    );
  }
  execFileSync('tar', ['-C', folder, '-xf', plain]);
  if (isZstd) rmSync(plain);
}
