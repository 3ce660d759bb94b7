import { randomUUID } from 'node:crypto';
import {
  AskFailure,
  ask,
  ObjectStoreFailure,
  type ObjectStoreReason,
  openBucket,
  type Reply,
} from '../../../90-first-boot/agent/device/door.ts';
import type { FieldProblem } from '../../../90-first-boot/agent/setup/define.ts';
import type { LocalText } from '../../../90-first-boot/agent/text/local-text.ts';
import { isAtHome, type MediaBucket, type MediaSettings } from './media-answers.ts';
import { publicMessages, storeMessages } from './media-messages.ts';

/** What is tried out: a bucket, and for whose pages. */
export interface MediaTrial {
  readonly media: MediaBucket;
  readonly isR2: boolean;
  /** `https://social.example.org`; undefined while it is not known. */
  readonly origin: string | undefined;
  readonly settings: MediaSettings;
  readonly signal: AbortSignal;
}

/**
 * Puts a small object into the bucket, fetches it as a visitor of the pages would, and removes it. Empty: all of it works,
 * or nothing can be found out because the device has no way into the Internet.
 */
export async function tryMedia(trial: MediaTrial): Promise<readonly FieldProblem[]> {
  const { media, signal } = trial;
  const key = `hearth-check-${randomUUID()}.txt`;
  const content = `Hearth looks whether this store works: ${key}\n`;
  try {
    const bucket = openBucket({ ...media, silenceMs: 5_000, signal });
    await bucket.put(key, Buffer.from(content), { contentType: 'text/plain' });
  } catch (error) {
    return await storeProblems(error, trial);
  }
  const seen = await lookAsVisitor(trial, key, content);
  const removed = await remove(media, key);
  return [seen, removed].filter((problem) => problem !== undefined);
}

async function storeProblems(error: unknown, trial: MediaTrial): Promise<readonly FieldProblem[]> {
  if (!(error instanceof ObjectStoreFailure)) throw error;
  if (trial.signal.aborted) return [];
  const { hostname } = new URL(trial.media.endpoint);
  if (error.reason === 'unreachable' && !isAtHome(hostname) && !(await isOnline(trial))) return [];
  return [storeProblem(error, trial.isR2)];
}

/** Also for the doctor: what a failure of the store means for the owner, at the field that it is about. */
export function storeProblem({ reason, message }: ObjectStoreFailure, isR2: boolean): FieldProblem {
  const address = isR2 ? 'account' : 'endpoint';
  const strange = isR2 ? storeMessages.account : storeMessages.stranger;
  const known: Partial<Record<ObjectStoreReason, readonly [string, LocalText]>> = {
    unreachable: [address, isR2 ? storeMessages.account : storeMessages.unreachable],
    stranger: [address, strange],
    'refused-key': ['accessKey', storeMessages.refusedKey],
    'wrong-bucket': ['bucket', storeMessages.wrongBucket],
    'no-right': ['bucket', storeMessages.noRight],
    'wrong-region': [isR2 ? 'account' : 'region', isR2 ? storeMessages.account : storeMessages.wrongRegion],
  };
  const [field, text] = known[reason] ?? [];
  if (field !== undefined && text !== undefined) return { field, message: text };
  if (reason === 'wrong-clock') return { message: storeMessages.wrongClock };
  return { message: reason === 'full' ? storeMessages.full : storeMessages.other(message) };
}

async function lookAsVisitor(
  { media, isR2, origin, settings, signal }: MediaTrial,
  key: string,
  content: string,
): Promise<FieldProblem | undefined> {
  const { publicHost: host } = media;
  const at = settings.files ?? `https://${host}`;
  const headers = { Host: host, Origin: origin ?? `https://${host}`, 'User-Agent': 'Hearth' };
  const problem = (message: LocalText) => ({ field: 'publicHost', message });
  try {
    const reply = await ask({ url: `${at}/${key}`, headers, timeoutMs: 5_000, signal });
    const message = strangeness(reply, host, content) ?? corsProblem(reply, origin, isR2);
    return message === undefined ? undefined : problem(message);
  } catch (error) {
    if (!(error instanceof AskFailure)) throw error;
    return signal.aborted ? undefined : problem(publicMessages.unreachable(host));
  }
}

function strangeness({ status, headers, body }: Reply, host: string, content: string): LocalText | undefined {
  if (headers['cf-mitigated'] !== undefined) return publicMessages.challenge(host);
  if (status === 404) return publicMessages.missing(host);
  if (status === 401 || status === 403) return publicMessages.closed(host);
  const isOurs = status === 200 && body.toString() === content;
  return isOurs ? undefined : publicMessages.other(host, status);
}

function corsProblem({ headers }: Reply, origin: string | undefined, isR2: boolean): LocalText | undefined {
  const allowed = headers['access-control-allow-origin'];
  if (origin === undefined || allowed === '*' || allowed === origin) return undefined;
  return publicMessages.cors(origin, isR2);
}

/** Also when the time for all is over: nothing of ours stays in the bucket. */
async function remove(media: MediaBucket, key: string): Promise<FieldProblem | undefined> {
  try {
    await openBucket({ ...media, silenceMs: 3_000 }).remove(key);
    return undefined;
  } catch (error) {
    const isRefused = error instanceof ObjectStoreFailure && error.reason === 'no-right';
    return isRefused ? { field: 'accessKey', message: storeMessages.noDelete } : undefined;
  }
}

/** Whether somebody far away answers: then it is the address of the store that is wrong. */
async function isOnline({ settings, signal }: MediaTrial): Promise<boolean> {
  try {
    await ask({ url: settings.resolver, timeoutMs: 3_000, signal });
    return true;
  } catch {
    return false;
  }
}
