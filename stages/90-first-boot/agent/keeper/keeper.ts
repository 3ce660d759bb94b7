import { hostname, uptime } from 'node:os';
import type { AgentContext } from '../context.ts';
import type { Phase } from '../door/protocol.ts';
import { phaseOf } from '../store/setup-store.ts';
import { keepBriefly } from '../web/keep-briefly.ts';
import { describeError } from './describe-error.ts';
import { type InTurn, inTurn } from './in-turn.ts';
import { openTries, type Tries } from './rate-limit.ts';
import { openSessions, type Sessions } from './sessions.ts';
import { openTopicLook, type TopicLook } from './topic-look.ts';
import { openUpdateLook, type UpdateLook } from './updates.ts';

/** What all calls work with. */
export interface Keeper {
  readonly context: AgentContext;
  /** Milliseconds since the start of the device; a clock that never jumps. */
  readonly uptimeMs: () => number;
  readonly phase: () => Phase;
  readonly tries: Tries;
  readonly sessions: Sessions;
  readonly topicLook: TopicLook;
  readonly updateLook: UpdateLook;
  /** Work that must not run twice at once: exchanges of what can be shown only once. */
  readonly inTurn: InTurn;
  /** Somebody has a password. Everybody may ask: looked at briefly kept. */
  readonly acceptsPassword: () => Promise<boolean>;
}

/** A keeper of this device. */
export function makeKeeper(context: AgentContext, uptimeMs: () => number = uptimeOfDevice): Keeper {
  return {
    context,
    uptimeMs,
    phase: () => phaseOf(context.paths),
    tries: openTries(context.paths.triesFile, uptimeMs),
    sessions: openSessions(context.paths, uptimeMs),
    topicLook: openTopicLook(context),
    updateLook: openUpdateLook(context),
    inTurn: inTurn(),
    acceptsPassword: keepBriefly(() => isAnyPossible(context), 2_000),
  };
}

/** The name as it is now: a step may have changed it since this process started. */
export function nameOfDevice({ look }: Pick<AgentContext, 'look'>): string {
  return look.read('/etc/hostname')?.trim() || hostname();
}

/** Milliseconds since the start of the device, the clock of sessions and login links. */
export function uptimeOfDevice(): number {
  return Math.round(uptime() * 1000);
}

async function isAnyPossible({ setups, look, report }: AgentContext): Promise<boolean> {
  for (const signIn of setups.signIns) {
    try {
      if (await signIn.isPossible(look)) return true;
    } catch (error) {
      report(`can not tell whether a password is set: ${describeError(error)}`);
    }
  }
  return false;
}
