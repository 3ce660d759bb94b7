import type { DoorCalls } from '../door/protocol.ts';
import { KeeperRefusal } from './refusal.ts';

/** The calls of the protocol and the two that are answered by a stream. */
export interface Asks extends Record<keyof DoorCalls, object> {
  readonly events: { readonly token: string; readonly after: number };
  readonly bundle: { readonly token: string };
}

/** Tells whether a value is what a part of a call must be. */
export type PartReader = (value: unknown) => boolean;

/** Which parts a call has. */
export type AskShape = Readonly<Record<string, PartReader>>;

/** 32 bytes in base64url. */
export const token: PartReader = textLike(/^[A-Za-z0-9_-]{43}$/);

/** Id of a topic or a step: it can be no path. */
export const id: PartReader = textLike(/^[a-z][a-z0-9-]{0,63}(\.[a-z0-9][a-z0-9-]{0,63}){0,3}$/);

/** An IP address as Node writes it, with the zone of a link-local one. */
export const address: PartReader = textLike(/^[0-9a-fA-F.:]{2,45}(%[A-Za-z0-9._-]{1,32})?$/);

/** A text of at most this many UTF-16 units; it may be empty. */
export function text(maxLength: number): PartReader {
  return (value) => isText(value) && value.length <= maxLength;
}

export function flag(value: unknown): boolean {
  return typeof value === 'boolean';
}

/** A whole number from 0 on. */
export function count(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Answers of a form: at most 64 texts by field name. */
export function formValues(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= 64 &&
    entries.every(([name, one]) => /^[A-Za-z][A-Za-z0-9]{0,63}$/.test(name) && isText(one))
  );
}

/** Reads the body of a call. Throws KeeperRefusal `bad` unless it is an object with exactly these parts. */
export function readAsk(body: Buffer, shape: AskShape): Readonly<Record<string, unknown>> {
  const value = parseJson(body);
  if (!isPlainObject(value)) throw new KeeperRefusal('bad', 'no JSON object');
  // Own keys only: a part called __proto__ is one of them, and no shape has it.
  const names = Object.keys(value);
  if (names.length !== Object.keys(shape).length) throw new KeeperRefusal('bad', 'wrong number of parts');
  for (const name of names) {
    const reader = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (reader?.(value[name]) !== true) throw new KeeperRefusal('bad', 'a part that the call does not have');
  }
  return value;
}

/** Half a surrogate pair can't be written to a file as it is. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && !/\p{Cs}/u.test(value);
}

function textLike(pattern: RegExp): PartReader {
  return (value) => typeof value === 'string' && pattern.test(value);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new KeeperRefusal('bad', 'no JSON');
  }
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
