import { writeFile } from 'node:fs/promises';
import type { ContainerImageArtifact } from '../../builder/artifacts/artifact.ts';
import { storedContainerImage } from '../../builder/artifacts/container-image.ts';
import { writeOciArchive } from '../../builder/artifacts/oci-archive.ts';
import { descriptor, ociParts, ociTypes, type SampleImage, sha256 } from './sample-images.ts';

/** A container image of a test that no registry has. */
export async function imageArtifactOf(
  image: SampleImage,
  more: Partial<ContainerImageArtifact> = {},
): Promise<ContainerImageArtifact> {
  const { manifest } = await ociParts(image);
  return {
    kind: 'container-image',
    name: 'app',
    reference: image.names[0] ?? '',
    indexDigest: `sha256:${'1'.repeat(64)}`,
    arm64Digest: `sha256:${sha256(manifest)}`,
    licence: 'MIT',
    mayBePublished: true,
    source: 'a test',
    ...more,
  };
}

/** Lays the archive of an image into the store, as a fetch does it. Returns its path. */
export async function putImage(cacheDir: string, image: SampleImage): Promise<string> {
  const artifact = await imageArtifactOf(image);
  const { manifest, config, layers } = await ociParts(image);
  const blobs = new Map([manifest, config, ...layers].map((bytes) => [`sha256:${sha256(bytes)}`, bytes]));
  const file = storedContainerImage(cacheDir, artifact);
  const images = [{ names: image.names, manifest: descriptor(ociTypes.manifest, manifest) }];
  await writeOciArchive(file, { images, blobs }, {});
  return file;
}

/** Lays the parts of an image into a mirror's folder, as `sha256/HEX`. Returns the digest of its manifest. */
export async function mirrorImage(folder: string, image: SampleImage): Promise<string> {
  const { manifest, config, layers } = await ociParts(image);
  for (const part of [manifest, config, ...layers]) await writeFile(`${folder}/sha256/${sha256(part)}`, part);
  return `sha256:${sha256(manifest)}`;
}
