import type { Door } from '../door/client.ts';
import type { Greeting } from '../door/protocol.ts';
import type { Topic } from '../setup/define.ts';
import type { Form } from './form-body.ts';
import type { Frame } from './frame.ts';
import type { OwnNames } from './host-header.ts';

/** What the web process knows of the device, and all that it can do with it. */
export interface WebDoors {
  /** The names and addresses of the device as they are now: a step may change the name. */
  readonly ownNames: () => OwnNames;
  readonly door: Door;
  /** For what the web process does itself: live checks, and which fields depend on others. */
  readonly topics: readonly Topic[];
  readonly report: (problem: string) => void;
}

/** One request that is well-formed and came to one of the device's own names. */
export interface Visit {
  readonly doors: WebDoors;
  readonly greeting: Greeting;
  readonly frame: Frame;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query: URLSearchParams;
  /** Of a POST; empty else. */
  readonly form: Form;
  /** Has the shape of a session's token; only the keeper knows whether it is one. */
  readonly token: string | undefined;
  /** The visitor's IP address. */
  readonly address: string;
  /** The Host header as the browser sent it. */
  readonly host: string;
  /** Of an event stream that was cut off. 0: from the beginning. */
  readonly lastEventId: number;
  /** Aborted when the visitor is gone. */
  readonly signal: AbortSignal;
}
