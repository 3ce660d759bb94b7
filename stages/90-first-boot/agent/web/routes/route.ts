import type { Phase } from '../../door/protocol.ts';
import type { Reply } from '../reply.ts';
import type { Visit } from '../visit.ts';

/** One page, or one thing that can be done. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** The whole path; `*` at the end stands for one name. */
  readonly path: string;
  readonly phases?: readonly Phase[];
  /** Needs no session, and its form no token: the secret in the form itself is the proof. */
  readonly isOpen?: boolean;
  readonly answer: (visit: Visit, name: string) => Promise<Reply>;
}
