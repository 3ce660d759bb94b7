import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DeviceContainerImage } from '../../../../stages/90-first-boot/agent/provision/device-artifact.ts';
import { ociParts, type SampleImage } from '../../../helpers/sample-images.ts';
import { digestOf, type Manner, plain } from './file-server.ts';

/** An image of a test: what its registry has, by digest (64 hex digits). */
export interface RegistryImage {
  readonly parts: ReadonlyMap<string, Buffer>;
  readonly manifest: string;
  readonly config: string;
  readonly layers: readonly string[];
}

export interface RegistryOptions {
  /** Asks for a token; each is good for so many questions. */
  readonly usesPerToken?: number;
  /** Blobs are at another host. */
  readonly isRedirecting?: boolean;
  /** How the n-th blob is sent; the last for all further ones. */
  readonly blobs?: readonly Manner[];
  /** How manifests are sent. */
  readonly manifests?: readonly Manner[];
  /** Only `sha256/HEX`, as a mirror. */
  readonly isMirror?: boolean;
}

/** A registry on this computer. */
export interface ImageRegistry {
  readonly url: string;
  /** `manifest HEX12 bytes=…`, `token`; what the other host was asked begins with `elsewhere`. */
  readonly asked: string[];
  /** What came in headers `authorization`, with the host that got it. */
  readonly shown: string[];
  readonly sentBytes: () => number;
  /** The entry of the device's list. */
  readonly artifact: (more?: Partial<DeviceContainerImage>) => DeviceContainerImage;
  readonly close: () => Promise<void>;
}

export async function registryImage(sample: SampleImage): Promise<RegistryImage> {
  const { manifest, config, layers } = await ociParts(sample);
  const parts = new Map([manifest, config, ...layers].map((bytes) => [digestOf(bytes), bytes]));
  return { parts, manifest: digestOf(manifest), config: digestOf(config), layers: layers.map(digestOf) };
}

export async function serveImage(
  image: RegistryImage,
  options: RegistryOptions = {},
): Promise<ImageRegistry> {
  const asked: string[] = [];
  const shown: string[] = [];
  const counts = { blobs: 0, manifests: 0, tokens: 0 };
  let sentBytes = 0;
  let usesLeft = 0;
  const noteShown = (who: string, { headers }: IncomingMessage) => {
    if (headers.authorization !== undefined) shown.push(`${who} ${headers.authorization}`);
  };
  const give = (
    request: IncomingMessage,
    response: ServerResponse,
    kind: 'blobs' | 'manifests',
    hex: string,
  ) => {
    const content = image.parts.get(hex);
    if (content === undefined) return response.writeHead(404).end();
    const manners = options[kind] ?? [plain];
    const manner = manners[Math.min(counts[kind]++, manners.length - 1)] ?? plain;
    const fromByte = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const send = (body: Buffer) => {
      sentBytes += body.length;
      response.write(body);
    };
    response.on('error', () => {});
    return void manner({ request, response, content, fromByte, send });
  };
  const elsewhere = await listening((request, response) => {
    noteShown('elsewhere', request);
    const hex = request.url?.slice(1, 65) ?? '';
    asked.push(`elsewhere ${hex.slice(0, 12)} ${request.headers.range ?? ''}`.trim());
    give(request, response, 'blobs', hex);
  });
  const giveToken = (path: string, response: ServerResponse) => {
    asked.push(`token ${new URL(path, 'http://x').searchParams.get('scope')}`);
    counts.tokens += 1;
    usesLeft = options.usesPerToken ?? 0;
    response.end(JSON.stringify({ token: `token-${counts.tokens}` }));
  };
  const isAllowed = ({ headers }: IncomingMessage) =>
    options.usesPerToken === undefined ||
    (headers.authorization === `Bearer token-${counts.tokens}` && usesLeft-- > 0);
  const home = await listening((request, response) => {
    const path = request.url ?? '';
    if (path.startsWith('/token?')) return giveToken(path, response);
    const [, kind = '', hex = ''] = (options.isMirror ? mirrorPath : registryPath).exec(path) ?? [];
    asked.push(`${kind.slice(0, -1)} ${hex.slice(0, 12)} ${request.headers.range ?? ''}`.trim());
    if (!isAllowed(request))
      return response.writeHead(401, { 'www-authenticate': challenge(request) }).end('sign in');
    noteShown('home', request);
    if (kind === 'blobs' && options.isRedirecting)
      return response.writeHead(307, { location: `${elsewhere.url}/${hex}?signature=x` }).end();
    return give(request, response, kind === 'manifests' ? 'manifests' : 'blobs', hex);
  });
  return {
    ...{ url: home.url, asked, shown, sentBytes: () => sentBytes },
    artifact: (more = {}) => ({
      ...{ kind: 'container-image', name: 'app', delivery: 'first-boot', mode: 0o644 },
      reference: `${new URL(home.url).host}/sample/app:v1`,
      arm64Digest: `sha256:${image.manifest}`,
      indexDigest: `sha256:${'1'.repeat(64)}`,
      path: `/var/lib/images/10-app-${image.manifest.slice(0, 12)}.tar`,
      ...more,
    }),
    close: async () => {
      await Promise.all([home.close(), elsewhere.close()]);
    },
  };
}

const mirrorPath = /^\/()sha256\/([0-9a-f]{64})$/;
const registryPath = /^\/v2\/sample\/app\/(manifests|blobs)\/sha256:([0-9a-f]{64})$/;

function challenge({ headers }: IncomingMessage): string {
  return `Bearer realm="http://${headers.host}/token",service="sample",scope="repository:sample/app:pull"`;
}

async function listening(listener: (request: IncomingMessage, response: ServerResponse) => unknown) {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
