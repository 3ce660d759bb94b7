import type { Server } from 'node:http';

/**
 * Calls `leave` once nobody has been connected for the given time. The listening socket belongs to systemd, which
 * keeps it open and starts the process again for the next visitor.
 */
export function leaveWhenIdle(server: Server, idleMs: number, leave: () => void): void {
  const connections = new Set<unknown>();
  let timer = setTimeout(leave, idleMs);
  server.on('connection', (socket) => {
    clearTimeout(timer);
    connections.add(socket);
    socket.once('close', () => {
      connections.delete(socket);
      if (connections.size > 0) return;
      clearTimeout(timer);
      timer = setTimeout(leave, idleMs);
    });
  });
}
