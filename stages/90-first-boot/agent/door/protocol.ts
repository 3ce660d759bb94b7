import type { CheckResult, Choice, FieldProblem, Values } from '../setup/define.ts';
import type { LocalText } from '../text/local-text.ts';

/**
 * What the web process may ask of the keeper, the only process it can reach: HTTP over the unix socket
 * /run/hearth/keeper.sock, POST /CALL with a JSON object, answered by a JSON object. The keeper trusts nothing in it.
 *
 * Status 200: the answer below. 401 `{"refused":"session"}`: the token is unknown or over. 409 `{"refused":"phase"}`: not in
 * this phase. 400: no valid call.
 */
export interface DoorCalls {
  /** For everybody. Tells nothing of the device but what the start page must say. */
  readonly hello: Call<Record<never, never>, Greeting>;
  /** Opens a session with the setup code, or the password of an administrator that the card brought. */
  readonly claim: Call<{ readonly address: string; readonly credential: string }, Admission>;
  /** Opens a session after the setup. */
  readonly login: Call<
    { readonly address: string; readonly name: string; readonly password: string },
    Admission
  >;
  /** The one-time link of `hearthctl login`. */
  readonly redeem: Call<{ readonly address: string; readonly link: string }, Admission>;
  readonly logout: Call<WithToken, Done>;
  /**
   * From the setup hotspot, whose windows keep no cookies: one form with code and network. Opens no session. The hotspot
   * goes off, and comes back with `Greeting.hotspot.failure` if the network can't be joined.
   */
  readonly join: Call<JoinWish, JoinAnswer>;
  readonly topics: Call<WithToken, { readonly topics: readonly TopicView[] }>;
  /** Keeps the answers to one topic if nothing is wrong with them. A secret that is absent stays as it was. */
  readonly save: Call<WithToken & { readonly topic: string; readonly values: Values }, Problems>;
  readonly skip: Call<WithToken & { readonly topic: string }, Problems>;
  /** Starts the applier with the answers so far; required topics must be answered. */
  readonly apply: Call<WithToken, Problems>;
  /** Tries the failed step again. */
  readonly retry: Call<WithToken, Done>;
  /** Goes on without the failed step, if it is optional. */
  readonly skipStep: Call<WithToken & { readonly step: string }, Problems>;
  /** The last lines (at most 400) of what a step printed, without secrets. */
  readonly stepLog: Call<WithToken & { readonly step: string }, { readonly text: string }>;
  readonly status: Call<WithToken, StatusView>;
  /** Runs all checks of the doctor: some seconds. */
  readonly doctor: Call<WithToken, { readonly results: readonly DoctorResult[] }>;
  /** The owner has noted the secret of a link: it is removed. `secret` is what the status calls `noted`. */
  readonly noted: Call<WithToken & { readonly secret: string }, Done>;
  readonly reboot: Call<WithToken, Done>;
  /** `name` must be the device's: proof that the owner means it. */
  readonly reset: Call<WithToken & { readonly name: string }, Problems>;
}

/*
 * Two more, answered by a stream:
 *   POST /events {token, after}  lines of JSON (SetupEvent) with an id above `after`, then each new one; `{}` every 10 s
 *   POST /bundle {token}         the support bundle, a .tar.gz
 */

interface Call<Ask, Answer> {
  readonly ask: Ask;
  readonly answer: Answer;
}

export interface WithToken {
  readonly token: string;
}

export type Done = Record<never, never>;

export interface Problems {
  /** Empty: it was done. */
  readonly problems: readonly FieldProblem[];
}

/**
 * `unclaimed`: nobody has shown the code. `asking`: claimed, questions open. `applying`: the answers are being applied.
 * `complete`: set up; only the administrator gets in. `resetting`: a factory reset waits for the restart.
 */
export type Phase = 'unclaimed' | 'asking' | 'applying' | 'complete' | 'resetting';

export interface Greeting {
  readonly phase: Phase;
  /** Seconds until the claim window closes; 0: closed, until the power is switched off and on. */
  readonly windowSeconds: number;
  /** A password of an administrator is accepted too. */
  readonly acceptsPassword: boolean;
  /** Language that the owner chose (BCP 47), if one is known. */
  readonly language?: string;
  readonly hotspot?: HotspotView;
}

export type Admission =
  | { readonly result: 'granted'; readonly token: string }
  | { readonly result: 'wrong' }
  /** Too many wrong ones. */
  | { readonly result: 'limited'; readonly retrySeconds: number }
  /** Somebody else is in, and was active in the last 15 minutes. */
  | { readonly result: 'taken' }
  /** The hour is over. */
  | { readonly result: 'closed' }
  /** Not in this phase: a claim after the setup, a login before it. */
  | { readonly result: 'over' };

/** What the setup hotspot knows; there while it is on. */
export interface HotspotView {
  /** Scanned before the hotspot began, strongest first. */
  readonly networks: readonly {
    readonly name: string;
    readonly isSecured: boolean;
    readonly strength: number;
  }[];
  /** Why the last try failed, and with which network. */
  readonly failure?: {
    readonly network: string;
    readonly reason: 'wrongPassword' | 'notFound' | 'noAddress' | 'noInternet' | 'other';
  };
  /** Wi-Fi country that is set (ISO 3166), to stand in the form. */
  readonly country: string;
}

export interface JoinWish {
  readonly address: string;
  readonly credential: string;
  readonly country: string;
  readonly network: string;
  readonly password: string;
  /** Stay in the network even if it has no way to the Internet. */
  readonly evenWithoutInternet: boolean;
}

export type JoinAnswer =
  | { readonly result: 'joining' }
  | { readonly result: 'problems'; readonly problems: readonly FieldProblem[] }
  | Exclude<Admission, { readonly result: 'granted' }>;

export interface FieldView {
  readonly name: string;
  readonly kind: 'text' | 'secret' | 'choice';
  readonly label: LocalText;
  readonly help?: LocalText;
  readonly isOptional: boolean;
  readonly autocomplete?: string;
  readonly maxLength?: number;
  readonly lines?: number;
  readonly inputMode?: string;
  readonly isNew?: boolean;
  readonly suggestions?: readonly string[];
  readonly choices?: readonly Choice[];
  /** What stands in the field: the answer, else the prefill. Never for a secret. */
  readonly value?: string;
  /** A secret: whether there is one. */
  readonly isSet?: boolean;
}

export interface TopicView {
  readonly id: string;
  readonly title: LocalText;
  readonly short: LocalText;
  readonly text?: LocalText;
  readonly isOptional: boolean;
  readonly state: 'open' | 'answered' | 'skipped';
  /** `card`: a file on the card gave the answers. */
  readonly from?: 'page' | 'card';
  readonly fields: readonly FieldView[];
}

/** One line of the event log. Ids begin at 1 and grow by one; `run` counts the runs of the applier since the last reset. */
export type SetupEvent = { readonly id: number; readonly time: string; readonly run: number } & (
  | { readonly type: 'runStarted'; readonly steps: readonly PlannedStep[] }
  | { readonly type: 'stepStarted'; readonly step: string }
  | {
      readonly type: 'stepProgress';
      readonly step: string;
      /** 0 to 1. */
      readonly fraction: number;
      readonly note?: LocalText;
    }
  | { readonly type: 'stepFinished'; readonly step: string; readonly seconds: number }
  | {
      readonly type: 'stepFailed';
      readonly step: string;
      readonly why: LocalText;
      readonly todo?: LocalText;
      readonly isOptional: boolean;
    }
  | { readonly type: 'stepSkipped'; readonly step: string }
  /** `goOn`: a restart or a retry continues the same run. */
  | { readonly type: 'goOn' }
  | { readonly type: 'runFinished' }
  /** A step failed, and nothing else can be done before the owner decides. */
  | { readonly type: 'runFailed' }
);

export interface PlannedStep {
  readonly id: string;
  readonly title: LocalText;
  readonly seconds: number;
}

export interface StatusView {
  readonly hostname: string;
  readonly addresses: readonly {
    readonly url: string;
    readonly medium: 'name' | 'cable' | 'wifi' | 'other';
  }[];
  readonly services: readonly {
    readonly name: LocalText;
    readonly description: LocalText;
    readonly state: 'running' | 'starting' | 'off' | 'failed' | 'unknown';
  }[];
  readonly links: readonly {
    readonly title: LocalText;
    readonly text?: LocalText;
    readonly address: string;
    readonly secret?: {
      readonly label: LocalText;
      readonly value: string;
      /** It is shown until the owner has noted it: its name for the call `noted`. */
      readonly noted?: string;
    };
  }[];
  readonly disks: readonly {
    readonly name: LocalText;
    readonly sizeBytes: number;
    readonly freeBytes: number;
    /** What the kernel says of the card: wear or errors; undefined if it says nothing. */
    readonly health?: CheckResult;
  }[];
  readonly updates: {
    /** Packages that are waiting; undefined: not known. */
    readonly waiting?: number;
    /** ISO 8601; undefined: never. */
    readonly lastLook?: string;
    readonly needsRestart: boolean;
  };
  readonly topics: readonly TopicView[];
  readonly release: { readonly version: string; readonly image: string; readonly date: string };
  /** Applying an answer that was changed afterwards. */
  readonly isApplying: boolean;
}

export interface DoctorResult extends CheckResult {
  readonly id: string;
  readonly title: LocalText;
  readonly stage: string;
}
