import { createHash } from 'node:crypto';
import type { ContainerImageArtifact, UnpinnedImageArtifact } from '../artifact.ts';
import { indexSchema } from '../image-json.ts';
import { type ImageReference, parseImageReference } from '../image-reference.ts';
import { badAnswer, parseJson } from './answer.ts';
import { newestTag } from './registry-tags.ts';
import { registryReader } from './registry-token.ts';
import type { ResolveContext, Resolver } from './resolver.ts';

const indexTypes: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const manifestTypes: readonly string[] = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** An index: one image for each architecture. */
export interface ImageIndex {
  readonly digest: string;
  readonly arm64Digest: string;
  readonly children: readonly { readonly digest: string; readonly platform: string }[];
}

/** An image by its tag, or by a newer one with the same first number: what changes that is for people to decide. */
export function registryResolver(
  artifact: ContainerImageArtifact | UnpinnedImageArtifact,
  context: ResolveContext,
): Resolver {
  const image = parseImageReference(artifact.reference);
  if (!image) throw new TypeError(`not a reference: ${artifact.reference}`);
  return {
    newestVersion: async () => await newestTag(context, image),
    pin: async (tag) => {
      const index = await readIndex(context, { ...image, tag });
      return {
        ...artifact,
        kind: 'container-image',
        reference: `${image.registry}/${image.repository}:${tag}`,
        indexDigest: index.digest,
        arm64Digest: index.arm64Digest,
        source: `the registry ${image.registry}`,
      };
    },
  };
}

/** The index behind a tag, or behind a digest in its place. Throws ERR_DOWNLOAD if there is no index with linux/arm64. */
export async function readIndex(context: ResolveContext, image: ImageReference): Promise<ImageIndex> {
  const { registry, repository, tag } = image;
  const what = `The image ${registry}/${repository}${tag.startsWith('sha256:') ? '@' : ':'}${tag}`;
  const url = `${context.makers.registry(registry)}/v2/${repository}/manifests/${tag}`;
  const accept = [...indexTypes, ...manifestTypes].join(', ');
  const answer = await registryReader(context.fetcher, { repository, what })(url, accept);
  const digest = `sha256:${createHash('sha256').update(answer.bytes).digest('hex')}`;
  const said = answer.header('docker-content-digest');
  if (said !== undefined && said !== digest) {
    throw badAnswer(what, url, `the registry says that its digest is ${said}, but it is ${digest}`);
  }
  if (tag.startsWith('sha256:') && tag !== digest) {
    throw badAnswer(what, url, `the digest of the answer is ${digest}`);
  }
  const type = answer.header('content-type')?.split(';')[0]?.trim();
  if (type === undefined || !indexTypes.includes(type)) throw badAnswer(what, url, typeProblem(type));
  const { mediaType, manifests } = parseJson(answer.bytes, { url, schema: indexSchema, what });
  if (mediaType !== undefined && mediaType !== type) {
    throw badAnswer(what, url, `it was sent as ${type}, and says of itself that it is ${mediaType}`);
  }
  const children = manifests.map(({ digest: child, platform }) => ({
    digest: child,
    platform: platform === undefined ? 'unknown' : `${platform.os}/${platform.architecture}`,
  }));
  const [arm64, another] = children.filter(({ platform }) => platform === 'linux/arm64');
  if (!arm64 || another) {
    const names = [...new Set(children.map(({ platform }) => platform))].join(', ');
    throw badAnswer(
      what,
      url,
      `the index has not just one image for linux/arm64, but: ${names || 'nothing'}`,
    );
  }
  return { digest, arm64Digest: arm64.digest, children };
}

function typeProblem(type: string | undefined): string {
  if (type !== undefined && manifestTypes.includes(type)) {
    return 'this is one image for one architecture, and no index of images';
  }
  return `this is ${type ?? 'something without a type'}, and no index of images`;
}
