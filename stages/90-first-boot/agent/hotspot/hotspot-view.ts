import { mkdirSync } from 'node:fs';
import { readIfThere } from '../device/look.ts';
import type { DevicePaths } from '../device/paths.ts';
import type { HotspotView } from '../door/protocol.ts';
import { writeDurably } from '../files/durable-file.ts';
import { removeDurably } from '../files/durable-folder.ts';

/** Leaves word for the keeper: the hotspot is on, or will be in a moment, and this is what its page needs. */
export function writeView(paths: DevicePaths, view: HotspotView): void {
  mkdirSync(paths.runFolder, { recursive: true, mode: 0o755 });
  writeDurably(paths.hotspotFile, `${JSON.stringify(view)}\n`, 0o600);
}

/** What was written last; undefined if there is nothing, or nothing that makes sense. */
export function readView(paths: DevicePaths): HotspotView | undefined {
  try {
    const view = JSON.parse(readIfThere(paths.hotspotFile) ?? 'null') as HotspotView | null;
    return Array.isArray(view?.networks) ? (view ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}

/** The hotspot is off. */
export function removeView(paths: DevicePaths): void {
  removeDurably(paths.hotspotFile);
}
