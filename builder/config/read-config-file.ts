import { readFile } from 'node:fs/promises';
import { HearthError } from '../errors/hearth-error.ts';

/** The text of the config file. Throws ERR_CONFIG_UNREADABLE. */
export async function readConfigFile(path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    const reason = reasonOf(error);
    throw new HearthError('ERR_CONFIG_UNREADABLE', {
      what: `can not read the configuration ${path}`,
      why: reason.why,
      todo: reason.todo,
      state: 'Nothing was built.',
      cause: error,
    });
  }
}

function reasonOf(error: unknown): { readonly why: string; readonly todo: string } {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return {
        why: 'There is no such file.',
        todo: 'name it with --config FILE, or make an empty one: every key has a default',
      };
    case 'EISDIR':
      return { why: 'It is a folder.', todo: 'name a file with --config FILE' };
    case 'EACCES':
    case 'EPERM':
      return { why: 'You may not read it.', todo: 'give yourself the right to read it: chmod u+r FILE' };
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return { why: 'It is not text in UTF-8.', todo: 'save it again as UTF-8' };
    default:
      return {
        why: error instanceof Error ? error.message : String(error),
        todo: 'name another file with --config FILE',
      };
  }
}
