import { connect, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * Runs in the network of a DebianHost and in the files of the test. A line of JSON on standard input opens a way:
 * `{"socket": PATH, "address": A, "port": N, "isInto": true}`; its answer is a line `ready` or what went wrong.
 */
interface Way {
  readonly socket: string;
  readonly address: string;
  readonly port: number;
  readonly isInto: boolean;
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => open(JSON.parse(line) as Way));
lines.on('close', () => process.exit());

function open({ socket, address, port, isInto }: Way): void {
  const server: Server = createServer({ allowHalfOpen: true }, (one) => {
    const other = isInto
      ? connect({ host: address, port, allowHalfOpen: true })
      : connect({ path: socket, allowHalfOpen: true });
    join(one, other);
  });
  server.on('error', (error) => process.stdout.write(`${error.message}\n`));
  const listening = () => process.stdout.write('ready\n');
  if (isInto) server.listen(socket, listening);
  else server.listen(port, address, listening);
}

function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  }
}
