import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalText } from '../text/local-text.ts';

/** One file of /usr/lib/hearth/services.d: a service that a stage wants to see on the page. */
export interface ServiceEntry {
  readonly name: LocalText;
  /** A systemd unit with its suffix. */
  readonly unit: string;
  readonly description: LocalText;
}

export interface ServiceEntries {
  readonly entries: readonly ServiceEntry[];
  /** One sentence for each file that could not be used. */
  readonly problems: readonly string[];
}

// A leading "-" would be an option for systemctl.
const unitName = /^[A-Za-z0-9_@][A-Za-z0-9_.:@\\-]{0,250}\.(service|socket|mount|timer|path|target)$/;

/** Reads all entries in the order of their file names. A broken file costs one service, not the page. */
export function readServiceEntries(folder: string): ServiceEntries {
  const entries: ServiceEntry[] = [];
  const problems: string[] = [];
  for (const file of listFiles(folder)) {
    try {
      const value: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      if (isServiceEntry(value)) entries.push(value);
      else problems.push(`${file}: needs name, unit and description`);
    } catch (error) {
      problems.push(`${file}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { entries, problems };
}

function listFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort();
  } catch {
    return [];
  }
}

function isServiceEntry(value: unknown): value is ServiceEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { name, unit, description } = value as Record<string, unknown>;
  return isLocalText(name) && isLocalText(description) && typeof unit === 'string' && unitName.test(unit);
}

function isLocalText(value: unknown): value is LocalText {
  if (typeof value === 'string') return value !== '';
  if (typeof value !== 'object' || value === null) return false;
  return 'en' in value && Object.values(value).every((text) => typeof text === 'string' && text !== '');
}
