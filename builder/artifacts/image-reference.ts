/** The parts of the full name of a container image. */
export interface ImageReference {
  /** `ghcr.io`, `127.0.0.1:5000`. */
  readonly registry: string;
  /** Below the registry: `mastodon/mastodon`. */
  readonly repository: string;
  readonly tag: string;
}

/**
 * Reads a full name, with registry, repository and tag: `ghcr.io/mastodon/mastodon:v4.7.4`. undefined for anything else,
 * such as a bare tag, a name without a registry, or one that names a digest.
 */
export function parseImageReference(text: string): ImageReference | undefined {
  const found = fullName.exec(text)?.groups;
  const { registry, repository, tag } = found ?? {};
  if (registry === undefined || repository === undefined || tag === undefined) return undefined;
  return { registry, repository, tag };
}

/** The full name for the short ones that Docker writes into its archives: `rancher/x:1` is `docker.io/rancher/x:1`. */
export function fullImageName(text: string): string {
  if (parseImageReference(text)) return text;
  const name = text.includes('/') ? text : `library/${text}`;
  const full = `docker.io/${name}`;
  // What is no name with a tag stays what it is.
  return text.includes(':') && parseImageReference(full) ? full : text;
}

/** The name without its tag: `ghcr.io/mastodon/mastodon`. */
export function repositoryOf({ registry, repository }: ImageReference): string {
  return `${registry}/${repository}`;
}

/** True for a registry on this machine, which is spoken to without TLS, as Docker does too. */
export function isLoopbackRegistry({ registry }: ImageReference): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(registry);
}

const part = '[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*';
/** The first part is a registry only if it could not be a folder: it has a dot or a port, or is localhost. */
const registry =
  '(?:[A-Za-z0-9.-]*\\.[A-Za-z0-9.-]+|[A-Za-z0-9-]+(?=:\\d)|localhost|\\[[0-9a-fA-F:]+\\])(?::\\d+)?';
const fullName = new RegExp(
  `^(?<registry>${registry})/(?<repository>${part}(?:/${part})*):(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})$`,
);
