/**
 * Runs in the guest, in the network namespace of a phone: asks for an address by DHCP, looks names up at the server that it
 * was told, sends requests. Prints one JSON value. Only node: modules, so that it runs there as it is.
 */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { request } from 'node:http';

/** What a DHCP server gave. */
export interface Lease {
  readonly address: string;
  readonly nameServer: string;
  readonly router: string;
}

export interface PhoneAnswer {
  /** Where the name led to. */
  readonly address: string;
  readonly status: number;
  readonly location: string;
  readonly body: string;
}

const waitMs = 4_000;
const magic = Buffer.from([0x63, 0x82, 0x53, 0x63]);
const [what = '', ...words] = process.argv.slice(2);
const result =
  what === 'lease'
    ? await lease(words[0] ?? '')
    : await ask(words[0] ?? '', words[1] ?? '', await textOfInput(what === 'post'));
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);

/** `card`: the hardware address, `02:00:00:00:02:00`. */
async function lease(card: string): Promise<Lease> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(68, resolve));
  socket.setBroadcast(true);
  const id = randomInt(2 ** 32);
  const offer = await exchange(socket, message(id, card, [53, 1, 1]));
  const wanted = [53, 1, 3, 50, 4, ...bytesOf(offer.address), 54, 4, ...bytesOf(offer.server)];
  const { address, nameServer, router } = await exchange(socket, message(id, card, wanted));
  return { address, nameServer, router };
}

async function exchange(socket: Socket, question: Buffer): Promise<Lease & { readonly server: string }> {
  for (;;) {
    socket.send(question, 67, '255.255.255.255');
    const reply = await new Promise<Buffer | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), waitMs);
      socket.once('message', (bytes) => {
        clearTimeout(timer);
        resolve(bytes);
      });
    });
    socket.removeAllListeners('message');
    if (reply?.readUInt32BE(4) === question.readUInt32BE(4)) return partsOf(reply);
  }
}

/** A question of DHCP: RFC 2131. The answer may be a broadcast, as this card has no address yet. */
function message(id: number, card: string, options: readonly number[]): Buffer {
  const head = Buffer.alloc(236);
  head.set([1, 1, 6, 0]);
  head.writeUInt32BE(id, 4);
  head.writeUInt16BE(0x8000, 10);
  head.set(Buffer.from(card.replaceAll(':', ''), 'hex'), 28);
  return Buffer.concat([head, magic, Buffer.from([...options, 55, 3, 1, 3, 6, 255])]);
}

function partsOf(reply: Buffer): Lease & { readonly server: string } {
  const options = new Map<number, Buffer>();
  let at = 240;
  while (at < reply.length && reply[at] !== 255) {
    const size = reply[at + 1] ?? 0;
    if (reply[at] !== 0) options.set(reply[at] ?? 0, reply.subarray(at + 2, at + 2 + size));
    at += reply[at] === 0 ? 1 : 2 + size;
  }
  const dotted = (bytes?: Buffer) => [...(bytes?.subarray(0, 4) ?? [])].join('.');
  return {
    address: dotted(reply.subarray(16, 20)),
    server: dotted(options.get(54)),
    nameServer: dotted(options.get(6)),
    router: dotted(options.get(3)),
  };
}

function bytesOf(address: string): readonly number[] {
  return address.split('.').map(Number);
}

/** `form`: sent by POST, as a page of the same host does. */
async function ask(url: string, nameServer: string, form: string | undefined): Promise<PhoneAnswer> {
  const { hostname, pathname, origin } = new URL(url);
  const resolver = new Resolver({ timeout: waitMs, tries: 4 });
  resolver.setServers([nameServer]);
  const isNumber = /^[\d.]+$/.test(hostname);
  const [address = ''] = isNumber ? [hostname] : await resolver.resolve4(hostname);
  const headers = { Host: hostname, Connection: 'close' };
  const formHeaders = { Origin: origin, 'Content-Type': 'application/x-www-form-urlencoded' };
  return await new Promise((resolve, reject) => {
    const sent = request(
      {
        host: address,
        path: pathname,
        method: form === undefined ? 'GET' : 'POST',
        headers: form === undefined ? headers : { ...headers, ...formHeaders },
      },
      (response) => {
        const { statusCode: status = 0, headers: told } = response;
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          body += text;
        });
        response.on('end', () => resolve({ address, status, location: told.location ?? '', body }));
      },
    );
    sent.on('error', reject);
    sent.end(form);
  });
}

async function textOfInput(isWanted: boolean): Promise<string | undefined> {
  if (!isWanted) return undefined;
  let text = '';
  for await (const chunk of process.stdin) text += String(chunk);
  return text;
}
