import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';

/** A mail server for one test. */
export interface MailSink extends AsyncDisposable {
  readonly path: string;
  /** Envelope and text of each mail. */
  readonly mails: readonly string[];
}

/** Takes every mail, at a socket of the test: see `DebianHost.outOf`. */
export async function mailSink(): Promise<MailSink> {
  const mails: string[] = [];
  const folder = await mkdtemp(`${tmpdir()}/hearth-sink-`);
  const server = createServer((socket) => {
    let heard = '';
    const answer = (text: string) => socket.write(`${text}\r\n`);
    answer('220 sink');
    socket.on('error', () => {});
    socket.on('data', (part) => {
      heard += part.toString();
      if (heard.endsWith('\r\n.\r\n')) mails.push(heard);
      answer(heard.endsWith('DATA\r\n') ? '354 go on' : /QUIT\r\n$/.test(heard) ? '221 bye' : '250 ok');
    });
  });
  return { ...(await atSocket(server, folder)), mails };
}

/** A socket that leads to a port of the host's loopback. */
export async function unixDoor(port: number): Promise<Omit<MailSink, 'mails'>> {
  const folder = await mkdtemp(`${tmpdir()}/hearth-door-`);
  const server = createServer((from) => {
    const to = connect(port, '127.0.0.1');
    from.pipe(to).pipe(from);
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const)
      one.on('error', () => other.destroy());
  });
  return await atSocket(server, folder);
}

async function atSocket(server: Server, folder: string): Promise<Omit<MailSink, 'mails'>> {
  const path = `${folder}/socket`;
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}
