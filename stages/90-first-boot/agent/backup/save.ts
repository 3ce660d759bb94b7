import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StepFailure } from '../device/door.ts';
import { readRelease } from '../device/release.ts';
import { makeFolders, removeDurably } from '../files/durable-folder.ts';
import { nameOfDevice } from '../keeper/keeper.ts';
import type { BackupPart } from '../setup/define.ts';
import { readSetup } from '../store/setup-store.ts';
import { encrypt } from './age.ts';
import { answersName, answersPart, type BackupHeader } from './manifest.ts';
import { makeBackupName } from './names.ts';
import { type PackedFolder, packBackup } from './pack.ts';
import { type BackupRun, devicePathOf } from './run.ts';
import { readBackupState, writeBackupState } from './state.ts';
import type { StoredBackup } from './target.ts';
import { sizeOfTree } from './tree-walk.ts';
import { badBackup, fullDevice } from './trouble.ts';

/** A disk that is full to the last byte stops the services, too. */
const reserveBytes = 128 * 1024 * 1024;
/** Heads of the entries, the list at the end, encryption. */
const overheadBytes = 4 * 1024 * 1024;

/**
 * Makes a backup, and only when it is whole at its place removes those that are too old. A run that is cut off anywhere
 * leaves all older ones; the next one clears up after it. How it went is noted for the doctor.
 */
export async function makeBackup(run: BackupRun): Promise<StoredBackup> {
  const { context, now } = run;
  const { paths } = context;
  try {
    const stored = await saveAndStore(run);
    const { name, at, sizeBytes } = stored;
    writeBackupState(paths, { lastGood: { name, at: at.toISOString(), sizeBytes } });
    return stored;
  } catch (error) {
    const texts = error instanceof StepFailure ? error : undefined;
    const why = texts?.why ?? String((error as Error).message);
    const { lastGood } = readBackupState(paths);
    writeBackupState(paths, {
      ...(lastGood === undefined ? {} : { lastGood }),
      failure: {
        at: now().toISOString(),
        why,
        ...(texts?.todo === undefined ? {} : { todo: texts.todo }),
      },
    });
    throw error;
  } finally {
    removeDurably(paths.backupWork);
  }
}

async function saveAndStore(run: BackupRun): Promise<StoredBackup> {
  const { context, settings, target, task, now } = run;
  const { backupWork } = context.paths;
  const host = nameOfDevice(context);
  removeDurably(backupWork);
  makeFolders(backupWork, 0o700);
  await target.clean(host, task.signal);
  const parts = await presentParts(run);
  await refuseNoRoom(run, parts);
  saveAnswers(run);
  for (const part of parts) await savePart(run, part);
  const at = now();
  const trees = treesOf(run, parts);
  const header: BackupHeader = {
    format: 1,
    hostname: host,
    createdAt: at.toISOString(),
    release: readRelease(context.paths.releaseFile).version,
    parts: [answersPart, ...parts.map(({ id }) => id)],
    trees: trees.map(({ name }) => name),
  };
  const saved = header.parts.map((name) => ({ name, path: join(backupWork, name) }));
  const folders = [...saved, ...trees];
  const sizeBytes = folders.reduce((sum, { path }) => sum + sizeOfTree(path), overheadBytes);
  await target.refuseNoRoom(sizeBytes);
  const { recipient } = settings;
  const name = makeBackupName(host, at, recipient !== undefined);
  const archive = packBackup({ header, folders });
  const source = recipient === undefined ? archive : encrypt(task, archive, recipient);
  await target.store(name, source, task.signal);
  return await keepNewest(run, host, name);
}

async function presentParts({ context, task }: BackupRun): Promise<readonly BackupPart[]> {
  const present: BackupPart[] = [];
  for (const part of context.setups.backups) if (await part.isPresent(task)) present.push(part);
  return present;
}

async function refuseNoRoom(
  { context, task, freeBytes }: BackupRun,
  parts: readonly BackupPart[],
): Promise<void> {
  const sizes = await Promise.all(parts.map(async (part) => (await part.sizeBytes?.(task)) ?? 0));
  const neededBytes = sizes.reduce((sum, size) => sum + size, reserveBytes);
  const free = freeBytes(context.paths.backupWork);
  if (free < neededBytes) throw fullDevice(neededBytes, free);
}

function saveAnswers({ context: { paths } }: BackupRun): void {
  makeFolders(join(paths.backupWork, answersPart), 0o700);
  const { answers } = readSetup(paths);
  writeFileSync(join(paths.backupWork, answersName), `${JSON.stringify(answers, null, 2)}\n`, {
    mode: 0o600,
  });
}

async function savePart({ context, task }: BackupRun, part: BackupPart): Promise<void> {
  task.signal.throwIfAborted();
  task.log(`saving ${part.id}`);
  makeFolders(join(context.paths.backupWork, part.id), 0o700);
  await part.save(task, `${devicePathOf(context, context.paths.backupWork)}/${part.id}`);
}

function treesOf({ task }: BackupRun, parts: readonly BackupPart[]): readonly PackedFolder[] {
  return parts.flatMap((part) =>
    (part.trees?.(task) ?? []).map(({ name, path }) => ({
      name: `${part.id}/${name}`,
      path: task.path(path),
    })),
  );
}

/** Only backups of this device: others may share the place. */
async function keepNewest(run: BackupRun, host: string, name: string): Promise<StoredBackup> {
  const { target, settings, task } = run;
  const own = (await target.list(task.signal)).filter((one) => one.host === host);
  const stored = own.find((one) => one.name === name);
  if (stored === undefined) throw badBackup(name, 'the place does not list it');
  for (const old of own.filter((one) => one.at < stored.at).slice(Math.max(0, settings.keep - 1))) {
    task.log(`removing ${old.name}`);
    await target.remove(old.name, task.signal);
  }
  return stored;
}
