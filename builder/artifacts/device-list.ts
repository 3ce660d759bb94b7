import type { PinnedArtifact, PlacedArtifact } from './place.ts';

/** An entry of `/usr/lib/hearth/artifacts.json`. The device agent's own type of it stands in `agent/provision/device-artifact.ts`. */
export type ListedArtifact = Readonly<Record<string, unknown>> & { readonly name: string };

export interface DeviceList {
  readonly format: 1;
  /** Of config.yaml, those that a device can reach. */
  readonly mirrors: readonly string[];
  readonly artifacts: readonly ListedArtifact[];
}

/** What the device is told; undefined if no stage of the image uses artifacts. */
export function deviceList(
  placed: readonly PlacedArtifact[],
  mirrors: readonly string[],
): DeviceList | undefined {
  if (placed.length === 0) return undefined;
  return {
    format: 1,
    mirrors: mirrors.filter((mirror) => /^https?:/.test(mirror)),
    artifacts: placed.map((one) => ({ ...withoutPaperwork(one.artifact), ...placeOf(one) })),
  };
}

function placeOf({ artifact, delivery, path, mode }: PlacedArtifact): Readonly<Record<string, unknown>> {
  switch (artifact.kind) {
    case 'file':
      return { delivery, path, mode };
    case 'container-image':
      return { delivery, path: delivery === 'baked' ? path : plainTar(path), mode };
    case 'apt-package': {
      if (delivery !== 'baked' || artifact.file === undefined) return {};
      const { version, sizeBytes, sha256 } = artifact.file;
      return { file: { path, version, sizeBytes, sha256 } };
    }
  }
}

/** The device does not compress: the layers are packed already. k3s goes by the ending. */
function plainTar(path: string): string {
  return path.replace(/\.zst$/, '');
}

/** What only matters where the image is made is left out. */
function withoutPaperwork(artifact: PinnedArtifact): ListedArtifact {
  const { licence: _licence, mayBePublished: _mayBePublished, source: _source, ...rest } = artifact;
  if (rest.kind !== 'apt-package') return rest;
  const { file: _file, ...aptPackage } = rest;
  return aptPackage;
}
