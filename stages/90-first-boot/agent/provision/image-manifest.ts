import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { StepTask } from '../device/door.ts';
import { writeDurably } from '../files/durable-file.ts';
import { type DeviceContainerImage, hexOf } from './device-artifact.ts';
import type { FetchPlace } from './fetch-file.ts';
import type { Meter } from './meter.ts';
import type { Content } from './partial.ts';
import { readSmall } from './read-small.ts';
import type { RegistryPlace } from './registry.ts';
import { search, sourcesOf } from './search.ts';
import { FetchTrouble } from './trouble.ts';

/** What an image consists of. */
export interface ImageManifest {
  /** As the registry has it: its digest is that of the image. */
  readonly text: Buffer;
  readonly sha256: string;
  readonly mediaType: string;
  /** Its configuration and layers, each content once, sorted by digest. */
  readonly blobs: readonly Content[];
}

const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
const accept = `${ociManifest}, application/vnd.docker.distribution.manifest.v2+json`;
/** As much as registries take. */
const maxManifestBytes = 4 * 1024 * 1024;

/**
 * The manifest that the image's digest pins: the one that an earlier try kept in `file`, else from the mirrors or the
 * registry. Throws a StepFailure.
 */
export async function provideManifest(
  image: DeviceContainerImage,
  registry: RegistryPlace,
  { mirrors, world }: FetchPlace,
  { file, meter, task }: { readonly file: string; readonly meter: Meter; readonly task: StepTask },
): Promise<ImageManifest> {
  const sha256 = hexOf(image);
  const kept = keptManifest(file, sha256);
  if (kept !== undefined) return kept;
  const manifest = await search({
    ...{ name: image.name, world, task, haveBytes: () => 0, onWait: meter.waiting },
    sources: sourcesOf(mirrors, sha256, registry('manifests', sha256)),
    attempt: async ({ address, identity }, options) => {
      const text = await readSmall(address, maxManifestBytes, { ...options, accept, identity });
      const host = new URL(address).hostname;
      const digest = digestOf(text);
      if (digest !== sha256)
        throw new FetchTrouble('content', host, `SHA-256 ${digest} instead of ${sha256}`);
      const parsed = parseManifest(text);
      if (parsed === undefined) throw new FetchTrouble('content', host, 'is not the manifest of an image');
      return parsed;
    },
  });
  writeDurably(file, manifest.text.toString('utf8'), 0o600);
  return manifest;
}

/** Bytes of configuration and layers together. */
export function totalBytes({ blobs }: ImageManifest): number {
  return blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function keptManifest(file: string, sha256: string): ImageManifest | undefined {
  try {
    const text = readFileSync(file);
    return digestOf(text) === sha256 ? parseManifest(text) : undefined;
  } catch {
    return undefined;
  }
}

function parseManifest(text: Buffer): ImageManifest | undefined {
  try {
    const { mediaType = ociManifest, config, layers } = JSON.parse(text.toString('utf8'));
    const blobs = new Map<string, Content>();
    for (const descriptor of [config, ...layers]) {
      const content = contentOf(descriptor);
      blobs.set(content.sha256, content);
    }
    const sorted = [...blobs.values()].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
    return { text, sha256: digestOf(text), mediaType: String(mediaType), blobs: sorted };
  } catch {
    return undefined;
  }
}

function contentOf({ digest, size }: { readonly digest?: unknown; readonly size?: unknown }): Content {
  const [, sha256] = /^sha256:([0-9a-f]{64})$/.exec(String(digest)) ?? [];
  if (sha256 === undefined || !Number.isSafeInteger(size) || Number(size) <= 0)
    throw new Error('a part has no digest or size');
  return { sha256, sizeBytes: Number(size) };
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
