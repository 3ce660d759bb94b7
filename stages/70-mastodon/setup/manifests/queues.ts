import { mastodonQueues } from '../sidekiq/queues.ts';

export type MastodonQueue = (typeof mastodonQueues)[number];

/** What has to be known of a Sidekiq process to tell which queues it serves. */
export interface QueueListener {
  readonly name: string;
  readonly queues: readonly string[];
}

/**
 * Throws unless every queue of Mastodon has a listener, `scheduler` exactly one, and no listener has a queue that does
 * not exist. Each listener is one process: two that plan the same work would do it twice.
 */
export function assertQueuesAreServed(listeners: readonly QueueListener[]): void {
  const served = listeners.flatMap(({ queues }) => queues);
  const missing = mastodonQueues.filter((queue) => !served.includes(queue));
  if (missing.length > 0) throw new Error(`No Sidekiq process listens to: ${missing.join(', ')}.`);
  const planners = listeners.filter(({ queues }) => queues.includes('scheduler'));
  if (planners.length > 1 || served.filter((queue) => queue === 'scheduler').length > 1) {
    throw new Error(`The queue scheduler has more than one listener: ${planners.map(({ name }) => name)}.`);
  }
  const known: readonly string[] = mastodonQueues;
  const unknown = served.filter((queue) => !known.includes(queue));
  if (unknown.length > 0) throw new Error(`Mastodon has no queue ${unknown.join(', ')}.`);
  const names = new Set(listeners.map(({ name }) => name));
  if (names.size < listeners.length) throw new Error('Two Sidekiq processes have the same name.');
}
