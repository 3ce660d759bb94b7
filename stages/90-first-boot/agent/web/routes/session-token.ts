import { DoorRefusal } from '../../door/client.ts';
import type { Visit } from '../visit.ts';

/** The token of a route that is only for sessions. */
export function tokenOf({ token }: Visit): string {
  if (token === undefined) throw new DoorRefusal('session', 'no session');
  return token;
}
