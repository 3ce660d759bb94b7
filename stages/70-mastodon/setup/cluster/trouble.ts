import type { LocalText } from '../../../90-first-boot/agent/text/local-text.ts';
import { type ClusterObject, type ClusterTask, list } from './kubectl.ts';

/** Why pods with a label do not run, as far as the cluster tells; undefined if it tells nothing. */
export async function troubleOf(task: ClusterTask, label: string): Promise<LocalText | undefined> {
  const pods = await list(task, 'pod', label);
  return pods.map(troubleOfPod).find((trouble) => trouble !== undefined);
}

interface Container {
  readonly restartCount?: number;
  readonly state?: { readonly waiting?: { readonly reason?: string } };
  readonly lastState?: { readonly terminated?: { readonly reason?: string } };
}

function troubleOfPod({ status = {} }: ClusterObject): LocalText | undefined {
  const containers = [
    ...((status['initContainerStatuses'] ?? []) as readonly Container[]),
    ...((status['containerStatuses'] ?? []) as readonly Container[]),
  ];
  const reasons = containers.map(({ state }) => state?.waiting?.reason ?? '');
  if (reasons.some((reason) => /Err(?:Image|.*Pull)|ImagePull/.test(reason))) return noImage;
  if (containers.some(({ lastState }) => lastState?.terminated?.reason === 'OOMKilled')) return memory;
  if (reasons.includes('CrashLoopBackOff')) return crashes;
  const conditions = (status['conditions'] ?? []) as readonly {
    readonly type?: string;
    readonly reason?: string;
    readonly message?: string;
  }[];
  const place = conditions.find(({ reason }) => reason === 'Unschedulable');
  if (place === undefined) return undefined;
  return /memory/i.test(place.message ?? '') ? noRoom : noNode;
}

const noImage: LocalText = {
  en: 'A container image of Mastodon is missing.',
  de: 'Ein Container-Image von Mastodon fehlt.',
};

const memory: LocalText = {
  en: 'A part of Mastodon needs more memory than it may have.',
  de: 'Ein Teil von Mastodon braucht mehr Speicher, als er bekommt.',
};

const crashes: LocalText = {
  en: 'A part of Mastodon ends again and again right after its start.',
  de: 'Ein Teil von Mastodon endet immer wieder gleich nach dem Start.',
};

const noRoom: LocalText = {
  en: 'The device does not have enough free memory for all parts of Mastodon.',
  de: 'Das Gerät hat nicht genug freien Speicher für alle Teile von Mastodon.',
};

const noNode: LocalText = {
  en: 'The apps (k3s) find no place for a part of Mastodon.',
  de: 'Die Apps (k3s) finden keinen Platz für einen Teil von Mastodon.',
};
