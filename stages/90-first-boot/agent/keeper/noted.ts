import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Done, DoorCalls } from '../door/protocol.ts';
import { removeDurably } from '../files/durable-folder.ts';
import type { Keeper } from './keeper.ts';
import { KeeperRefusal } from './refusal.ts';

/** Removes a secret that the owner has noted. Done again it does nothing. */
export function noted({ context }: Pick<Keeper, 'context'>, ask: DoorCalls['noted']['ask']): Done {
  const files = context.setups.links.flatMap(({ secret }) => secret?.noted ?? []);
  const file = files.find((one) => notedName(one) === ask.secret);
  if (file === undefined) throw new KeeperRefusal('bad', 'there is no such secret');
  removeDurably(join(context.root, file));
  return {};
}

/** What the page calls the secret in a file: it needs to know no path. */
export function notedName(file: string): string {
  return `s${createHash('sha256').update(file).digest('hex').slice(0, 16)}`;
}
