import { z } from 'zod';
import { parseImageReference } from './image-reference.ts';

/** The first entry of an exported store. */
export const manifestName = 'manifest.json';

/** Far more than a thousand artifacts need. */
export const maxManifestBytes = 1024 ** 2;

/** What is said of every entry: of the bytes in the tar. */
const entry = {
  name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
  sizeBytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
};
const fileSchema = z.strictObject({ ...entry, version: z.string().max(200), url: z.url() });
/** The archive of a container image; its name in the store is that of the image, not of these bytes. */
const imageSchema = z.strictObject({
  ...entry,
  reference: z.string().refine((text) => parseImageReference(text) !== undefined),
  arm64Digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
});

const manifestSchema = z.strictObject({
  format: z.literal('hearth-artifact-store'),
  version: z.literal(1),
  artifacts: z
    .array(z.union([fileSchema, imageSchema]))
    .min(1)
    .refine((list) => new Set(list.map(entryName)).size === list.length, 'names a file twice'),
});

type ExportedFile = Readonly<z.output<typeof fileSchema>>;
export type ExportedImage = Readonly<z.output<typeof imageSchema>>;
/** What a manifest tells of a file: enough to check it, and to say what it is. */
export type ExportedArtifact = ExportedFile | ExportedImage;

/** The text of a manifest; the same for the same artifacts. */
export function formatManifest(artifacts: readonly ExportedArtifact[]): string {
  const manifest = { format: 'hearth-artifact-store', version: 1, artifacts };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/** Reads a manifest; a text says what is wrong with it. */
export function parseManifest(text: string): readonly ExportedArtifact[] | string {
  try {
    const result = manifestSchema.safeParse(JSON.parse(text));
    return result.success ? result.data.artifacts : z.prettifyError(result.error);
  } catch {
    return 'its manifest is no JSON';
  }
}

/** True for the archive of a container image. */
export function isImage(artifact: ExportedArtifact): artifact is ExportedImage {
  return 'arm64Digest' in artifact;
}

/** The name of a file in the tar: the same as in a store. */
export function entryName(artifact: ExportedArtifact): string {
  return isImage(artifact)
    ? `images/${artifact.arm64Digest.slice('sha256:'.length)}.tar.zst`
    : `sha256/${artifact.sha256}`;
}
