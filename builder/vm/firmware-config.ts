import { HearthError } from '../errors/hearth-error.ts';
import type { PiModel } from './board.ts';

/** A line of config.txt that the firmware of one model obeys. */
export interface FirmwareSetting {
  readonly key: string;
  readonly value: string;
  readonly file: string;
  readonly line: number;
  /** The line as written, for messages. */
  readonly text: string;
}

/** The firmware drops what stands behind this column. */
const longestLine = 98;

/**
 * Reads config.txt as the firmware of `model` does: sections filter the lines below them, the last value wins.
 * `readInclude` gives the text of a file named by an `include` line, undefined if it is missing.
 * Throws ERR_IMAGE_INVALID for what the firmware would silently drop or misread.
 */
export function readFirmwareConfig(
  text: string,
  model: PiModel,
  readInclude: (name: string) => string | undefined = () => undefined,
): readonly FirmwareSetting[] {
  return readLines('config.txt', text, { model, readInclude, depth: 0 });
}

/** The setting that counts: the last one with this key. */
export function lastSetting(settings: readonly FirmwareSetting[], key: string): FirmwareSetting | undefined {
  return settings.findLast((setting) => setting.key === key);
}

/** "config.txt line 7: kernel=vmlinuz" */
export function describeSetting(setting: FirmwareSetting): string {
  return `${setting.file} line ${setting.line}: ${setting.text}`;
}

interface Reading {
  readonly model: PiModel;
  readonly readInclude: (name: string) => string | undefined;
  readonly depth: number;
}

function readLines(file: string, text: string, reading: Reading): readonly FirmwareSetting[] {
  const settings: FirmwareSetting[] = [];
  let filters: Filters = allHardware;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const at = { file, line: index + 1, text: raw.trim() };
    if (at.text === '' || at.text.startsWith('#')) continue;
    if (raw.length > longestLine) {
      throw invalidLine(
        at,
        `The firmware reads ${longestLine} characters of a line; this one has ${raw.length}.`,
      );
    }
    if (at.text.startsWith('[')) filters = applyFilter(filters, reading.model, at);
    else if (isActive(filters)) settings.push(...expand(parseSetting(at), reading));
  }
  return settings;
}

/** An `include` line stands for the lines of the file that it names. */
function expand(setting: FirmwareSetting, reading: Reading): readonly FirmwareSetting[] {
  if (setting.key !== 'include') return [setting];
  const included = reading.readInclude(setting.value);
  if (included === undefined)
    throw invalidLine(setting, `There is no ${setting.value} on the boot partition.`);
  if (reading.depth > 8) throw invalidLine(setting, 'Files include each other.');
  return readLines(setting.value, included, { ...reading, depth: reading.depth + 1 });
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

function parseSetting(at: Place): FirmwareSetting {
  // These two have no equals sign.
  const directive = /^(initramfs|include)\s+(.*)$/.exec(at.text);
  if (directive?.[1] !== undefined && directive[2] !== undefined) {
    return { ...at, key: directive[1], value: directive[2].trim() };
  }
  const equals = at.text.indexOf('=');
  if (equals < 1) throw invalidLine(at, 'The firmware expects name=value.');
  const key = at.text.slice(0, equals);
  const value = at.text.slice(equals + 1);
  if (/\s/.test(key) || /^\s/.test(value)) {
    throw invalidLine(at, 'The firmware does not expect a space before or after the equals sign.');
  }
  return { ...at, key, value };
}

/** Filters of different kinds add up; a new one replaces that of its own kind; [all] takes all away. */
interface Filters {
  readonly model: boolean;
  readonly other: Readonly<Record<string, boolean>>;
}

const allHardware: Filters = { model: true, other: {} };

const modelFilters = [
  ...['pi0', 'pi0w', 'pi02', 'pi1', 'pi2', 'pi3', 'pi3+', 'pi4', 'pi400', 'pi5', 'pi500'],
  ...['cm0', 'cm1', 'cm3', 'cm3+', 'cm4', 'cm4s', 'cm5'],
];

function applyFilter(filters: Filters, model: PiModel, at: Place): Filters {
  const name = /^\[(.*)\]$/.exec(at.text)?.[1]?.toLowerCase();
  if (name === undefined) throw invalidLine(at, 'A section needs a closing bracket.');
  if (name === 'all') return allHardware;
  if (name === 'none') return { ...filters, other: { ...filters.other, none: false } };
  if (modelFilters.includes(name)) return { ...filters, model: name === model };
  // Which of two displays the next lines speak of: no condition.
  if (name.startsWith('hdmi:')) return filters;
  const kind = /^(tryboot|edid|gpio|0x|board-type|boot_partition|partition|bootvar)/.exec(name)?.[1];
  if (kind === undefined)
    throw invalidLine(at, 'The firmware knows no such section, so its lines never count.');
  // Started from the first partition; nothing else is plugged into the virtual machine.
  const holds = name === 'partition=1' || name === 'boot_partition=1';
  return { ...filters, other: { ...filters.other, [kind]: holds } };
}

function isActive(filters: Filters): boolean {
  return filters.model && !Object.values(filters.other).includes(false);
}

function invalidLine(at: Place, why: string): HearthError {
  return new HearthError('ERR_IMAGE_INVALID', {
    what: `${at.file} line ${at.line} is not what the Raspberry Pi firmware reads: ${at.text}`,
    why,
    todo: 'Correct the stage that writes config.txt and build again.',
  });
}
