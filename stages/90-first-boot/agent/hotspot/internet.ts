import { connect } from 'node:net';

/** The device needs this one anyway, for its updates: so nobody learns more of it. */
const host = 'deb.debian.org';
const port = 80;

/** Tells whether a name can be looked up and its host be reached. Ends after `limitMs`. */
export function reachesInternet(limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const timer = setTimeout(() => end(false), limitMs);
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    function end(isThere: boolean): void {
      clearTimeout(timer);
      socket.removeAllListeners();
      // A look-up that comes back later must not end the process.
      socket.on('error', () => {});
      socket.destroy();
      resolve(isThere);
    }
  });
}
