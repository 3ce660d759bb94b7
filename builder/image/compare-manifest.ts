/** A value that two manifests do not share. */
export interface ManifestDifference {
  /** As `packages.12.version`. */
  readonly key: string;
  /** JSON; undefined if that manifest does not have the key. */
  readonly a: string | undefined;
  readonly b: string | undefined;
}

/** Where a build was and how long it took may differ; the checksum of the image is compared by itself. */
const ignored = /^(sha256|path|.*(Path|Folder|Dir|Ms|At|Time))$/;

/** What differs between two manifests, apart from paths, times and the image's checksum. */
export function compareManifests(a: unknown, b: unknown, key = ''): ManifestDifference[] {
  if (!isObject(a) || !isObject(b)) {
    const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
    return left === right ? [] : [{ key, a: left, b: right }];
  }
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((name) => !ignored.test(name))
    .flatMap((name) => compareManifests(a[name], b[name], key === '' ? name : `${key}.${name}`));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
