import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const program = process.env['HEARTH_CHROMIUM'] ?? '/usr/bin/chromium';

/** Debian's browser, without a window and without a word to anybody. `hearth.local` is this machine. */
export async function startChromium(): Promise<Browser> {
  if (!existsSync(program))
    throw new Error(`${program} is missing. On Debian: sudo apt-get install chromium`);
  return await chromium.launch({
    executablePath: program,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP hearth.local 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  });
}
