import type { AddressInfo } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import type { AgentContext } from '../context.ts';
import { ownAddresses } from '../device/addresses.ts';
import { readIfThere } from '../device/look.ts';
import { connectDoor } from '../door/client.ts';
import { type OwnNames, searchDomains } from './host-header.ts';
import { leaveWhenIdle } from './idle-exit.ts';
import { createWebServer } from './server.ts';

export interface WebOptions {
  /** A listening socket that systemd handed over, or an address. */
  readonly listen: { readonly fd: number } | { readonly host: string; readonly port: number };
  readonly idleMs: number;
  /** Called once nobody was connected for that long. */
  readonly leave: () => void;
}

/** Serves the pages, as a user without rights. Resolves when it listens. */
export async function runWeb(context: AgentContext, { listen, idleMs, leave }: WebOptions): Promise<void> {
  const server = createWebServer({
    ownNames: () => ownNamesOf(context),
    door: connectDoor(context.paths.keeperSocket),
    topics: context.setups.topics,
    report: context.report,
  });
  leaveWhenIdle(server, idleMs, leave);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen, resolve);
  });
  if ('host' in listen)
    console.log(`listening on ${listen.host}:${(server.address() as AddressInfo | null)?.port}`);
}

/** From the file, not the kernel: the unit's protection gives this process a copy of the name it started with. */
function ownNamesOf({ look, paths }: AgentContext): OwnNames {
  return {
    hostname: look.read('/etc/hostname')?.trim() || hostname(),
    addresses: ownAddresses(networkInterfaces()),
    searchDomains: searchDomains(readIfThere(paths.resolvConf) ?? ''),
  };
}
