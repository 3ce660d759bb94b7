import { z } from 'zod';
import type { FetchedText, TextFetcher } from '../../host/fetch-text.ts';
import { isHttp, parseUrl } from '../../host/proxy.ts';
import { badAnswer, fetchAnswer, fetchJson, noAnswer } from './answer.ts';

const tokenSchema = z
  .object({ token: z.string().optional(), access_token: z.string().optional() })
  .transform(({ token, access_token }) => token ?? access_token)
  // It becomes a header: no spaces and line ends.
  .pipe(z.string().regex(/^[\x21-\x7e]+$/, 'holds no token'));

/** Asks for one address of a registry. Throws ERR_DOWNLOAD. */
export type RegistryReader = (url: string, accept: string) => Promise<FetchedText>;

/**
 * Reads of one repository without a name; where the registry wants a token, it gives one to anybody, which is kept for
 * further questions.
 */
export function registryReader(
  fetcher: TextFetcher,
  { repository, what }: Pick<TokenChallenge, 'repository' | 'what'>,
): RegistryReader {
  let token: string | undefined;
  return async (url, accept) => {
    const headers = () => ({ accept, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) });
    const first = await fetcher.fetch({ url, headers: headers() });
    if ('bytes' in first) return first;
    if (token !== undefined || first.status !== 401 || first.challenge === undefined) {
      throw noAnswer(what, first);
    }
    token = await bearerToken(fetcher, { challenge: first.challenge, url, repository, what });
    return await fetchAnswer(fetcher, { url, headers: headers() }, what);
  };
}

/** What a registry answered to a request without a token. */
export interface TokenChallenge {
  /** Its header WWW-Authenticate. */
  readonly challenge: string;
  /** What was asked for. */
  readonly url: string;
  readonly repository: string;
  readonly what: string;
}

/** A token to read one repository, as registries give to everybody. */
export async function bearerToken(fetcher: TextFetcher, asked: TokenChallenge): Promise<string> {
  const { challenge, url, repository, what } = asked;
  const parameters = bearerParameters(challenge);
  const realm = parseUrl(parameters.get('realm') ?? '');
  const isPlain = parseUrl(url)?.protocol === 'http:';
  if (!realm || !isHttp(realm) || (realm.protocol === 'http:' && !isPlain)) {
    throw badAnswer(what, url, 'the registry wants a name and a password, or a token from an odd place');
  }
  const service = parameters.get('service');
  if (service !== undefined) realm.searchParams.set('service', service);
  // Not what the challenge says: more than this is never needed.
  realm.searchParams.set('scope', `repository:${repository}:pull`);
  return await fetchJson(fetcher, { url: realm.href, schema: tokenSchema }, `A token for ${repository}`);
}

/** The parameters of `Bearer realm="…",service="…"`; empty for other ways to log in. */
function bearerParameters(challenge: string): ReadonlyMap<string, string> {
  const [, rest = ''] = /^bearer\s+(.*)$/is.exec(challenge.trim()) ?? [];
  const pairs = rest.matchAll(/([a-z_]+)="([^"]*)"/gi);
  return new Map([...pairs].map(([, name = '', value = '']) => [name.toLowerCase(), value]));
}
