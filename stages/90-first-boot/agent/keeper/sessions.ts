import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readIfThere } from '../device/look.ts';
import type { DevicePaths } from '../device/paths.ts';
import type { Phase } from '../door/protocol.ts';
import { writeDurably } from '../files/durable-file.ts';

/** `setup`: of the one who showed the code. `administrator`: opened with a password or a login link after the setup. */
export type SessionKind = 'setup' | 'administrator';

/** Open sessions: files in /run/hearth, so that they outlive the keeper, which comes and goes, but not the power. */
export interface Sessions {
  /** Opens a session and gives its token. There is one session of the setup: a new one ends the one before. */
  readonly open: (kind: SessionKind) => string;
  /** Tells whether the token is good in this phase, and if so keeps the session awake; only watching does not. */
  readonly use: (token: string, phase: Phase, isWatching?: boolean) => boolean;
  readonly close: (token: string) => void;
  /** Somebody with a session of the setup did something lately. */
  readonly isSetupAwake: () => boolean;
  /** Takes a one-time link, if it is good: of two who come at once, one gets it. */
  readonly redeem: (link: string) => boolean;
}

interface Session {
  /** Only the SHA-256 of the token is kept: the file opens nothing. */
  readonly digest: string;
  readonly kind: SessionKind;
  /** Milliseconds since the start of the device, as the next one. */
  readonly openedMs: number;
  readonly usedMs: number;
}

/** After this time without a word from it, the next one with the code takes the setup over. */
const awakeMs = 15 * 60_000;
/** How long an administrator stays in. */
const administratorMs = 12 * 60 * 60_000;
export const linkMs = 10 * 60_000;
/** The exact moment of the last use does not matter, and a write at each event would be many. */
const noteEveryMs = 20_000;
const maxSessions = 24;

/** The sessions of this device. Nothing is kept in memory: other processes see the same. */
export function openSessions(paths: DevicePaths, uptimeMs: () => number): Sessions {
  const file = paths.sessionsFile;
  return {
    open: (kind) => {
      const token = newSecret();
      const session = { digest: digestOf(token), kind, openedMs: uptimeMs(), usedMs: uptimeMs() };
      const others = readSessions(file).filter((one) => kind !== 'setup' || one.kind !== 'setup');
      writeSessions(file, [...others, session].slice(-maxSessions));
      return token;
    },
    use: (token, phase, isWatching = false) => {
      const all = readSessions(file);
      const digest = digestOf(token);
      const session = all.find((one) => one.digest === digest);
      if (session === undefined || !isGood(session, phase, uptimeMs())) return false;
      if (!isWatching && uptimeMs() - session.usedMs >= noteEveryMs)
        writeSessions(
          file,
          all.map((one) => (one === session ? { ...session, usedMs: uptimeMs() } : one)),
        );
      return true;
    },
    close: (token) => {
      const digest = digestOf(token);
      writeSessions(
        file,
        readSessions(file).filter((one) => one.digest !== digest),
      );
    },
    isSetupAwake: () =>
      readSessions(file).some((one) => one.kind === 'setup' && uptimeMs() - one.usedMs < awakeMs),
    redeem: (link) => redeemLink(paths, link, uptimeMs()),
  };
}

/**
 * Makes a link for one login, good for ten minutes: `hearthctl login` shows it. Runs as root, in any process. Gives the
 * secret part of the address.
 */
export function makeLoginLink(paths: DevicePaths, uptimeMs: number): string {
  const folder = linksFolder(paths);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  forgetOldLinks(folder, uptimeMs);
  const link = newSecret();
  // A file for each: this process and the keeper never write the same one.
  writeDurably(join(folder, digestOf(link)), String(uptimeMs + linkMs), 0o600);
  return link;
}

function isGood(session: Session, phase: Phase, uptimeMs: number): boolean {
  switch (phase) {
    case 'asking':
    case 'applying':
      return session.kind === 'setup';
    case 'complete':
      // Who has set up the device sees its page at once, without a login.
      return uptimeMs - session.openedMs < administratorMs;
    default:
      return false;
  }
}

function redeemLink(paths: DevicePaths, link: string, uptimeMs: number): boolean {
  const path = join(linksFolder(paths), digestOf(link));
  const goodUntilMs = Number(readIfThere(path) ?? 'NaN');
  if (!(uptimeMs < goodUntilMs)) return false;
  try {
    unlinkSync(path);
    return true;
  } catch {
    return false;
  }
}

function forgetOldLinks(folder: string, uptimeMs: number): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (!(uptimeMs < Number(readIfThere(path) ?? 'NaN'))) rmSync(path, { force: true });
  }
}

function linksFolder(paths: DevicePaths): string {
  return join(paths.runFolder, 'login-links');
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

function readSessions(file: string): readonly Session[] {
  const text = readIfThere(file);
  return text === undefined ? [] : (JSON.parse(text) as readonly Session[]);
}

function writeSessions(file: string, sessions: readonly Session[]): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  writeDurably(file, JSON.stringify(sessions), 0o600);
}
