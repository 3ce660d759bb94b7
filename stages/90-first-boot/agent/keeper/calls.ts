import type { Readable } from 'node:stream';
import type { DoorCalls, Phase } from '../door/protocol.ts';
import { supportBundle } from '../support/bundle.ts';
import { save, skip } from './answers.ts';
import { apply, retry } from './apply.ts';
import { claim } from './claim.ts';
import { runDoctor } from './doctor.ts';
import { eventStream } from './events-stream.ts';
import { hello } from './hello.ts';
import { join } from './join.ts';
import type { Keeper } from './keeper.ts';
import { login, logout, redeem } from './login.ts';
import { noted } from './noted.ts';
import { reboot, reset } from './power.ts';
import { type AskShape, address, count, flag, formValues, id, text, token } from './read-ask.ts';
import { status } from './status.ts';
import { skipStep, stepLog } from './steps.ts';
import { topicViews } from './topics.ts';

/** One call: what must be in it, when it is allowed, and who does it. */
export interface CallEntry {
  readonly shape: AskShape;
  /** A call with a token is only for a session that is good in the phase. Undefined: every phase. */
  readonly phases?: readonly Phase[];
  readonly run: (keeper: Keeper, ask: never) => object | Promise<object>;
}

type EntryFor<Name extends keyof DoorCalls> = Omit<CallEntry, 'run'> & {
  readonly run: (
    keeper: Keeper,
    ask: DoorCalls[Name]['ask'],
  ) => DoorCalls[Name]['answer'] | Promise<DoorCalls[Name]['answer']>;
};

const claimed: readonly Phase[] = ['asking', 'applying', 'complete'];
const applied: readonly Phase[] = ['applying', 'complete'];

const plain: { readonly [Name in keyof DoorCalls]: EntryFor<Name> } = {
  hello: { shape: {}, run: hello },
  claim: { shape: { address, credential: text(512) }, run: claim },
  login: { shape: { address, name: text(256), password: text(512) }, run: login },
  redeem: { shape: { address, link: text(128) }, run: redeem },
  logout: { shape: { token }, run: logout },
  join: {
    shape: {
      address,
      credential: text(512),
      country: text(64),
      network: text(256),
      password: text(512),
      evenWithoutInternet: flag,
    },
    run: join,
  },
  topics: {
    shape: { token },
    phases: claimed,
    run: async (keeper) => ({ topics: await topicViews(keeper) }),
  },
  // Which of them are allowed while a run stands still, they know themselves.
  save: { shape: { token, topic: id, values: formValues }, phases: claimed, run: save },
  skip: { shape: { token, topic: id }, phases: claimed, run: skip },
  apply: { shape: { token }, phases: ['asking'], run: apply },
  retry: { shape: { token }, phases: applied, run: retry },
  skipStep: { shape: { token, step: id }, phases: applied, run: skipStep },
  stepLog: { shape: { token, step: id }, phases: claimed, run: stepLog },
  status: { shape: { token }, phases: ['complete'], run: status },
  doctor: {
    shape: { token },
    phases: claimed,
    run: async ({ context }) => ({ results: await runDoctor(context) }),
  },
  noted: { shape: { token, secret: id }, phases: ['complete'], run: noted },
  reboot: { shape: { token }, phases: claimed, run: reboot },
  reset: { shape: { token, name: text(256) }, phases: claimed, run: reset },
};

const streams: Readonly<Record<string, CallEntry & { readonly type: string }>> = {
  events: {
    type: 'application/jsonl',
    shape: { token, after: count },
    phases: claimed,
    run: eventStream,
  },
  bundle: {
    type: 'application/gzip',
    shape: { token },
    phases: claimed,
    run: ({ context }: Keeper): Readable => supportBundle(context),
  },
};

/** All calls by their name. A map: a name from outside must not find what every object has. */
export const calls: ReadonlyMap<string, CallEntry & { readonly type?: string }> = new Map<
  string,
  CallEntry & { readonly type?: string }
>([...Object.entries(plain), ...Object.entries(streams)]);
