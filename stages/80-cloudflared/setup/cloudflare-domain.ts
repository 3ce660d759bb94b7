import { AskFailure, type StepFailure } from '../../90-first-boot/agent/device/door.ts';
import type { ApiReply, CloudflareApi } from './cloudflare-api.ts';
import { failures, rightNames } from './failures.ts';

/** A domain at Cloudflare. */
export interface Domain {
  readonly id: string;
  readonly name: string;
  readonly account: string;
}

/**
 * Finds the domain of a hostname among those that the token may use. Throws a StepFailure: a token that Cloudflare does not
 * know or that has ended, a domain that is not there or not active yet.
 */
export async function findDomain(api: CloudflareApi, hostname: string): Promise<Domain> {
  const verified = await ask(() => api.call('GET', '/user/tokens/verify'));
  const { status } = (verified.result ?? {}) as { readonly status?: unknown };
  if (verified.isDone && status !== 'active') throw failures.endedToken();
  // A token of an account instead of a user is not known there: the domains decide.
  const labels = hostname.split('.');
  for (let first = 0; first <= labels.length - 2; first++) {
    const name = labels.slice(first).join('.');
    const reply = await ask(() => api.call('GET', `/zones?name=${encodeURIComponent(name)}`));
    if (!reply.isDone) throw verified.isDone ? refusal(reply, rightNames.zone) : refusedToken(reply);
    const [zone] = reply.result as readonly ZoneReply[];
    if (zone === undefined) continue;
    if (zone.status !== 'active') throw failures.sleepingZone(zone.name);
    return { id: zone.id, name: zone.name, account: zone.account.id };
  }
  throw failures.noZone(hostname);
}

/** Calls, and tells in words when nobody answers. */
export async function ask(call: () => Promise<ApiReply>): Promise<ApiReply> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof AskFailure ? failures.unreachable() : error;
  }
}

/** Calls for what needs a right of the token; gives what Cloudflare answers, or throws as {@link granting}. */
export async function granted(right: string, call: () => Promise<ApiReply>): Promise<unknown> {
  return granting(right, await ask(call));
}

/** What Cloudflare has answered. Throws a StepFailure for a refusal: mostly a right that the token lacks. */
export function granting(right: string, reply: ApiReply): unknown {
  if (!reply.isDone) throw refusal(reply, right);
  return reply.result;
}

function refusal(reply: ApiReply, right: string): StepFailure {
  return reply.status === 401 || reply.status === 403 ? failures.noRight(right) : failures.refused(reply);
}

interface ZoneReply {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly account: { readonly id: string };
}

function refusedToken(reply: ApiReply): StepFailure {
  return [400, 401, 403].includes(reply.status) ? failures.badToken() : failures.refused(reply);
}
