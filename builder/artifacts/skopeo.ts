import { HearthError, type HearthErrorParts } from '../errors/hearth-error.ts';
import type { ProcessResult } from '../host/process.ts';
import { type Bind, runInSandbox } from '../host/sandbox.ts';
import type { ToolsTree } from '../host/tools-tree.ts';
import { type ImageReference, isLoopbackRegistry, repositoryOf } from './image-reference.ts';

export interface RegistryOptions {
  /** Has skopeo. */
  readonly tools: Pick<ToolsTree, 'path'>;
  /** Where http_proxy, https_proxy and no_proxy are read from. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What a registry has under a tag or digest (`sha256:HEX`), byte for byte: an index, or the manifest of one image.
 * Throws ERR_DOWNLOAD with the last words of skopeo.
 */
export async function readFromRegistry(
  reference: ImageReference,
  version: string,
  options: RegistryOptions,
): Promise<string> {
  const command = [
    'inspect',
    '--raw',
    ...tries,
    tlsOption('--tls-verify', reference),
    source(reference, version),
  ];
  const result = await runSkopeo(command, [], options);
  if (result.exitCode !== 0) throw registryFailed(reference, version, result);
  return result.stdout;
}

/**
 * Copies one image by the digest of its manifest to an empty folder: `manifest.json`, and each blob under its 64 hex
 * digits. Nothing is converted, so every digest stays. Throws ERR_DOWNLOAD with the last words of skopeo.
 */
export async function copyFromRegistry(
  reference: ImageReference,
  digest: string,
  options: RegistryOptions & { readonly folder: string },
): Promise<void> {
  const { folder } = options;
  const command = [
    ...['copy', '--quiet', '--preserve-digests', '--remove-signatures', ...tries],
    ...[tlsOption('--src-tls-verify', reference), source(reference, digest), `dir:${folder}`],
  ];
  const result = await runSkopeo(command, [{ path: folder, writable: true }], options);
  if (result.exitCode !== 0) throw registryFailed(reference, digest, result);
}

/** A registry that is busy for a moment is no reason to give up. */
const tries = ['--retry-times=2', '--retry-delay=2s'] as const;

async function runSkopeo(
  args: readonly string[],
  binds: readonly Bind[],
  { tools, environment = {}, signal }: RegistryOptions,
): Promise<ProcessResult> {
  return await runInSandbox({
    // What an image is, its digest says: no policy for signatures is needed.
    command: ['skopeo', '--insecure-policy', '--tmpdir=/tmp', ...args],
    tools,
    binds,
    env: {
      ...proxyVariables(environment),
      // As root it would keep notes in /var/lib, which is the tools tree's own: so they go to the home folder, which is memory.
      _CONTAINERS_ROOTLESS_UID: '1000',
    },
    reject: false,
    ...(signal ? { signal } : {}),
  });
}

function source(reference: ImageReference, version: string): string {
  return `docker://${repositoryOf(reference)}${version.startsWith('sha256:') ? '@' : ':'}${version}`;
}

function tlsOption(option: string, reference: ImageReference): string {
  return `${option}=${!isLoopbackRegistry(reference)}`;
}

function proxyVariables(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const names = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'] as const;
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = environment[name];
      return value ? [[name, value]] : [];
    }),
  );
}

function registryFailed(reference: ImageReference, version: string, result: ProcessResult): HearthError {
  const details = lastWords(result.stderr || result.stdout);
  return new HearthError('ERR_DOWNLOAD', {
    what: `The container image ${repositoryOf(reference)}:${reference.tag} could not be fetched.`,
    ...explain(details, reference.registry, version),
    state: 'Nothing of it was kept.',
    details,
  });
}

function explain(words: string, registry: string, version: string): Pick<HearthErrorParts, 'why' | 'todo'> {
  if (/toomanyrequests|too many requests/i.test(words)) {
    return {
      why: `The registry ${registry} gives no more for now: it was asked too often from your address.`,
      todo: 'Run the same command again in an hour or more.',
    };
  }
  if (/manifest unknown|name unknown|not found|unauthorized|denied/i.test(words)) {
    return {
      why: `The registry ${registry} does not give it: ${version}.`,
      todo: 'If its makers took it back, pin another version: `scripts/hearth lock`.',
    };
  }
  return {
    why: `The registry ${registry} could not be reached, or stopped answering.`,
    todo: `Check the way to https://${registry}/v2/ (network, proxy variables), then run the same command again.`,
  };
}

/** Without the time and level that its log puts before each line. */
function lastWords(output: string): string {
  return output
    .trimEnd()
    .split('\n')
    .slice(-8)
    .map((line) => /msg="(.*)"$/.exec(line)?.[1]?.replaceAll('\\"', '"') ?? line)
    .join('\n');
}
