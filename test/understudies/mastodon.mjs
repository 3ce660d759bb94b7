#!/usr/bin/node
// A stand-in for Mastodon in tests; never shipped. It takes the environment of a pod as it is and does what Mastodon would
// do with it, as strictly or more: it refuses what is missing, misspelt or read by nobody, connects to the real services
// of the device, and answers. program.ts makes one file of it for both container images.

import { basename } from 'node:path';
import { runRake } from './mastodon/rake.mjs';
import { Refusal, refuse } from './mastodon/refuse.mjs';
import { runRunner } from './mastodon/runner.mjs';
import { runSidekiq } from './mastodon/sidekiq.mjs';
import { runStreaming } from './mastodon/streaming.mjs';
import { runTootctl } from './mastodon/tootctl.mjs';
import { runWeb } from './mastodon/web.mjs';

const programs = {
  sidekiq: runSidekiq,
  puma: runWeb,
  rake: runRake,
  rails: (args) =>
    args[0] === 'runner' ? runRunner(args.slice(1)) : refuse(`rails ${args[0]}: not known here`),
  tootctl: runTootctl,
  'bin/tootctl': runTootctl,
  './bin/tootctl': runTootctl,
};

async function main(program, args) {
  if (program === 'index.js') return await runStreaming();
  if (program === 'bundle') {
    const [exec, name, ...rest] = args;
    if (exec !== 'exec') refuse(`bundle ${exec}: not known here`);
    return await run(name, rest);
  }
  return await run(program, args);
}

async function run(name, args) {
  const start = programs[name] ?? refuse(`${name}: there is no such program in this image`);
  return await start(args);
}

// In the image, small scripts call it by the name of what it stands for; streaming's file is itself.
const own = basename(process.argv[1] ?? '');
const [program, ...args] = own === 'index.js' ? [own] : process.argv.slice(2);
main(program, args).catch((error) => {
  process.stderr.write(`${error instanceof Refusal ? error.message : error.stack}\n`);
  // What still listens must not keep it alive.
  process.exit(1);
});
