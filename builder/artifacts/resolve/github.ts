import { z } from 'zod';
import type { FileArtifact } from '../artifact.ts';
import type { GithubFile } from '../upstream.ts';
import { badAnswer, fetchJson } from './answer.ts';
import type { ResolveContext, Resolver } from './resolver.ts';

const releaseSchema = z.object({
  tag_name: z.string(),
  draft: z.boolean(),
  prerelease: z.boolean(),
  body: z.string().nullish(),
  assets: z.array(z.object({ name: z.string(), size: z.int().positive(), digest: z.string().nullish() })),
});

export interface GithubRelease {
  readonly url: string;
  readonly tag: string;
  /** The maker's notes. */
  readonly body: string;
  readonly assets: readonly {
    readonly name: string;
    readonly size: number;
    readonly digest?: string | null | undefined;
  }[];
}

/** One file as GitHub describes it. */
export interface GithubAsset {
  readonly sizeBytes: number;
  /** 64 hex digits; undefined for releases from before GitHub had digests. */
  readonly sha256: string | undefined;
}

/** A release by its tag, or the one that GitHub shows as the latest. */
export async function readRelease(
  { fetcher, makers }: ResolveContext,
  repository: string,
  tag?: string,
): Promise<GithubRelease> {
  const place = tag === undefined ? 'latest' : `tags/${encodeURIComponent(tag)}`;
  const url = `${makers.githubApi}/repos/${repository}/releases/${place}`;
  const what = tag === undefined ? `The latest release of ${repository}` : `${repository} ${tag}`;
  const headers = { accept: 'application/vnd.github+json' };
  const release = await fetchJson(fetcher, { url, headers, schema: releaseSchema }, what);
  if (tag !== undefined && release.tag_name !== tag) {
    throw badAnswer(what, url, `it describes ${release.tag_name}`);
  }
  if (release.draft || release.prerelease) {
    throw badAnswer(what, url, `${release.tag_name} is a draft or a trial version`);
  }
  return { url, tag: release.tag_name, body: release.body ?? '', assets: release.assets };
}

/** One asset of a release. */
export function assetOf(release: GithubRelease, name: string): GithubAsset {
  const what = `${name} of ${release.tag}`;
  const [asset, another] = release.assets.filter((one) => one.name === name);
  if (!asset || another) throw badAnswer(what, release.url, `the release has no one asset ${name}`);
  if (!asset.digest) return { sizeBytes: asset.size, sha256: undefined };
  const [, sha256] = /^sha256:([0-9a-f]{64})$/.exec(asset.digest) ?? [];
  if (sha256 === undefined) {
    throw badAnswer(
      what,
      release.url,
      `the digest ${shorten(asset.digest)} is not "sha256:" and 64 hex digits`,
    );
  }
  return { sizeBytes: asset.size, sha256 };
}

/** A file whose SHA-256 GitHub has computed, and the maker has written into the notes of the release. */
export function githubResolver(artifact: FileArtifact, file: GithubFile, context: ResolveContext): Resolver {
  const { repository, asset: name } = file;
  return {
    newestVersion: async () => {
      const { tag, url } = await readRelease(context, repository);
      if (/^v?\d+(\.\d+)+$/.test(tag)) return tag;
      throw badAnswer(`The latest release of ${repository}`, url, `${shorten(tag)} is no version`);
    },
    pin: async (version) => {
      const release = await readRelease(context, repository, version);
      const { sizeBytes, sha256 } = assetOf(release, name);
      const written = digestInNotes(release, name);
      const what = `${name} of ${version}`;
      if (sha256 === undefined || written === undefined) {
        const missing = sha256 === undefined ? 'no digest of the asset' : 'no checksum in the notes';
        throw badAnswer(what, release.url, `the release has ${missing}`);
      }
      if (written !== sha256) {
        const why = `the digest of the asset is ${sha256}, the notes of the release say ${written}`;
        throw badAnswer(what, release.url, why);
      }
      return {
        ...artifact,
        version,
        url: `${context.makers.github}/${repository}/releases/download/${encodeURIComponent(version)}/${encodeURIComponent(name)}`,
        sizeBytes,
        sha256,
        source: 'digest of the asset at GitHub, the same as in the notes of the release',
      };
    },
  };
}

/** `name: HEX`, on a line of its own. */
function digestInNotes(release: GithubRelease, name: string): string | undefined {
  const found = new Set<string>();
  for (const line of release.body.split(/\r?\n/)) {
    const [, label, hex] = /^\s*(\S+): ([0-9a-f]{64})\s*$/.exec(line) ?? [];
    if (label === name && hex !== undefined) found.add(hex);
  }
  if (found.size > 1) {
    throw badAnswer(
      `${name} of ${release.tag}`,
      release.url,
      'the notes of the release have two checksums for it',
    );
  }
  return [...found][0];
}

/** What others sent is shown only in part. */
function shorten(text: string): string {
  const oneLine = text.replaceAll(/[^\x20-\x7e]/g, '?');
  return oneLine.length > 80 ? `${oneLine.slice(0, 80)}…` : oneLine;
}
