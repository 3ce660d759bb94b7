import { z } from 'zod';
import { isRecord } from '../config/config-path.ts';
import type { Finding } from '../config/finding.ts';
import { artifactNameProblem } from '../config/rules/artifact.ts';
import { parseImageReference } from './image-reference.ts';
import { compareVersions } from './version-order.ts';

const version = z.string().regex(/^[0-9A-Za-z][0-9A-Za-z.+~:_-]*$/, 'must be a version');
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be "sha256:" and 64 hex digits');
const word = z.string().regex(/^[0-9a-z][0-9a-z.+-]*$/, 'must be a word in small letters');
const line = z.string().regex(/^\S(.*\S)?$/, 'must be one line of text');

const address = z
  .string()
  .regex(/^https?:\/\/\S+$/, 'must be an address that begins with http:// or https://')
  // The lock is published with the project.
  .refine((url) => !/^https?:\/\/[^/?#]*@/.test(url), 'must not hold a user name or a password');

const about = { licence: line, mayBePublished: z.boolean(), source: line };

const published = {
  version,
  url: address,
  sizeBytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits in small letters'),
};

const file = z.strictObject({ kind: z.literal('file'), ...published, ...about });

const aptPackage = z
  .strictObject({
    kind: z.literal('apt-package'),
    repository: address,
    suite: word,
    component: word,
    package: word,
    keyUrl: address,
    keyFingerprint: z.string().regex(/^[0-9A-F]{40}$/, 'must be 40 hex digits in capitals, without spaces'),
    minimumVersion: version,
    file: z.strictObject(published).exactOptional(),
    ...about,
  })
  .refine(({ file: one, minimumVersion }) => !one || compareVersions(one.version, minimumVersion) >= 0, {
    path: ['file', 'version'],
    error: 'is older than minimumVersion',
  });

const containerImage = z
  .strictObject({
    kind: z.literal('container-image'),
    reference: z
      .string()
      .refine(
        (reference) => parseImageReference(reference) !== undefined,
        'must be registry, repository and tag, as ghcr.io/mastodon/mastodon:v4.7.4',
      ),
    // Without both it is not pinned yet.
    indexDigest: digest.exactOptional(),
    arm64Digest: digest.exactOptional(),
    ...about,
  })
  .refine(({ indexDigest, arm64Digest }) => (indexDigest === undefined) === (arm64Digest === undefined), {
    error: 'has one digest of two: run `scripts/hearth lock`, or remove it',
  })
  .refine(({ indexDigest, arm64Digest }) => indexDigest === undefined || indexDigest !== arm64Digest, {
    path: ['indexDigest'],
    error: 'is the digest of the image for arm64; it must be that of the index which names the images',
  });

const artifact = z.discriminatedUnion('kind', [file, aptPackage, containerImage], {
  error: 'must be "file", "apt-package" or "container-image"',
});

/** What stands under the name of an artifact. */
export type LockEntry = z.output<typeof artifact>;

/** The whole of artifacts.lock.yaml, but for what {@link lockProblems} finds. */
export const lockSchema = z.strictObject({
  version: z.literal(1),
  artifacts: z.record(z.string(), artifact),
  // Stands at the end: a file that was cut off has none.
  total: z.int(),
});

/** Problems of names and of the count; found whatever else is wrong. */
export function lockProblems(data: unknown): readonly Finding[] {
  const artifacts = isRecord(data) ? data['artifacts'] : undefined;
  if (!isRecord(data) || !isRecord(artifacts)) return [];
  const names = Object.keys(artifacts);
  const total = data['total'];
  return [
    ...names
      // It becomes part of the names of files and units.
      .filter((name) => artifactNameProblem(name) !== undefined)
      .map((name) => ({
        path: ['artifacts', name],
        anchor: 'key' as const,
        message: 'its name must be made of small letters, digits and "-", a letter first',
      })),
    ...(typeof total !== 'number' || total === names.length
      ? []
      : [
          {
            path: ['total'],
            anchor: 'value' as const,
            message: `does not agree with the ${names.length} above: the file was changed or cut off`,
          },
        ]),
    ...sameImages(artifacts),
  ];
}

/** The store keeps an image by its digest, with the one name that k3s will know it by. */
function sameImages(artifacts: Readonly<Record<string, unknown>>): readonly Finding[] {
  const seen = new Map<unknown, string>();
  return Object.entries(artifacts).flatMap(([name, entry]) => {
    const digest = isRecord(entry) ? entry['arm64Digest'] : undefined;
    const first = seen.get(digest);
    if (digest !== undefined && first === undefined) seen.set(digest, name);
    if (first === undefined) return [];
    const message = `is the same image as "${first}"`;
    return [{ path: ['artifacts', name, 'arm64Digest'], anchor: 'value' as const, message }];
  });
}
