import { createWriteStream, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream';
import { promisify } from 'node:util';
import { nameOfDevice } from '../keeper/keeper.ts';
import { supportBundle } from '../support/bundle.ts';
import type { Command } from './command.ts';
import { CtlProblem, done, failed } from './outcome.ts';

const pipe = promisify(pipeline);

/** Writes the support bundle. */
export const bundleCommand: Command = {
  options: { out: { type: 'string' } },
  run: async ({ context, terminal, options }) => {
    const day = new Date().toISOString().slice(0, 10);
    const { out = `${nameOfDevice(context)}-support-${day}.tar.gz` } = options;
    const path = resolve(String(out));
    try {
      // Never over a file that is there: it may be a link to somewhere else.
      await pipe(supportBundle(context), createWriteStream(path, { flags: 'wx', mode: 0o600 }));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') throw new CtlProblem(`${path} is there already: choose another --out`, failed);
      rmSync(path, { force: true });
      throw new CtlProblem(`the bundle could not be written: ${message}`, failed);
    }
    terminal.say(path);
    return done;
  },
};
