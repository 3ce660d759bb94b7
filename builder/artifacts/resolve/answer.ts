import type { z } from 'zod';
import { HearthError } from '../../errors/hearth-error.ts';
import type { FetchedText, TextFailure, TextFetcher, TextRequest } from '../../host/fetch-text.ts';
import { withoutCredentials } from '../../host/proxy.ts';

/** Fetches a text. Throws ERR_DOWNLOAD that names the address and the reason; `what` says what it was wanted for. */
export async function fetchAnswer(
  fetcher: TextFetcher,
  request: TextRequest,
  what: string,
): Promise<FetchedText> {
  const answer = await fetcher.fetch(request);
  if ('bytes' in answer) return answer;
  throw noAnswer(what, answer);
}

/** As {@link fetchAnswer}, for JSON of a known form. */
export async function fetchJson<T>(
  fetcher: TextFetcher,
  request: TextRequest & { readonly schema: z.ZodType<T> },
  what: string,
): Promise<T> {
  const { bytes } = await fetchAnswer(fetcher, request, what);
  return parseJson(bytes, { url: request.url, schema: request.schema, what });
}

/** JSON of a known form. Throws ERR_DOWNLOAD for anything else. */
export function parseJson<T>(
  bytes: Buffer,
  wanted: { readonly url: string; readonly schema: z.ZodType<T>; readonly what: string },
): T {
  let data: unknown;
  try {
    data = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw badAnswer(wanted.what, wanted.url, 'the answer is not JSON');
  }
  const result = wanted.schema.safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? 'the answer' : issue.path.join('.');
  throw badAnswer(wanted.what, wanted.url, `${place} is not as expected (${issue?.message ?? ''})`);
}

/** The server answered, and the answer can not be used. */
export function badAnswer(what: string, url: string, why: string): HearthError {
  return new HearthError('ERR_DOWNLOAD', {
    what: `${what}: the answer can not be used.`,
    why: `${withoutCredentials(url)}: ${why}`,
    todo: 'Look at this address in a browser. A proxy or a login page may have answered in its place; else the maker changed something, and the pins stay as they are until it is understood.',
    state: unchanged,
  });
}

export const unchanged = 'artifacts.lock.yaml was not changed.';

/** Nothing usable came at all. */
export function noAnswer(what: string, { reason, status }: TextFailure): HearthError {
  return new HearthError('ERR_DOWNLOAD', {
    what: `${what}: the maker could not be asked.`,
    why: reason,
    todo: adviceFor(status),
    state: unchanged,
  });
}

function adviceFor(status: number | undefined): string {
  if (status === 404 || status === 410) {
    return 'The maker does not have it (any more): look at the release in a browser, and take another version.';
  }
  if (status === 401 || status === 403 || status === 429) {
    return 'The server may have had enough questions from this network (GitHub: 60 an hour): wait an hour, then run the same command again.';
  }
  return 'Check the network and the proxy of this host, then run the same command again.';
}
