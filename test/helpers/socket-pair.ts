import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';

/** Two ends of one connection: what is written to the one is read from the other. */
export async function socketPair(): Promise<readonly [Socket, Socket]> {
  const folder = await mkdtemp(`${tmpdir()}/hearth-socket-`);
  const server = createServer();
  const path = `${folder}/s`;
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const near = connect(path);
  const far = await accepted;
  server.close();
  await rm(folder, { recursive: true, force: true });
  return [near, far];
}
