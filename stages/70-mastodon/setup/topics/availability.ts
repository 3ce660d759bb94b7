import type { DeviceLook } from '../../../90-first-boot/agent/device/door.ts';

/** The container images of Mastodon, by their names in the image's list. */
const wanted = ['mastodon', 'mastodon-streaming'];

/** True if this image brings Mastodon along, or knows where to fetch it. */
export async function isInImage(device: DeviceLook): Promise<boolean> {
  const list = JSON.parse(device.read('/usr/lib/hearth/artifacts.json') ?? '{}') as {
    readonly artifacts?: readonly { readonly name: string }[];
  };
  const names = (list.artifacts ?? []).map(({ name }) => name);
  return wanted.every((name) => names.includes(name));
}
