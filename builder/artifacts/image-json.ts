import { z } from 'zod';

/** `sha256:` and 64 hex digits. */
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** What points at a blob. */
export const descriptorSchema = z.object({
  mediaType: z.string(),
  digest,
  size: z.number().int().nonnegative(),
  platform: z.object({ os: z.string(), architecture: z.string(), variant: z.string().optional() }).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** An OCI index or a Docker manifest list: one image for each architecture. */
export const indexSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  manifests: z.array(descriptorSchema),
});

/** An image of one architecture, in the words of OCI or of Docker. */
export const manifestSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  config: descriptorSchema,
  layers: z.array(descriptorSchema),
});

/** What an image is for, and the digests of its unpacked layers. */
export const configSchema = z.object({
  os: z.string(),
  architecture: z.string(),
  rootfs: z.object({ diff_ids: z.array(digest) }),
});

/** `manifest.json` of an archive that `docker save` wrote. */
export const dockerManifestSchema = z.array(
  z.object({
    Config: z.string(),
    RepoTags: z
      .array(z.string())
      .nullish()
      .transform((tags) => tags ?? []),
    Layers: z
      .array(z.string())
      .nullish()
      .transform((layers) => layers ?? []),
  }),
);

export type Descriptor = z.infer<typeof descriptorSchema>;
export type ImageIndex = z.infer<typeof indexSchema>;

/** The value that a text holds, or undefined if it is not JSON of that form. */
export function parseJson<T>(schema: z.ZodType<T>, text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** True if a descriptor is for 64-bit ARM Linux. Variant v8 is the plain one. */
export function isArm64({ platform }: Pick<Descriptor, 'platform'>): boolean {
  return (
    platform?.os === 'linux' && platform.architecture === 'arm64' && /^(v8)?$/.test(platform.variant ?? '')
  );
}
