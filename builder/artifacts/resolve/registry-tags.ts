import { z } from 'zod';
import type { ImageReference } from '../image-reference.ts';
import { compareVersions } from '../version-order.ts';
import { badAnswer, parseJson } from './answer.ts';
import { registryReader } from './registry-token.ts';
import type { ResolveContext } from './resolver.ts';

const tagsSchema = z.object({ tags: z.array(z.string()).nullable() });

/** More than that is an endless list. */
const maxPages = 100;

/**
 * The newest tag that is written like this one and begins with the same number: `17.12-alpine` for `17.11-alpine`, never
 * `18.0-alpine`, `17.12` or `17.12-rc1`. A tag without a number has no newer ones.
 */
export async function newestTag(context: ResolveContext, image: ImageReference): Promise<string> {
  const { tag } = image;
  if (!/\d/.test(tag)) return tag;
  const tags = await listTags(context, image);
  const alike = tags.filter((one) => shapeOf(one) === shapeOf(tag) && firstNumber(one) === firstNumber(tag));
  return alike.reduce((newest, one) => (compareVersions(one, newest) > 0 ? one : newest), tag);
}

function shapeOf(tag: string): string {
  return tag.replaceAll(/\d+/g, '0');
}

function firstNumber(tag: string): string | undefined {
  return /\d+/.exec(tag)?.[0];
}

async function listTags(context: ResolveContext, image: ImageReference): Promise<readonly string[]> {
  const { registry, repository } = image;
  const what = `The tags of ${registry}/${repository}`;
  const read = registryReader(context.fetcher, { repository, what });
  const tags: string[] = [];
  let url: URL | undefined = new URL(
    `${context.makers.registry(registry)}/v2/${repository}/tags/list?n=1000`,
  );
  for (let pages = 1; url !== undefined; pages++) {
    if (pages > maxPages) throw badAnswer(what, url.href, `the list has more than ${maxPages} pages`);
    const answer = await read(url.href, 'application/json');
    tags.push(...(parseJson(answer.bytes, { url: url.href, schema: tagsSchema, what }).tags ?? []));
    const next = nextPage(answer.header('link'), url);
    if (next && next.origin !== url.origin) {
      throw badAnswer(what, url.href, `the next page is on another server, ${next.origin}`);
    }
    url = next;
  }
  return tags;
}

/** `</v2/…?last=…>; rel="next"`. */
function nextPage(link: string | undefined, base: URL): URL | undefined {
  const [, target] = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(link ?? '') ?? [];
  return target !== undefined && URL.canParse(target, base.href) ? new URL(target, base) : undefined;
}
