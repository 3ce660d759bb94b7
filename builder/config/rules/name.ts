import type { Problem } from './problem.ts';

/** One label of RFC 1123, in small letters: mDNS answers as NAME.local. */
export function hostnameProblem(value: string): Problem | undefined {
  if (value.includes('.')) {
    const label = value.split('.')[0] ?? '';
    return { message: 'must be one name without a domain', help: help(label, 'hearth') };
  }
  if (value.length > 63)
    return { message: 'must have at most 63 characters', help: `this has ${value.length}` };
  if (!/^[a-z0-9-]+$/.test(value)) {
    return { message: 'must use only a–z, 0–9 and "-"', help: help(value, 'hearth') };
  }
  if (value.startsWith('-') || value.endsWith('-')) {
    return { message: 'must not begin or end with "-"', help: help(value, 'hearth') };
  }
  if (value === 'localhost')
    return { message: 'must not be "localhost"', help: 'every machine calls itself that' };
  return undefined;
}

/** The name of the image file without its ending. */
export function imageNameProblem(value: string): Problem | undefined {
  if (/\.(img|xz|zip)$/.test(value)) {
    return {
      message: 'must have no file ending',
      help: `write "${value.replace(/(\.(img|xz|zip))+$/, '')}"`,
    };
  }
  if (value.length > 64)
    return { message: 'must have at most 64 characters', help: `this has ${value.length}` };
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(value)) {
    return {
      message: 'must use only a–z, 0–9, ".", "_" and "-", and begin with a letter or digit',
      help: help(value, 'hearth'),
    };
  }
  return undefined;
}

/** The name of a folder in stages/. */
export function stageNameProblem(value: string): Problem | undefined {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(value)) return undefined;
  return { message: 'must be the name of a folder in stages/', help: 'for example "20-system"' };
}

/** The nearest valid name, or an example when nothing is left of the value. */
function help(value: string, example: string): string {
  const nearest = value
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 63);
  return `for example "${nearest === '' || nearest === 'localhost' ? example : nearest}"`;
}
