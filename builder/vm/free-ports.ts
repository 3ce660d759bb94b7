import { createServer } from 'node:net';

/** A port of the guest and the port of 127.0.0.1 that leads to it. */
export interface PortForward {
  readonly guestPort: number;
  readonly hostPort: number;
}

/** What is wanted: without a host port the system chooses a free one. */
export interface WantedForward {
  readonly guestPort: number;
  readonly hostPort?: number;
}

/**
 * Asks the system for free ports of 127.0.0.1. Somebody else may take one before it is used: the caller must be
 * ready to ask again.
 */
export async function chooseHostPorts(wanted: readonly WantedForward[]): Promise<readonly PortForward[]> {
  const servers = [];
  const forwards: PortForward[] = [];
  try {
    // All are held until the last is known, so that no port is given twice.
    for (const { guestPort, hostPort } of wanted) {
      if (hostPort !== undefined) {
        forwards.push({ guestPort, hostPort });
        continue;
      }
      const server = createServer();
      servers.push(server);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', resolve);
      });
      const address = server.address();
      if (address === null || typeof address === 'string') throw new TypeError('no port number');
      forwards.push({ guestPort, hostPort: address.port });
    }
    return forwards;
  } finally {
    for (const server of servers) server.close();
  }
}
