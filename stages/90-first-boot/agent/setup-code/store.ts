import { readIfThere } from '../device/look.ts';
import { type FileSteps, realFileSteps, writeDurably } from '../files/durable-file.ts';
import { isSetupCode, makeSetupCode } from './code.ts';

export interface StoredCode {
  readonly code: string;
  /** `damaged`: a file was there, but it held no code. A power cut can not cause that, a failing card can. */
  readonly origin: 'stored' | 'new' | 'damaged';
}

/**
 * Gives the device's setup code: the stored one, or a new one that is safely on the disk when this returns.
 * Show the code only afterwards: a code that somebody may have noted down must survive a power cut.
 */
export function readOrMakeSetupCode(path: string, steps: FileSteps = realFileSteps): StoredCode {
  const text = readIfThere(path);
  const stored = text?.trim();
  if (stored !== undefined && isSetupCode(stored)) return { code: stored, origin: 'stored' };
  const code = makeSetupCode();
  writeDurably(path, `${code}\n`, 0o600, steps);
  return { code, origin: text === undefined ? 'new' : 'damaged' };
}
