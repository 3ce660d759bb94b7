import { randomUUID } from 'node:crypto';
import { ObjectStoreFailure, openBucket } from '../../../90-first-boot/agent/device/door.ts';
import type { CheckResult } from '../../../90-first-boot/agent/setup/define.ts';
import type { LocalText } from '../../../90-first-boot/agent/text/local-text.ts';
import type { BucketMedia } from '../manifests/plan.ts';
import { storeProblem } from '../topics/media-live.ts';
import { publicMessages, storeMessages } from '../topics/media-messages.ts';
import { good, isChallenge } from './edge-texts.ts';
import { type HttpReply, PublicFailure } from './http-call.ts';
import type { MastodonCheck, Scene } from './scene.ts';

/** 10: pictures and videos can be stored, seen by visitors of the pages, and deleted. */
export const mediaCheck: MastodonCheck = {
  id: 'mastodon.media',
  title: { en: 'Mastodon: pictures and videos', de: 'Mastodon: Bilder und Videos' },
  look: async (scene) => {
    const { media } = scene.facts;
    if (media.where === 'local') return atHome;
    const key = `hearth-check-${randomUUID()}.txt`;
    const bucket = openBucket({ ...media, silenceMs: 5_000, signal: scene.signal });
    const problem = await tryStore(media, async () => {
      await bucket.put(key, Buffer.from(key), { contentType: 'text/plain' });
    });
    if (problem !== undefined) return problem;
    const unseen = await lookAsVisitor(scene, media, key);
    const left = await removeObject(media, key);
    return unseen ?? left ?? fine(media.publicHost);
  },
};

async function tryStore(media: BucketMedia, work: () => Promise<void>): Promise<CheckResult | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!(error instanceof ObjectStoreFailure)) throw error;
    return notStored(storeProblem(error, isR2(media)).message);
  }
}

async function lookAsVisitor(
  { facts: { web }, fetch }: Scene,
  media: BucketMedia,
  key: string,
): Promise<CheckResult | undefined> {
  const host = media.publicHost;
  const origin = `https://${web}`;
  try {
    const reply = await fetch(`https://${host}/${key}`, { headers: { Origin: origin } });
    const strange = strangeness(reply, host, key);
    if (strange !== undefined) return notSeen(strange);
    const allowed = reply.header('access-control-allow-origin');
    return allowed === '*' || allowed === origin
      ? undefined
      : notSeen(publicMessages.cors(origin, isR2(media)));
  } catch (error) {
    if (!(error instanceof PublicFailure)) throw error;
    return notSeen(publicMessages.unreachable(host));
  }
}

function strangeness(reply: HttpReply, host: string, content: string): LocalText | undefined {
  if (isChallenge(reply)) return publicMessages.challenge(host);
  if (reply.status === 404) return publicMessages.missing(host);
  if (reply.status === 401 || reply.status === 403) return publicMessages.closed(host);
  const isOurs = reply.status === 200 && reply.text === content;
  return isOurs ? undefined : publicMessages.other(host, reply.status);
}

/** Also after the time for all is over: nothing of ours stays in the bucket. */
async function removeObject(media: BucketMedia, key: string): Promise<CheckResult | undefined> {
  try {
    await openBucket({ ...media, silenceMs: 3_000 }).remove(key);
    return undefined;
  } catch (error) {
    if (!(error instanceof ObjectStoreFailure)) throw error;
    const isRefused = error.reason === 'no-right';
    const todo = isRefused ? storeMessages.noDelete : storeProblem(error, isR2(media)).message;
    return {
      state: 'warning',
      meaning: {
        en: 'Pictures and videos can be stored, but not deleted.',
        de: 'Bilder und Videos lassen sich ablegen, aber nicht löschen.',
      },
      todo,
    };
  }
}

function isR2({ endpoint }: BucketMedia): boolean {
  return new URL(endpoint).hostname.endsWith('.r2.cloudflarestorage.com');
}

const atHome: CheckResult = good({
  en: 'Pictures and videos are kept on this device.',
  de: 'Bilder und Videos werden auf diesem Gerät aufbewahrt.',
});

function fine(host: string): CheckResult {
  return good({
    en: `Pictures and videos can be stored, seen at ${host}, and deleted.`,
    de: `Bilder und Videos lassen sich ablegen, unter ${host} ansehen und löschen.`,
  });
}

function notStored(todo: LocalText): CheckResult {
  return {
    state: 'bad',
    meaning: {
      en: 'New pictures and videos can not be stored.',
      de: 'Neue Bilder und Videos lassen sich nicht ablegen.',
    },
    todo,
  };
}

function notSeen(todo: LocalText): CheckResult {
  return {
    state: 'bad',
    meaning: {
      en: 'Pictures and videos are stored, but the pages of Mastodon can not show them.',
      de: 'Bilder und Videos werden abgelegt, aber die Seiten von Mastodon können sie nicht zeigen.',
    },
    todo,
  };
}
