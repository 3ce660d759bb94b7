import { z } from 'zod';
import type { FileArtifact } from '../artifact.ts';
import type { GithubFile } from '../upstream.ts';
import { badAnswer, fetchAnswer, fetchJson } from './answer.ts';
import { assetOf, readRelease } from './github.ts';
import type { ResolveContext, Resolver } from './resolver.ts';

const channelsSchema = z.object({
  data: z.array(z.object({ name: z.string(), latest: z.string().nullish() })),
});

const channel = 'stable';
const listName = 'sha256sum-arm64.txt';

/** A file of a k3s release: the checksum from the release's own list, which GitHub's digest must not contradict. */
export function k3sResolver(artifact: FileArtifact, file: GithubFile, context: ResolveContext): Resolver {
  const { makers, fetcher } = context;
  const { repository, asset: name } = file;
  return {
    newestVersion: async () => {
      const what = `The channel ${channel} of k3s`;
      const url = makers.k3sChannels;
      const { data } = await fetchJson(fetcher, { url, schema: channelsSchema }, what);
      const latest = data.find((one) => one.name === channel)?.latest;
      if (latest && /^v\d+\.\d+\.\d+\+k3s\d+$/.test(latest)) return latest;
      throw badAnswer(what, url, 'the list names no version for it');
    },
    pin: async (version) => {
      const folder = `${makers.github}/${repository}/releases/download/${encodeURIComponent(version)}`;
      const what = `${name} of ${version}`;
      const url = `${folder}/${listName}`;
      const [list, release] = await Promise.all([
        fetchAnswer(fetcher, { url, maxBytes: 65_536 }, what),
        readRelease(context, repository, version),
      ]);
      const sha256 = checksumFor(name, list.bytes.toString('utf8'));
      if (sha256 === undefined) throw badAnswer(what, url, `it has not just one checksum for ${name}`);
      const asset = assetOf(release, name);
      if (asset.sha256 !== undefined && asset.sha256 !== sha256) {
        throw badAnswer(what, url, `it says ${sha256}, the digest of the asset at GitHub is ${asset.sha256}`);
      }
      return {
        ...artifact,
        version,
        url: `${folder}/${encodeURIComponent(name)}`,
        sizeBytes: asset.sizeBytes,
        sha256,
        source: `${listName} of the release`,
      };
    },
  };
}

/** The checksum of one file in what `sha256sum` wrote; undefined unless just one line is about it. */
export function checksumFor(name: string, list: string): string | undefined {
  const found = list.split(/\r?\n/).flatMap((line) => {
    const [, hex, file] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
    // The whole name: `k3s-arm64` is also in the names of other files.
    return hex !== undefined && file === name ? [hex] : [];
  });
  return found.length === 1 ? found[0] : undefined;
}
