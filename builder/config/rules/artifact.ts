import type { Problem } from './problem.ts';

/** A key of artifacts.lock.yaml. */
export function artifactNameProblem(value: string): Problem | undefined {
  if (/^[a-z][a-z0-9-]{0,63}$/.test(value)) return undefined;
  return {
    message: 'must be the name of an artifact',
    help: 'artifacts.lock.yaml lists them: k3s, cloudflared …',
  };
}

/** Where artifacts may be found: a server, or a folder of this machine. */
export function artifactMirrorProblem(value: string): Problem | undefined {
  const help = 'for example "http://archive.example/artifacts" or "file:///media/stick/artifacts"';
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^(https?|file):$/.test(url.protocol) || /\s/.test(value)) {
    return { message: 'must be an address that begins with http://, https:// or file://', help };
  }
  if (url.username !== '' || url.password !== '') {
    return { message: 'must have no user name or password', help: 'it would stand readable in the image' };
  }
  if (url.search !== '' || url.hash !== '') return { message: 'must have no "?" or "#"', help };
  return undefined;
}
