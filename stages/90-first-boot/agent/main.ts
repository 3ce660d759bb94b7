import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { parseArgs } from 'node:util';
import { ownAddresses } from './device/addresses.ts';
import { type DevicePaths, devicePaths } from './device/paths.ts';
import { readDeviceStatus } from './device/status.ts';
import { publishSetupCode } from './setup-code/publish.ts';
import { readOrMakeSetupCode } from './setup-code/store.ts';
import { searchDomains } from './web/host-header.ts';
import { leaveWhenIdle } from './web/idle-exit.ts';
import { keepBriefly } from './web/keep-briefly.ts';
import { createWebServer } from './web/server.ts';

const usage = `Usage: agent.mjs setup-code | web [--listen ADDRESS:PORT] [--idle-exit-s SECONDS] [--root FOLDER]`;
/** systemd hands over the listening socket as the first descriptor after stdin, stdout and stderr. */
const firstPassedSocket = 3;
const lookAgainMs = 1_000;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    root: { type: 'string', default: '/' },
    listen: { type: 'string' },
    'idle-exit-s': { type: 'string', default: '180' },
  },
});
const paths = devicePaths(options.root);
if (positionals[0] === 'setup-code') runSetupCode(paths);
else if (positionals[0] === 'web') runWeb(paths);
else leave(2, usage);

/** As root, once a boot. Nothing that is printed may contain the code: it ends in the journal. */
function runSetupCode(places: DevicePaths): void {
  const { code, origin } = readOrMakeSetupCode(places.setupCode);
  if (origin === 'new') console.log('made the setup code of this device');
  if (origin === 'damaged') console.error('the stored setup code was damaged: made a new one');
  for (const line of publishSetupCode(code, hostname(), places)) console.log(line);
}

/** Without rights, when a visitor comes. */
function runWeb(places: DevicePaths): void {
  const report = (problem: string) => console.error(problem);
  const server = createWebServer({
    ownNames: () => ({
      hostname: hostname(),
      addresses: ownAddresses(networkInterfaces()),
      searchDomains: searchDomains(readIfThere(places.resolvConf)),
    }),
    readStatus: keepBriefly(() => readDeviceStatus(places, report), lookAgainMs),
    report,
  });
  const { LISTEN_PID } = process.env;
  const [, address, port] = /^(.+):(\d+)$/.exec(options.listen ?? '') ?? [];
  if (address !== undefined)
    server.listen(Number(port), address, () =>
      console.log(`listening on ${address}:${(server.address() as AddressInfo).port}`),
    );
  else if (LISTEN_PID === String(process.pid)) server.listen({ fd: firstPassedSocket });
  else leave(2, `no socket from systemd\n${usage}`);
  leaveWhenIdle(server, Number(options['idle-exit-s']) * 1000, () => leave(0));
  process.once('SIGTERM', () => leave(0));
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function leave(exitCode: number, message?: string): void {
  if (message !== undefined) console.error(message);
  process.exit(exitCode);
}
