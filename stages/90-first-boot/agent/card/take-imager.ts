import { join } from 'node:path';
import type { AgentContext } from '../context.ts';
import { readIfThere } from '../device/look.ts';
import { writeDurably } from '../files/durable-file.ts';
import { readSetup, type StoredSetup } from '../store/setup-store.ts';
import { readNetworkConfig, readUserData } from './cloud-init.ts';
import { cleanCmdline, countryOf } from './cmdline.ts';
import { type CardFile, type CardSteps, namesOnCard, readCardFile, removeFromCard } from './fat-folder.ts';
import type { Findings } from './findings.ts';
import { readFirstrun } from './firstrun.ts';
import { checkFindings } from './imager-answers.ts';
import { imagerNotes } from './imager-notes.ts';
import { readPreseed } from './preseed.ts';
import type { Step } from './step.ts';

interface ReadFile {
  readonly file: CardFile;
  readonly findings: Findings;
}

const nothing: Findings = { values: {}, notes: [] };
const readers: Readonly<Record<string, (text: string) => Findings>> = {
  'rpi-preseed.toml': readPreseed,
  'firstrun.sh': readFirstrun,
  'user-data': readUserData,
  'network-config': readNetworkConfig,
  'meta-data': () => nothing,
};
const imagerFile = /^(rpi-preseed\.toml|firstrun\.sh|user-data|network-config|meta-data)$/i;

/**
 * Takes what Raspberry Pi Imager wrote on the card, whatever its format, and removes its files. A file that was taken
 * before is only removed: what the owner changed on the page since then stays.
 */
export async function takeImager(context: AgentContext, steps: CardSteps): Promise<Step | undefined> {
  const { fatFolder } = context.paths;
  const files = namesOnCard(fatFolder, imagerFile).map((name) => readCardFile(fatFolder, name));
  const cmdline = readIfThere(join(fatFolder, 'cmdline.txt')) ?? '';
  if (files.length === 0 && cleanCmdline(cmdline) === cmdline) return undefined;
  const setup = readSetup(context.paths);
  const known = setup.cardFiles ?? {};
  const whole = files.filter((file) => !isRest(file, known));
  const read = whole.map((file) => ({ file, findings: readOne(file) }));
  const found = { findings: read.map(tellable), country: countryOf(cmdline) };
  const { answers, outcome } = await checkFindings(found, context, setup.answers);
  const isNew = whole.some((file) => !isKnown(file, known));
  if (isNew) steps.store(context.paths, withAnswers(setup, answers, whole));
  const isToTell = isNew || (whole.length > 0 && isComplete(whole, known));
  return { ...(isToTell ? { outcome } : {}), clean: () => clean(files, read, context, steps) };
}

function tellable({ file, findings }: ReadFile): Findings & { readonly file: string } {
  const isSilent = !says(findings) && findings.problem === undefined && /^(rpi|first)/i.test(file.name);
  return { ...findings, file: file.name, notes: isSilent ? [imagerNotes.nothing] : findings.notes };
}

/** False when some files of the same customisation are gone already: then hearth-card.txt has told it all. */
function isComplete(files: readonly CardFile[], known: Known): boolean {
  const names = Object.keys(known).filter((name) => imagerFile.test(name));
  return names.every((name) => files.some((file) => keyOf(file) === name));
}

function readOne(file: CardFile): Findings {
  return readers[keyOf(file)]?.(file.text) ?? nothing;
}

function says({ values, notes }: Findings): boolean {
  return Object.keys(values).length + notes.length > 0;
}

function keyOf(file: CardFile): string {
  return file.name.toLowerCase();
}

function isKnown(file: CardFile, known: Known): boolean {
  return known[keyOf(file)]?.includes(file.sha256) === true;
}

type Known = Readonly<Record<string, readonly string[]>>;

/** What a power cut left of a file that was taken. */
function isRest(file: CardFile, known: Known): boolean {
  return file.isHalfRemoved && known[keyOf(file)] !== undefined;
}

function withAnswers(
  setup: StoredSetup,
  answers: StoredSetup['answers'],
  files: readonly CardFile[],
): StoredSetup {
  const others = Object.entries(setup.cardFiles ?? {}).filter(([name]) => !imagerFile.test(name));
  const taken = files.map((file) => [keyOf(file), [file.sha256]] as const);
  return { ...setup, answers, cardFiles: Object.fromEntries([...others, ...taken]) };
}

/** The command line first: without the files nothing would bring us here again. */
function clean(
  files: readonly CardFile[],
  read: readonly ReadFile[],
  context: AgentContext,
  steps: CardSteps,
): void {
  const path = join(context.paths.fatFolder, 'cmdline.txt');
  const cmdline = readIfThere(path) ?? '';
  const cleaned = cleanCmdline(cmdline);
  if (cleaned !== cmdline) writeDurably(path, cleaned, 0o644, steps);
  const isOurs = read.some(({ findings }) => says(findings));
  for (const file of files) {
    const found = read.find((one) => one.file === file)?.findings;
    // A script that says nothing we know is somebody's own; a file that nobody can read is for its owner to look at.
    if (found === undefined || (isOurs && found.problem === undefined)) removeFromCard(file.path, steps);
  }
}
