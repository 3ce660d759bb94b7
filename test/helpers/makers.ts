import { createHash } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { Makers, ResolveContext, RunVerifier } from '../../builder/artifacts/resolve/resolver.ts';
import { openTextFetcher } from '../../builder/host/fetch-text.ts';
import { direct, type Step, serve } from './mirror-steps.ts';

/** What a maker's server has, by path with query. A text is the whole answer, anything else but a step is JSON. */
export type Pages = Readonly<Record<string, unknown>>;

export interface MakerServer {
  readonly url: string;
  /** What was asked for, in order: `GET /path`. */
  readonly requests: readonly string[];
  readonly context: ResolveContext;
}

const noVerifier: RunVerifier = async () => {
  throw new Error('nothing to verify here');
};

/**
 * All makers in one server on loopback. It knows its pages and nothing else, and refuses everything that is no plain GET.
 * The pages may depend on its own address.
 */
export async function serveMakers(
  pages: Pages | ((url: string) => Pages),
  runVerifier: RunVerifier = noVerifier,
): Promise<MakerServer> {
  let known: Pages = {};
  const { url, requests } = await serve((request, response) => {
    const page = known[request.url ?? ''];
    if (request.method !== 'GET' || request.headers['transfer-encoding'] !== undefined) {
      response.writeHead(405).end();
    } else if (page === undefined) response.writeHead(404).end();
    else if (typeof page === 'function') (page as Step)(request, response);
    else {
      const isWhole = typeof page === 'string' || page instanceof Uint8Array;
      response.end(isWhole ? page : JSON.stringify(page));
    }
  });
  known = typeof pages === 'function' ? pages(url) : pages;
  const fetcher = openTextFetcher({ aptOptions: direct, retryDelayMs: 1 });
  onTestFinished(async () => await fetcher.close());
  return { url, requests, context: { fetcher, makers: makersAt(url), runVerifier } };
}

/** All makers at one address. */
function makersAt(url: string): Makers {
  return { github: url, githubApi: `${url}/api`, k3sChannels: `${url}/channels`, registry: () => url };
}

/** A release as GitHub's API describes it. */
export function githubRelease(
  tag: string,
  assets: Readonly<Record<string, { readonly size: number; readonly digest?: string | null }>>,
  more: Readonly<Record<string, unknown>> = {},
) {
  const list = Object.entries(assets).map(([name, asset]) => ({ name, digest: null, ...asset }));
  return { tag_name: tag, draft: false, prerelease: false, body: '', assets: list, ...more };
}

export function hexOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
