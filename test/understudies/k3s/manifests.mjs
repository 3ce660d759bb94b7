import { existsSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { at, keep, log, read, refuse } from './device.mjs';

/** Reads the folder of manifests and notes for each file what is in it, or what is wrong with it. */
export function applyManifests(data) {
  const folder = `${data}/server/manifests`;
  const names = existsSync(at(folder)) ? readdirSync(at(folder), { recursive: true }).sort() : [];
  const addons = {};
  for (const name of names.filter((one) => /\.(ya?ml|json)$/.test(one) && !names.includes(`${one}.skip`))) {
    const addon = basename(name).replace(/\.\w+$/, '');
    const isTwice = addons[addon] !== undefined;
    addons[addon] = isTwice ? { error: `two files are called ${addon}` } : addonOf(`${folder}/${name}`);
    if (addons[addon].error !== undefined) log(addons[addon].error);
  }
  keep(`${data}/server/understudy-addons.json`, JSON.stringify(addons), 0o600);
}

function addonOf(file) {
  try {
    const text = read(file);
    const objects = file.endsWith('.json')
      ? [JSON.parse(text)]
      : text
          .split(/^---.*$/m)
          .filter((one) => /^[^#\s]/m.test(one))
          .map((one) => yamlObject(file, one));
    return { objects: objects.map((one) => nameOf(file, one)) };
  } catch (error) {
    return { error: `ParseManifestFailed: ${error.message}` };
  }
}

/** Of a document, what stands at its top. */
function yamlObject(file, text) {
  if (/^ *\t/m.test(text)) refuse(`${file}: a tab in YAML`);
  const keys = [...text.matchAll(/^([A-Za-z]+):/gm)].map(([, key]) => key);
  if (new Set(keys).size < keys.length) refuse(`${file}: a key is there twice`);
  const [, metadata = ''] = /^metadata:((?:\n(?: .*)?$)*)/m.exec(text) ?? [];
  return {
    ...Object.fromEntries(keys.map((key) => [key, true])),
    kind: /^kind: *"?(\w+)/m.exec(text)?.[1],
    metadata: { name: /^ +name: *"?([\w.-]+)/m.exec(metadata)?.[1] },
  };
}

function nameOf(file, object) {
  for (const key of ['apiVersion', 'kind', 'metadata'])
    if (object[key] === undefined) refuse(`${file}: ${key} is missing`);
  return `${object.kind}/${object.metadata.name ?? refuse(`${file}: an object without a name`)}`;
}
