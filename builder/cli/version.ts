import { readFileSync } from 'node:fs';

/** Hearth's version, from package.json. */
export function readVersion(): string {
  const text = readFileSync(`${import.meta.dirname}/../../package.json`, 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
