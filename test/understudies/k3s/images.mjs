import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { importArchive } from './archive.mjs';
import { at, keep, log, read, refuse } from './device.mjs';

/** Imports the archives of container images that are not in the list of imported ones, and notes what they hold. */
export async function importImages(data) {
  const folder = `${data}/agent/images`;
  const cacheFile = at(`${folder}/.cache.json`);
  const hasCache = existsSync(cacheFile);
  const cache = hasCache && statSync(cacheFile).size > 0 ? JSON.parse(readFileSync(cacheFile, 'utf8')) : {};
  const listFile = `${data}/agent/containerd/images.json`;
  const images = JSON.parse(read(listFile) ?? '{}');
  for (const name of archivesIn(folder)) {
    const { size, mtimeMs } = statSync(at(`${folder}/${name}`));
    if (isImported(cache[name], { size, mtimeMs })) continue;
    for (const reference of await importArchive(at(`${folder}/${name}`))) images[reference] = name;
    log(`Imported images from ${folder}/${name}`);
    cache[name] = { size, mtimeMs };
  }
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
