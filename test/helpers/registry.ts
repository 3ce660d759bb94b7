import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningProcess } from '../../builder/host/process.ts';
import { startInSandbox } from '../../builder/host/sandbox.ts';
import { listen } from './mirror-listen.ts';
import { descriptor, dockerTypes, ociParts, ociTypes, type SampleImage, sha256 } from './sample-images.ts';
import { toolsForTests } from './tools.ts';

/** An index and what it names; digests are `sha256:HEX`. */
export interface PushedIndex {
  readonly reference: string;
  readonly indexDigest: string;
  /** Of each image, in the order in which they were given. */
  readonly digests: readonly string[];
}

/** A real registry of container images on a port of this machine: Debian's docker-registry. */
export class Registry {
  readonly host: string;
  readonly #folder: string;
  readonly #server: RunningProcess;

  private constructor(host: string, folder: string, server: RunningProcess) {
    this.host = host;
    this.#folder = folder;
    this.#server = server;
  }

  static async start(): Promise<Registry> {
    const folder = await mkdtemp(`${tmpdir()}/hearth-registry-`);
    const host = await freeAddress();
    const config = {
      version: 0.1,
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: `${folder}/store` } },
      http: { addr: host, secret: 'only for tests' },
    };
    await writeFile(`${folder}/config.yml`, JSON.stringify(config));
    const server = await startInSandbox({
      command: ['docker-registry', 'serve', `${folder}/config.yml`],
      tools: await toolsForTests(),
      binds: [{ path: folder, writable: true }],
    });
    const registry = new Registry(host, folder, server);
    await registry.#untilReady();
    return registry;
  }

  async stop(): Promise<void> {
    this.#server.kill();
    await this.#server.exited;
    await rm(this.#folder, { recursive: true, force: true });
  }

  /**
   * Gives the registry images and an index that names each for the architecture of its own, or for the one that
   * `claims` has at the same place.
   */
  async push(
    name: string,
    images: readonly SampleImage[],
    claims: readonly string[] = [],
  ): Promise<PushedIndex> {
    const [repository = '', tag = ''] = name.split(':');
    const types = images[0]?.isDockers ? dockerTypes : ociTypes;
    const manifests = [];
    for (const [at, image] of images.entries()) {
      const { manifest, config, layers } = await ociParts(image);
      for (const blob of [config, ...layers]) await this.#pushBlob(repository, blob);
      await this.#pushManifest(repository, `sha256:${sha256(manifest)}`, types.manifest, manifest);
      const architecture = claims[at] ?? image.architecture ?? 'arm64';
      manifests.push({ ...descriptor(types.manifest, manifest), platform: { os: 'linux', architecture } });
    }
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: types.index, manifests }));
    await this.#pushManifest(repository, tag, types.index, index);
    return {
      reference: `${this.host}/${name}`,
      indexDigest: `sha256:${sha256(index)}`,
      digests: manifests.map(({ digest }) => digest),
    };
  }

  /** Changes what the registry has stored under a digest. */
  async damage(digest: string): Promise<void> {
    const hex = digest.replace('sha256:', '');
    const file = `${this.#folder}/store/docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`;
    const bytes = await readFile(file);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await writeFile(file, bytes);
  }

  async #untilReady(): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      const answer = await fetch(`http://${this.host}/v2/`).catch(() => undefined);
      if (answer?.ok) return;
      await sleep(100);
    }
    this.#server.kill();
    const { stderr } = await this.#server.exited;
    throw new Error(`docker-registry does not answer: ${stderr} ${await readdir(this.#folder)}`);
  }

  async #pushBlob(repository: string, bytes: Buffer): Promise<void> {
    const started = await this.#request(`/v2/${repository}/blobs/uploads/`, { method: 'POST' });
    const place = new URL(started.headers.get('location') ?? '', `http://${this.host}`);
    place.searchParams.set('digest', `sha256:${sha256(bytes)}`);
    await this.#request(`${place.pathname}${place.search}`, { method: 'PUT', body: new Uint8Array(bytes) });
  }

  async #pushManifest(repository: string, version: string, type: string, bytes: Buffer): Promise<void> {
    const headers = { 'content-type': type };
    const body = new Uint8Array(bytes);
    await this.#request(`/v2/${repository}/manifests/${version}`, { method: 'PUT', headers, body });
  }

  async #request(path: string, init: RequestInit): Promise<Response> {
    const answer = await fetch(`http://${this.host}${path}`, init);
    if (!answer.ok) throw new Error(`${init.method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }
}

async function freeAddress(): Promise<string> {
  const server = await listen(() => {});
  await server[Symbol.asyncDispose]();
  return new URL(server.url).host;
}
