import { promises as dns } from 'node:dns';
import { networkInterfaces } from 'node:os';

/** What the look-up needs of the world; tests hand in their own. */
export interface NameLookup {
  /** The IPv4 addresses of a name. Rejects when there is none. */
  readonly addressesOf: (name: string) => Promise<readonly string[]>;
  readonly ownAddresses: () => readonly string[];
  readonly timeoutMs: number;
}

const realLookup: NameLookup = {
  // getaddrinfo asks avahi (libnss-mdns): one responder on the device, and the firewall lets its answers in.
  addressesOf: async (name) =>
    (await dns.lookup(name, { all: true, family: 4 })).map((answer) => answer.address),
  ownAddresses: () =>
    Object.values(networkInterfaces()).flatMap((infos) => (infos ?? []).map((info) => info.address)),
  timeoutMs: 6_000,
};

/** Whether another device answers to NAME.local. What can not be found out in time counts as free. */
export async function isNameTaken(
  name: string,
  signal: AbortSignal,
  { addressesOf, ownAddresses, timeoutMs }: NameLookup = realLookup,
): Promise<boolean> {
  if (signal.aborted) return false;
  const own = new Set(ownAddresses());
  let stop: () => void = () => {};
  const noAnswer = new Promise<false>((resolve) => {
    stop = () => resolve(false);
  });
  const timer = setTimeout(stop, timeoutMs);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const asked = addressesOf(`${name}.local`).then(
      (addresses) => addresses.length > 0 && !addresses.some((address) => own.has(address)),
      () => false,
    );
    return await Promise.race([asked, noAnswer]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
