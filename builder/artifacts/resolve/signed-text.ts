import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { badAnswer } from './answer.ts';
import { readPublicKeys } from './openpgp-key.ts';
import type { RunVerifier } from './resolver.ts';

/** A text with its signature in it, and the key that must have made it. */
export interface SignedText {
  readonly what: string;
  readonly url: string;
  readonly bytes: Uint8Array;
  readonly keyUrl: string;
  /** The file behind `keyUrl`; it may hold other keys too. */
  readonly keyFile: Uint8Array;
  /** 40 hex digits, capitals. */
  readonly fingerprint: string;
}

/** The text that was really signed by the pinned key; what stands around it is dropped. Throws ERR_DOWNLOAD. */
export async function verifySignedText(signed: SignedText, run: RunVerifier): Promise<string> {
  const { what, url, fingerprint, keyUrl } = signed;
  const keys = readPublicKeys(signed.keyFile);
  const key = keys.find((one) => one.fingerprint === fingerprint);
  if (!key) {
    const found = keys.map((one) => one.fingerprint || 'a key of another version').join(', ');
    throw badAnswer(
      what,
      keyUrl,
      `the pinned key is ${fingerprint}, the file has ${found === '' ? 'no key' : found}`,
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'hearth-signature-'));
  try {
    // Nothing but the pinned key: no other one can make a signature good.
    await writeFile(`${folder}/key.pgp`, key.bytes);
    await writeFile(`${folder}/signed`, signed.bytes);
    const result = await run(
      [
        'sqv',
        '--keyring',
        `${folder}/key.pgp`,
        '--output',
        `${folder}/text`,
        '--cleartext',
        `${folder}/signed`,
      ],
      folder,
    );
    if (result.exitCode !== 0) {
      throw badAnswer(
        what,
        url,
        `it has no good signature of the key ${fingerprint} (sqv: ${lastLine(result.stderr)})`,
      );
    }
    return await readFile(`${folder}/text`, 'utf8');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) || 'no reason given';
}
