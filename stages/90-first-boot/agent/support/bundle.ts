import { pipeline, type Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { pack as newPack, type Pack } from 'tar-stream';
import type { AgentContext } from '../context.ts';
import { describeError } from '../keeper/describe-error.ts';
import { type BundlePart, bundleParts } from './bundle-parts.ts';
import { networkNames } from './network-names.ts';
import { type Redactor, redactorOf } from './redact.ts';
import { sensitiveOf } from './sensitive.ts';

const folder = 'hearth-support';
/** The newest part of a text is what helps. */
const maxPartLength = 4 * 1024 * 1024;

/**
 * What somebody needs who helps the owner, as a .tar.gz: small text files, without secrets. Begins at once and goes on
 * while it is read. A part that can't be made says why; the others are there, also while the setup is failing.
 */
export function supportBundle(context: AgentContext): Readable {
  const pack = newPack();
  const gzip = createGzip();
  pipeline(pack, gzip, () => {});
  fill(context, pack).catch((error: unknown) => {
    context.report(`the support bundle is not whole: ${describeError(error)}`);
    gzip.destroy(error as Error);
  });
  return gzip;
}

async function fill(context: AgentContext, pack: Pack): Promise<void> {
  const redact = await makeRedactor(context);
  const mtime = new Date();
  for (const part of bundleParts(context)) {
    if (pack.destroyed) return;
    const text = await textOf(part, redact);
    await new Promise<void>((resolve, reject) => {
      pack.entry({ name: `${folder}/${part.name}`, mtime, mode: 0o600 }, text, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  }
  pack.finalize();
}

/** Names of networks are in many logs, so they are looked up first. */
async function makeRedactor(context: AgentContext): Promise<Redactor> {
  const sensitive = sensitiveOf(context);
  const networks = [...(sensitive.networks ?? []), ...(await networkNames(context.look))];
  return redactorOf({ ...sensitive, networks });
}

async function textOf({ make }: BundlePart, redact: Redactor): Promise<string> {
  try {
    return redact(shorten(await make()));
  } catch (error) {
    return redact(`not possible: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/** Cut at the end of a line: half a secret would not be found. */
function shorten(text: string): string {
  if (text.length <= maxPartLength) return text;
  const end = text.slice(-maxPartLength);
  return `[the beginning is left out]\n${end.slice(end.indexOf('\n') + 1)}`;
}
