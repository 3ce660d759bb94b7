import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** How far a mail server went along: `accepted` as far as we ask, or the words with which it refused. */
export type SmtpAnswer =
  | { readonly state: 'accepted' }
  | { readonly state: 'refused'; readonly words: string }
  | { readonly state: 'silent' };

interface Conversation {
  readonly port: number;
  readonly from: string;
  readonly to: string;
  readonly signal: AbortSignal;
}

/** Asks the mail server of this device whether it would take a mail, and sends none. Never throws. */
export async function askSmtp({ port, from, to, signal }: Conversation): Promise<SmtpAnswer> {
  const socket = connect({ host: '127.0.0.1', port, signal });
  socket.setTimeout(6_000, () => socket.destroy());
  socket.on('error', () => {});
  const commands = ['EHLO localhost', `MAIL FROM:<${from}>`, `RCPT TO:<${to}>`];
  try {
    for await (const line of createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })) {
      // A hyphen after the number: more lines follow.
      if (/^\d{3}-/.test(line)) continue;
      if (!/^2\d\d/.test(line)) return { state: 'refused', words: line.slice(0, 200) };
      const next = commands.shift();
      if (next === undefined) return { state: 'accepted' };
      socket.write(`${next}\r\n`);
    }
  } catch {
    return { state: 'silent' };
  } finally {
    socket.end('RSET\r\nQUIT\r\n');
    socket.destroySoon();
  }
  return { state: 'silent' };
}
