import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { importArchive } from './archive.mjs';
import { at, keep, log, read, refuse, say } from './device.mjs';
import { pullArchive } from './pull.mjs';

/** Imports the archives of container images that are not in the list of imported ones, and notes what they hold. */
export async function importImages(data) {
  const folder = `${data}/agent/images`;
  const cacheFile = at(`${folder}/.cache.json`);
  const hasCache = existsSync(cacheFile);
  const cache = hasCache && statSync(cacheFile).size > 0 ? JSON.parse(readFileSync(cacheFile, 'utf8')) : {};
  const listFile = `${data}/agent/containerd/images.json`;
  const images = JSON.parse(read(listFile) ?? '{}');
  const before = JSON.stringify(images);
  for (const name of archivesIn(folder)) {
    const { size, mtimeMs } = statSync(at(`${folder}/${name}`));
    if (isImported(cache[name], { size, mtimeMs })) continue;
    for (const reference of await importArchive(at(`${folder}/${name}`))) images[reference] = name;
    log(`Imported images from ${folder}/${name}`);
    cache[name] = { size, mtimeMs };
  }
  if (read(listFile) === undefined || JSON.stringify(images) !== before)
    keep(listFile, JSON.stringify(images), 0o600);
  // As the real one: it fills the list, and never makes it.
  if (hasCache) writeFileSync(cacheFile, JSON.stringify(cache));
}

function archivesIn(folder) {
  const names = existsSync(at(folder)) ? readdirSync(at(folder), { recursive: true }).sort() : [];
  const list = names.find((name) => name.endsWith('.txt'));
  if (list !== undefined) refuse(`${folder}/${list} is a list of images to fetch: nothing is fetched`);
  return names.filter((name) => /\.(tar|tar\.zst|tzst)$/.test(name));
}

/** As the real one: another content under the same name counts only if the file is newer, too. */
function isImported(before, now) {
  return before !== undefined && !(before.size !== now.size && now.mtimeMs > before.mtimeMs);
}

/** `ctr -n k8s.io images import FILE`, `… tag [--force] A B`, `… pull REFERENCE@DIGEST`; false for other commands. */
export async function changeImages(data, args) {
  const [flag, space, noun, verb, ...rest] = args;
  if (flag !== '-n' || space !== 'k8s.io' || noun !== 'images' || !['import', 'tag', 'pull'].includes(verb))
    return false;
  const listFile = `${data}/agent/containerd/images.json`;
  const images = JSON.parse(read(listFile) ?? refuse('containerd does not run'));
  if (verb === 'import') await addArchive(data, images, rest);
  else if (verb === 'tag') tag(images, rest);
  else if (images[rest.at(-1)] === undefined) images[rest.at(-1)] = await pullArchive(data, rest.at(-1));
  keep(listFile, JSON.stringify(images), 0o600);
  return true;
}

/** A copy is kept: the file may go. */
async function addArchive(data, images, [file, more]) {
  if (file === undefined || more !== undefined) refuse('ctr images import: one file');
  const references = await importArchive(at(file));
  const copy = at(
    `${data}/agent/containerd/understudy/imported-${Date.now()}${file.endsWith('zst') ? '.tar.zst' : '.tar'}`,
  );
  mkdirSync(dirname(copy), { recursive: true });
  copyFileSync(at(file), copy);
  for (const reference of references) {
    images[reference] = copy;
    say(`unpacking ${reference}... done\n`);
  }
}

function tag(images, args) {
  const [from, to] = args.filter((one) => one !== '--force');
  if (images[from] === undefined) refuse(`ctr: image "${from}": not found`);
  if (images[to] !== undefined && !args.includes('--force')) refuse(`ctr: image "${to}": already exists`);
  // Its name in the archive stays what it is.
  images[to] = images[from].includes('\t') ? images[from] : `${images[from]}\t${from}`;
  say(`${to}\n`);
}
