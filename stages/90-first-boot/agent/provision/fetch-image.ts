import { chmodSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { StepTask } from '../device/door.ts';
import { makeFolders, removeDurably } from '../files/durable-folder.ts';
import { type DeviceContainerImage, hexOf } from './device-artifact.ts';
import type { FetchPlace } from './fetch-file.ts';
import { archiveBytes, writeArchive } from './image-archive.ts';
import { type ImageManifest, provideManifest, totalBytes } from './image-manifest.ts';
import { isSameDisk } from './install.ts';
import { isArchiveMade } from './made-archive.ts';
import { type Meter, partOf, startMeter } from './meter.ts';
import { type Content, keptBytes, openPartial, partialPath, removeStrangers } from './partial.ts';
import { receive } from './receive.ts';
import { type RegistryPlace, registryOf } from './registry.ts';
import { fullDisk, isFull, refuseNoRoom } from './room.ts';
import { sourcesOf } from './search.ts';
import { packingNote, progressNote } from './texts.ts';

/** Share of the bar that is for the transfer; the rest is for the archive. */
const transferShare = 0.9;

interface ImageFetch {
  readonly image: DeviceContainerImage;
  readonly place: FetchPlace;
  readonly registry: RegistryPlace;
  /** Where its parts lie until the archive is made of them. */
  readonly folder: string;
  readonly target: string;
  readonly task: StepTask;
}

/**
 * Fetches an image from its registry by the digest for arm64 and makes an archive of it that k3s imports, or throws a
 * StepFailure. Parts that came in are kept for the next try, also after a power cut. Ends at once when the archive is there.
 */
export async function fetchImage(
  image: DeviceContainerImage,
  place: FetchPlace,
  task: StepTask,
): Promise<void> {
  const target = task.path(image.path);
  const folder = partsFolder(place.folder, image);
  if (isArchiveMade(target)) {
    chmodSync(target, image.mode);
    task.log(`${image.path} is there already, made of ${image.arm64Digest}`);
    removeDurably(folder);
    return;
  }
  removeStrangers(place.folder, place.wanted);
  makeFolders(folder, 0o700);
  const fetch = { image, place, registry: registryOf(image.reference), folder, target, task };
  const manifest = await wantedManifest(fetch);
  const sizeBytes = totalBytes(manifest);
  try {
    makeFolders(dirname(target), 0o755);
    checkRoom(fetch, manifest);
    await fetchBlobs(fetch, manifest, startMeter(task, place.world, { sizeBytes, share: transferShare }));
    await pack(fetch, manifest);
  } catch (error) {
    if (!isFull(error)) throw error;
    const missing = missingBytes(fetch, manifest);
    if (missing > 0) throw fullDisk(image.name, folder, missing, place.world);
    throw fullDisk(image.name, dirname(target), archiveBytes(image, manifest), place.world);
  }
  removeDurably(folder);
  task.log(`made ${image.path} of ${image.reference}, ${image.arm64Digest}`);
  task.progress(1, progressNote(sizeBytes, sizeBytes, undefined));
}

/** Where the parts of an image lie while they come in. */
export function partsFolder(fetchFolder: string, image: DeviceContainerImage): string {
  return join(fetchFolder, hexOf(image));
}

async function wantedManifest({ image, place, registry, folder, task }: ImageFetch): Promise<ImageManifest> {
  // A few kilobytes: there is nothing to measure yet.
  const meter = startMeter(task, place.world, { sizeBytes: 1, share: 0 });
  return await provideManifest(image, registry, place, { file: join(folder, 'manifest.json'), meter, task });
}

/** The parts and the archive are there at the same time. */
function checkRoom(fetch: ImageFetch, manifest: ImageManifest): void {
  const { image, place, folder, target } = fetch;
  const { world } = place;
  const archive = archiveBytes(image, manifest);
  const missing = missingBytes(fetch, manifest);
  if (isSameDisk(folder, dirname(target))) {
    refuseNoRoom(image.name, folder, missing + archive, world);
    return;
  }
  refuseNoRoom(image.name, folder, missing, world);
  refuseNoRoom(image.name, dirname(target), archive, world);
}

function missingBytes({ folder }: ImageFetch, manifest: ImageManifest): number {
  return manifest.blobs.reduce((sum, blob) => sum + blob.sizeBytes - keptBytes(folder, blob), 0);
}

async function fetchBlobs(fetch: ImageFetch, manifest: ImageManifest, meter: Meter): Promise<void> {
  let startBytes = 0;
  for (const blob of manifest.blobs) {
    await fetchBlob(fetch, blob, partOf(meter, startBytes));
    startBytes += blob.sizeBytes;
  }
}

async function fetchBlob(
  { image, place, registry, folder, task }: ImageFetch,
  content: Content,
  meter: Meter,
): Promise<void> {
  const { mirrors, world } = place;
  const partial = await openPartial(folder, content, world.syncBytes);
  try {
    const sources = sourcesOf(mirrors, content.sha256, registry('blobs', content.sha256));
    await receive({ name: image.name, content, sources, partial, meter, world, task });
  } finally {
    await partial.close();
  }
}

async function pack(
  { image, place, folder, target, task }: ImageFetch,
  manifest: ImageManifest,
): Promise<void> {
  const sizeBytes = archiveBytes(image, manifest);
  await writeArchive(target, {
    ...{ image, manifest, syncBytes: place.world.syncBytes, signal: task.signal },
    fileOf: (sha256) => partialPath(folder, { sha256 }),
    onBytes: (writtenBytes) => {
      const share = (1 - transferShare) * (writtenBytes / sizeBytes);
      task.progress(transferShare + share, packingNote(writtenBytes, sizeBytes));
    },
  });
}
