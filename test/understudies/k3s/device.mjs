import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const env = process.env;
export const at = (path) => join(env.HEARTH_UNDERSTUDY_ROOT ?? '/', path);
export const read = (path) => (existsSync(at(path)) ? readFileSync(at(path), 'utf8') : undefined);
export const log = (text) => process.stderr.write(`${text}\n`);
export const say = (text) => process.stdout.write(text);

/** Refused for a reason that a person can read. */
export class Refusal extends Error {}
export const refuse = (why) => {
  throw new Refusal(why);
};

export function keep(path, text, mode) {
  mkdirSync(at(dirname(path)), { recursive: true });
  writeFileSync(at(path), text, { mode });
}
