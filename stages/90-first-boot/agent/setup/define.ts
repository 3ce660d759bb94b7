import type { DeviceLook, DeviceTask, StepTask } from '../device/door.ts';
import type { LocalText } from '../text/local-text.ts';

/** The answers of one topic by field name. Every value is a text; a choice's is its `value`. Absent: not given. */
export type Values = Readonly<Record<string, string>>;

/** What the owner said to one topic. */
export type TopicAnswer =
  | { readonly state: 'answered'; readonly values: Values }
  | { readonly state: 'skipped' };

/** All answers so far, by topic id. */
export type Answers = Readonly<Record<string, TopicAnswer>>;

/** What is wrong with the answer to one field; without `field` it is about the whole topic. */
export interface FieldProblem {
  readonly field?: string;
  readonly message: LocalText;
}

interface FieldBase {
  /** Key in hearth.yaml and in the form: letters and digits, camelCase, unique in its topic. */
  readonly name: string;
  readonly label: LocalText;
  readonly help?: LocalText;
  /** May be left empty. */
  readonly isOptional?: boolean;
  /** `file`: never asked on a page, only a file on the card can give it (a ready-made password hash). */
  readonly source?: 'page' | 'file';
  /** The field is asked only while this holds for the topic's other values. Pages without scripts show it always. */
  readonly onlyIf?: (values: Values) => boolean;
  /** Gives what is wrong with a value that is not empty, or undefined. Runs in the web process and again as root. */
  readonly validate?: (value: string, values: Values) => LocalText | undefined;
  /** HTML autocomplete token (WCAG 1.3.5): `username`, `new-password`, `off` … */
  readonly autocomplete?: string;
}

export interface TextField extends FieldBase {
  readonly kind: 'text';
  readonly maxLength: number;
  /** More than 1: a box of that many lines. */
  readonly lines?: number;
  /** Never shown again, never in a log: only "set" or "not set". For texts that are secret but not typed as a password. */
  readonly isSecret?: boolean;
  readonly inputMode?: 'text' | 'email' | 'url' | 'numeric';
  /** What stands in the field before the owner writes. */
  readonly prefill?: (device: DeviceLook) => Promise<string | undefined>;
  /** Offered while typing (networks in range). */
  readonly suggestions?: (device: DeviceLook) => Promise<readonly string[]>;
}

export interface SecretField extends FieldBase {
  readonly kind: 'secret';
  readonly maxLength: number;
  /** Name of the field that it is the secret of: another value there forgets the kept secret (another Wi-Fi network). */
  readonly belongsTo?: string;
  /** A password that is being made up here (autocomplete `new-password`), not one that exists already. */
  readonly isNew: boolean;
}

export interface Choice {
  readonly value: string;
  readonly label: LocalText;
  readonly help?: LocalText;
}

export interface ChoiceField extends FieldBase {
  readonly kind: 'choice';
  /** Up to seven are radio buttons, more are a list to choose from. */
  readonly choices: readonly Choice[] | ((device: DeviceLook) => Promise<readonly Choice[]>);
  readonly prefill?: (device: DeviceLook) => Promise<string | undefined>;
}

export type Field = TextField | SecretField | ChoiceField;

/**
 * What an exchange gave: the answers to keep instead, or why there are none. `others`: answers to other topics (from a
 * backup); those are filled in that are still open and fit.
 */
export type Exchanged =
  | { readonly values: Values; readonly others?: Answers }
  | { readonly problems: readonly [FieldProblem, ...FieldProblem[]] };

/** One page of the setup: one subject. Its answers stand in hearth.yaml under its id. */
export interface Topic {
  /** `[a-z][a-z-]*`, unique over all stages: the key in hearth.yaml and the address /setup/ID. */
  readonly id: string;
  /** Place among the topics of all stages, ascending. The system has 0 to 99, services 100 and more. */
  readonly order: number;
  /** The heading of the page, as a question: "What shall the device be called?" */
  readonly title: LocalText;
  /** The name in lists: "Name of the device". */
  readonly short: LocalText;
  readonly text?: LocalText;
  /** Can be skipped and done later. */
  readonly isOptional: boolean;
  readonly fields: readonly Field[];
  /** What only several fields together show ("a password or a key"). */
  readonly validate?: (values: Values, answers: Answers) => readonly FieldProblem[];
  /**
   * Asks the world whether the answers can work, before they are kept. Runs in the web process, without rights;
   * `signal` ends it after ten seconds. What it can't find out is no problem. `others` has the answers to the other topics,
   * without their secrets.
   */
  readonly liveCheck?: (
    values: Values,
    signal: AbortSignal,
    others?: Answers,
  ) => Promise<readonly FieldProblem[]>;
  /**
   * Turns an answer that lives for minutes (a claim code) into one that lasts, when the topic is saved and nothing is
   * wrong with it: what this gives is checked once more and kept. Runs in the keeper, which may read but change nothing;
   * one at a time, `signal` ends it after twenty seconds. Called at each save, so it first looks whether there is anything
   * to do. A file on the card does not pass here: a step has to do it then.
   */
  readonly exchange?: (values: Values, device: DeviceLook, signal: AbortSignal) => Promise<Exchanged>;
  /**
   * Id of a topic with a lower order that this one belongs to: it is asked only while that one is answered, and counts as
   * skipped until then. Such a topic is optional.
   */
  readonly onlyWith?: string;
  /** False on a device where the topic makes no sense (no Wi-Fi hardware): it is not asked. */
  readonly isAvailable?: (device: DeviceLook) => Promise<boolean>;
}

/** Something the device does with the answers, as root. Must be safe to run again after a power cut at any moment. */
export interface SetupStep {
  /** `[a-z][a-z0-9.-]*`, unique over all stages: `system.hostname`. Name of its stamp. */
  readonly id: string;
  /** Place among the steps of all stages, ascending. */
  readonly order: number;
  /** What is being done, for the progress page: "Naming the device". */
  readonly title: LocalText;
  /**
   * Ids of the topics it depends on. It runs when all of them are answered or skipped and at least one is answered, and
   * again when one of them changes.
   */
  readonly uses: readonly string[];
  /** Names of artifacts that must be on the device before it runs: what the image does not have is fetched first. */
  readonly needs?: readonly string[];
  /** Waits until the device is claimed, also when a file on the card gave its answers: it opens the device to others. */
  readonly afterClaim?: boolean;
  /** How long it takes on a Pi 4, in seconds: its weight in the progress. */
  readonly seconds: number;
  /** The owner may go on without it when it fails. */
  readonly isOptional?: boolean;
  /** Raise it when the same answers give another result. Default 1. */
  readonly version?: number;
  readonly run: (task: StepTask) => Promise<void>;
  /**
   * Factory reset: takes back what `run` did, also half of it or nothing, and again after a power cut. It runs early at the
   * start of the device: no network, no NetworkManager and no service of a stage runs yet, so it changes files and uses
   * programs that need no daemon (`nmcli --offline`, `userdel`, `systemctl disable` without `--now`). At most two minutes.
   */
  readonly undo?: (task: StepTask) => Promise<void>;
}

export interface CheckResult {
  readonly state: 'good' | 'warning' | 'bad';
  /** What it means for the owner. */
  readonly meaning: LocalText;
  /** What to do about it; needed unless good. */
  readonly todo?: LocalText;
}

/** One look of the doctor. */
export interface DoctorCheck {
  /** Unique over all stages: `system.disk`. */
  readonly id: string;
  readonly title: LocalText;
  readonly run: (device: DeviceLook) => Promise<CheckResult>;
}

/** A way to a service for the status page. */
export interface ServiceLink {
  readonly title: LocalText;
  readonly text?: LocalText;
  /** An address to open, or to type elsewhere (`smb://hearth.local/media`). Undefined: there is none with these answers. */
  readonly address: (answers: Answers, hostname: string) => string | undefined;
  /** What belongs to that address and has to be typed elsewhere. Only administrators see it, when they unfold it. */
  readonly secret?: {
    readonly label: LocalText;
    /** Undefined: there is none yet. */
    readonly read: (device: DeviceLook) => string | undefined;
    /**
     * A file in a folder of /var/lib/hearth that holds nothing but this secret. The page then asks whether the owner has
     * noted it, and the keeper removes the file: `read` must give undefined from then on.
     */
    readonly noted?: string;
  };
}

/** A service of the status page that is no unit of systemd. Services that are units stand in /usr/lib/hearth/services.d. */
export interface ServiceState {
  readonly name: LocalText;
  readonly description: LocalText;
  /** Runs in the keeper for each view of the page: a second at most, without starting a program. Undefined: not shown. */
  readonly look: (
    device: DeviceLook,
  ) => Promise<'running' | 'starting' | 'off' | 'failed' | 'unknown' | undefined>;
}

/** A command of hearthctl that belongs to a service: `hearthctl NAME ARGS`. */
export interface StageCommand {
  /** `[a-z][a-z-]*`, unique over all stages and none of hearthctl's own. */
  readonly name: string;
  /** One line for `hearthctl --help`, English. */
  readonly summary: string;
  /** What `hearthctl NAME --help` prints: usage, options, examples. English. */
  readonly help: string;
  /**
   * Runs as root. Gives the exit code: 0 done, 1 failed, 2 wrong usage, 3 not possible now or here. A StepFailure that it
   * throws is told to the person and gives 1.
   */
  readonly run: (call: StageCall) => Promise<number>;
}

/** What a command of a stage is called with. */
export interface StageCall {
  /** The words after the name, as they were typed. */
  readonly args: readonly string[];
  /** Its signal is aborted by SIGINT and SIGTERM. */
  readonly device: DeviceTask;
  /** All answers, secrets too. */
  readonly answers: Answers;
  /** One line on standard output. */
  readonly say: (line: string) => void;
  /** One line on standard error. */
  readonly complain: (line: string) => void;
  /** Asks a question that is answered with yes or no. False if nobody can answer: offer an option for scripts. */
  readonly confirm: (question: string) => Promise<boolean>;
  /** Somebody can answer. */
  readonly isTerminal: boolean;
  /** Language of the person (BCP 47). */
  readonly language: string;
  /** Does work during which no step of the setup may run. Throws a StepFailure if one does, or another such command. */
  readonly alone: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

/** Who may open the setup page and the status page with a password. */
export interface SignIn {
  /** True if somebody has a password. */
  readonly isPossible: (device: DeviceLook) => Promise<boolean>;
  /** Checks a password; without a name, of any administrator. */
  readonly verify: (
    device: DeviceLook,
    who: { readonly name?: string; readonly password: string },
  ) => Promise<boolean>;
}

/** What a part of a backup has in hand. A StepTask is one, so that a step can call the same functions. */
export interface BackupTask extends DeviceTask {
  /** The answers to any topic; undefined if it was skipped or is open. */
  readonly answers: (topic: string) => Values | undefined;
}

/** A folder of the device that goes into the backup as it is (uploaded pictures): read while the archive is written. */
export interface BackupTree {
  /** `[a-z][a-z0-9-]*`, unique in its part. */
  readonly name: string;
  /** `/srv/hearth/mastodon/system`. A folder that is not there is an empty one. */
  readonly path: string;
}

/**
 * Something that a stage wants in each backup. What the parts of a backup gave lies in a restore in
 * /var/lib/hearth/restore/ID: the files that `save` wrote, and each tree as a folder with its name, with the owners (by
 * number) and modes of before. A step that sets the same thing up on a fresh device looks there first and takes it over.
 */
export interface BackupPart {
  /** `[a-z][a-z0-9-]*`, unique over all stages: `postgres`. */
  readonly id: string;
  readonly title: LocalText;
  /** Place among the parts of all stages, ascending: saved and restored in this order. */
  readonly order: number;
  /** False on a device that has nothing of it: it is left out. */
  readonly isPresent: (device: DeviceLook) => boolean | Promise<boolean>;
  /**
   * Writes plain files into the empty folder (a path of the device, only for root). What can be large and is only copied
   * is a tree instead. Throws StepFailure if it can not: then there is no backup.
   */
  readonly save: (task: BackupTask, folder: string) => Promise<void>;
  /** How many bytes `save` will write at most, roughly; looked at before the backup begins. */
  readonly sizeBytes?: (device: DeviceLook) => Promise<number>;
  readonly trees?: (device: DeviceLook) => readonly BackupTree[];
  /**
   * Proves that the saved files (without trees) can be used, for real, without touching what runs: into a scratch database
   * that is dropped again. Throws StepFailure if not.
   */
  readonly verify?: (task: BackupTask, folder: string) => Promise<void>;
  /** Before a restore on a running device changes anything: stops what must not run meanwhile. In descending order. */
  readonly pause?: (task: BackupTask) => Promise<void>;
  /**
   * Puts what lies in the folder in the place of what is on the device, on a device that is set up; safe to run again after
   * a power cut anywhere. On a fresh device the stage's own steps do this.
   */
  readonly restore: (task: BackupTask, folder: string) => Promise<void>;
  /** Ids of the steps that are done again after `restore`: they start again what `pause` stopped. */
  readonly steps?: readonly string[];
}

/** What one stage adds to the setup, in its setup.ts. The agent knows no service but by this. */
export interface StageSetup {
  readonly topics?: readonly Topic[];
  readonly steps?: readonly SetupStep[];
  readonly checks?: readonly DoctorCheck[];
  readonly links?: readonly ServiceLink[];
  readonly services?: readonly ServiceState[];
  readonly commands?: readonly StageCommand[];
  readonly signIn?: SignIn;
  readonly backups?: readonly BackupPart[];
}

/** A stage of this image with its setup.ts. */
export interface CollectedSetup extends StageSetup {
  /** `30-samba` */
  readonly stage: string;
}

/** Declares what a stage adds to the setup. */
export function defineSetup(setup: StageSetup): StageSetup {
  return setup;
}
