import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';

/** What tells a process from all others that may share our cache folder: in other containers, on other machines. */
export interface Owner {
  readonly pid: number;
  /** When it started: clock ticks since the machine's start, field 22 of proc(5)'s stat. */
  readonly startTicks: number;
  readonly place: Place;
}

/** Where the number of a process has a meaning. */
export interface Place {
  /** Digest of the machine's id and name. */
  readonly machine: string;
  /** Digest of the id that a machine gets at each start. */
  readonly boot: string;
  /** Number of the pid namespace; 0 where it is not known. */
  readonly pidNamespace: number;
}

/** How certain it is that the process which made a file works no more. */
export type Verdict = 'running' | 'gone' | 'unknown';

/** Leftovers of processes that we can not see are removed after this time. */
export const unseenLifetimeMs = 24 * 60 * 60 * 1000;

/** The part of a draft's name that tells whose it is: `PID-START-PLACE`. */
export function ownerSuffix(owner: Owner = currentOwner()): string {
  const { machine, boot, pidNamespace } = owner.place;
  return `${owner.pid}-${owner.startTicks.toString(36)}-${machine}${boot}${pidNamespace.toString(36)}`;
}

/** The name of a running build's own folder: `work-PID-START-PLACE-TIME`. */
export function workFolderName(nowMs: number = Date.now()): string {
  return `work-${ownerSuffix()}-${nowMs.toString(36)}`;
}

/** Whose a draft or work folder is, by its name; undefined for other names and those of before that had a pid only. */
export function parseOwner(name: string): Owner | undefined {
  const pattern = /(?:\.draft-|^work-)(\d+)-([0-9a-z]+)-([0-9a-f]{6})([0-9a-f]{6})([0-9a-z]+)-[0-9a-z]+$/;
  const [, pid, start, machine, boot, namespace] = pattern.exec(name) ?? [];
  if (!pid || !start || !machine || !boot || !namespace) return undefined;
  const place = { machine, boot, pidNamespace: Number.parseInt(namespace, 36) };
  return { pid: Number(pid), startTicks: Number.parseInt(start, 36), place };
}

/** What can be said of a process from where we are. */
export async function judgeOwner(owner: Owner, here: Place = currentOwner().place): Promise<Verdict> {
  const { machine, boot, pidNamespace } = owner.place;
  if (machine !== here.machine) return 'unknown';
  // Processes end with the run of their machine.
  if (boot !== here.boot) return 'gone';
  if (pidNamespace !== here.pidNamespace) return 'unknown';
  return await judgeProcess(owner);
}

/** The fields of /proc/PID/stat that we use; undefined if it is not such a text. */
export function parseStat(text: string): { state: string; startTicks: number } | undefined {
  // The second field is the program's name in brackets, with any character in it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], Number(fields[19])];
  return state !== undefined && Number.isSafeInteger(startTicks) ? { state, startTicks } : undefined;
}

let owner: Owner | undefined;

/** Our own process. */
export function currentOwner(): Owner {
  owner ??= {
    pid: process.pid,
    startTicks: parseStat(readTextNow('/proc/self/stat'))?.startTicks ?? 0,
    place: {
      machine: machineDigest(),
      boot: digest(readTextNow('/proc/sys/kernel/random/boot_id')),
      pidNamespace: Number(/\d+/.exec(readLinkNow('/proc/self/ns/pid'))?.[0] ?? 0),
    },
  };
  return owner;
}

async function judgeProcess({ pid, startTicks }: Owner): Promise<Verdict> {
  // A /proc of another pid namespace has other numbers.
  const isProcOurs = readLinkNow('/proc/self') === String(process.pid);
  const text = isProcOurs ? await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '') : '';
  const stat = parseStat(text);
  if (!stat) return isAlive(pid) ? 'running' : 'gone';
  const isDead = stat.state === 'Z' || stat.state === 'X';
  return stat.startTicks === startTicks && !isDead ? 'running' : 'gone';
}

/** For processes that /proc hides from us (hidepid). */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Copies of one container image share a machine id, so the name counts too. A machine without an id is known for the
 * time of one run only: then nothing of an earlier run is taken for its own.
 */
function machineDigest(): string {
  const id = readTextNow('/etc/machine-id').trim();
  const isKnown = /^[0-9a-f]{32}$/.test(id);
  return digest(`${isKnown ? id : readTextNow('/proc/sys/kernel/random/boot_id')} ${hostname()}`);
}

function digest(text: string): string {
  return createHash('sha256').update(text.trim()).digest('hex').slice(0, 6);
}

function readTextNow(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readLinkNow(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
