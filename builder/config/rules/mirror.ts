import type { Problem } from './problem.ts';

/** The address of a Debian archive, as it would stand in sources.list. */
export function mirrorProblem(value: string): Problem | undefined {
  return addressProblem(value, {
    schemes: ['http', 'https'],
    help: 'for example "http://archive.example/debian"',
  });
}

/** Where artifacts may be found: a server, or a folder of this machine. */
export function artifactMirrorProblem(value: string): Problem | undefined {
  return addressProblem(value, {
    schemes: ['http', 'https', 'file'],
    help: 'for example "http://archive.example/artifacts" or "file:///media/stick/artifacts"',
  });
}

/** An address that something is appended to, and that anybody may read. */
function addressProblem(
  value: string,
  { schemes, help }: { readonly schemes: readonly string[]; readonly help: string },
): Problem | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !schemes.includes(url.protocol.slice(0, -1)) || /\s/.test(value)) {
    return { message: `must be an address that begins with ${beginnings(schemes)}`, help };
  }
  if (url.username !== '' || url.password !== '') {
    return { message: 'must have no user name or password', help: 'it would stand readable in the image' };
  }
  if (url.search !== '' || url.hash !== '') return { message: 'must have no "?" or "#"', help };
  return undefined;
}

/** `http:// or https://` */
function beginnings(schemes: readonly string[]): string {
  const all = schemes.map((scheme) => `${scheme}://`);
  return [all.slice(0, -1).join(', '), ...all.slice(-1)].join(' or ');
}
