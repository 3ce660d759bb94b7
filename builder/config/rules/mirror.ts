import type { Problem } from './problem.ts';

/** The address of a Debian archive, as it would stand in sources.list. */
export function mirrorProblem(value: string): Problem | undefined {
  const help = 'for example "http://archive.example/debian"';
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || /\s/.test(value)) {
    return { message: 'must be an address that begins with http:// or https://', help };
  }
  if (url.username !== '' || url.password !== '') {
    return { message: 'must have no user name or password', help: 'it would stand readable in the image' };
  }
  if (url.search !== '' || url.hash !== '') return { message: 'must have no "?" or "#"', help };
  return undefined;
}
