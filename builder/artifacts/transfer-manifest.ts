import { z } from 'zod';
import type { FileArtifact } from './artifact.ts';

/** The first entry of an exported store. */
export const manifestName = 'manifest.json';

/** Far more than a thousand artifacts need. */
export const maxManifestBytes = 1024 ** 2;

const manifestSchema = z.strictObject({
  format: z.literal('hearth-artifact-store'),
  version: z.literal(1),
  artifacts: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
        version: z.string().max(200),
        url: z.url(),
        sizeBytes: z.int().positive(),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(1)
    .refine((list) => new Set(list.map(({ sha256 }) => sha256)).size === list.length, 'names a file twice'),
});

/** What a manifest tells of a file: enough to check it, and to say what it is. */
export type ExportedArtifact = Readonly<z.output<typeof manifestSchema>['artifacts'][number]>;

/** The text of a manifest; the same for the same artifacts. */
export function formatManifest(artifacts: readonly FileArtifact[]): string {
  const manifest = {
    format: 'hearth-artifact-store',
    version: 1,
    artifacts: artifacts.map(({ name, version, url, sizeBytes, sha256 }) => {
      return { name, version, url, sizeBytes, sha256 };
    }),
  };
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

/** The name of a file in the tar: the same as in a store. */
export function entryName({ sha256 }: Pick<FileArtifact, 'sha256'>): string {
  return `sha256/${sha256}`;
}
