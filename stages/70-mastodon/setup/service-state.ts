import { ask, type DeviceLook } from '../../90-first-boot/agent/device/door.ts';
import type { ServiceState } from '../../90-first-boot/agent/setup/define.ts';
import { readFacts, readServices } from './checks/facts.ts';
import { clusterAddress, clusterPort } from './manifests/plan.ts';
import { readQueues } from './sidekiq/queues.ts';

/** Where Mastodon is asked. Tests have other places. */
export interface Places {
  readonly web: string;
  readonly streaming: string;
  readonly valkeyHost: string;
}

const realPlaces: Places = {
  web: `http://${clusterAddress.web}:${clusterPort.web}/health`,
  streaming: `http://${clusterAddress.streaming}:${clusterPort.streaming}/api/v1/streaming/health`,
  valkeyHost: '127.0.0.1',
};

/** A Pi on a card takes minutes until all of Mastodon runs after a start of the device. */
const startSeconds = 900;
const askMs = 2_000;

/** Mastodon on the status page: asked itself, not the cluster, because that is what counts and takes no time. */
export const mastodonService: ServiceState = makeMastodonService(realPlaces);

/** The same with other places. */
export function makeMastodonService(places: Places): ServiceState {
  return {
    name: 'Mastodon',
    description: {
      en: 'Your own place in the social web',
      de: 'Ihr eigener Platz im sozialen Netz',
    },
    look: async (device) => {
      if (readFacts(device) === undefined) return undefined;
      const parts = await Promise.all([
        answers(places.web),
        answers(places.streaming),
        doesWork(device, places.valkeyHost),
      ]);
      if (parts.every(Boolean)) return 'running';
      return uptimeSeconds(device) < startSeconds ? 'starting' : 'failed';
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    const { status } = await ask({ url, timeoutMs: askMs });
    return status === 200;
  } catch {
    return false;
  }
}

/** Every queue has somebody who works on it. */
async function doesWork(device: DeviceLook, host: string): Promise<boolean> {
  const services = readServices(device);
  if (services === undefined) return false;
  try {
    const { unserved } = await readQueues({ host, ...services.valkey, timeoutMs: askMs });
    return unserved.length === 0;
  } catch {
    return false;
  }
}

function uptimeSeconds({ read }: Pick<DeviceLook, 'read'>): number {
  return Number.parseFloat(read('/proc/uptime') ?? '') || 0;
}
