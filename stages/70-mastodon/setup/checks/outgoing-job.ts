import { jsonOf, text } from './json.ts';

/** The last look at whether this server reaches others: it needs Mastodon itself, so it is done once a day and kept. */
export const outgoingFile = '/var/lib/hearth/mastodon/outgoing.json';

/** What a look found. */
export interface Outgoing {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** The account that was fetched: `Mastodon@mastodon.social`. */
  readonly account?: string;
  /** Why none was, in the words of Mastodon. */
  readonly error?: string;
}

/**
 * Ruby for a runner job: fetches the account at REMOTE, with a signature of this server, and prints what came as one line
 * of JSON.
 */
export const outgoingCode =
  'begin; account = ActivityPub::FetchRemoteAccountService.new.call(ENV.fetch(\'REMOTE\'), suppress_errors: false); puts({ account: account&.acct }.to_json); rescue => error; puts({ error: "#{error.class}: #{error.message}".truncate(300) }.to_json); end';

/** The job: one try, since the next day brings another. `run` makes it another job than the last one. */
export function outgoingRequest(run: string) {
  return {
    name: 'outgoing',
    code: outgoingCode,
    environment: { REMOTE: 'https://mastodon.social/users/Mastodon' },
    run,
    timeLimitSeconds: 300,
    keepSeconds: 600,
    retries: 0,
  } as const;
}

/** The text of `outgoingFile` from what the job printed; undefined: it did not come to an end. */
export function outgoingText(log: string | undefined, atMs: number): string {
  const said = (log ?? '')
    .split('\n')
    .map(jsonOf)
    .findLast((line) => line !== undefined && isResult(line));
  const account = text(said?.['account']);
  const result: Outgoing =
    account === '' ? { atMs, error: text(said?.['error']) || 'no answer' } : { atMs, account };
  return `${JSON.stringify(result)}\n`;
}

/** The last result; undefined if there was none yet. */
export function readOutgoing(json: string | undefined): Outgoing | undefined {
  const said = jsonOf(json ?? '');
  return typeof said?.['atMs'] === 'number' ? (said as unknown as Outgoing) : undefined;
}

function isResult(line: Readonly<Record<string, unknown>>): boolean {
  return 'account' in line || 'error' in line;
}
