import { access, cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { HearthError } from '../errors/hearth-error.ts';
import type { Mirror } from '../host/mirror.ts';
import { runInSandbox } from '../host/sandbox.ts';
import type { ToolsTree } from '../host/tools-tree.ts';
import { publish, removeTree, temporaryName, writeFileAtomically } from '../host/workspace.ts';
import { digestOf, hashFile } from '../text/digest.ts';
import type { ArchiveBases } from './package-file.ts';
import { mirrorSources, readSources, type Sources } from './sources.ts';

/** What an archive said when it was asked: apt's signed lists. */
export interface ArchiveState {
  /** Holds `lists/`, the sources in `etc/`, and `resolved/`. */
  readonly folder: string;
  /** Digest of the lists. */
  readonly id: string;
  readonly askedAt: Date;
  /** The mirrors that the lists' addresses name. */
  readonly mirror: ArchiveBases;
}

export interface ArchiveOptions {
  readonly cacheDir: string;
  readonly architecture: string;
  readonly tools: () => Promise<ToolsTree>;
  readonly mirror: () => Promise<Mirror>;
  /** The public archive that the finished device uses. */
  readonly device: () => Promise<ArchiveBases>;
  /** Nothing is asked: the state that is there is used, however old. */
  readonly isOffline: boolean;
  /** Everything is asked, however young the state is. */
  readonly isRefresh: boolean;
  readonly onAsk?: () => void;
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** An archive is asked at most once in this time. */
const freshMs = 24 * 3600 * 1000;
/** States of one set of sources that are kept: a build that runs goes on with the one that it began with. */
const keptStates = 2;

interface AboutState {
  readonly id: string;
  readonly askedAt: string;
  readonly mirror: ArchiveBases;
}

/** Debian's archives as this build sees them. Each set of sources is asked at most once a build. */
export class Archive {
  readonly #options: ArchiveOptions;
  readonly #states = new Map<string, Promise<ArchiveState>>();

  constructor(options: ArchiveOptions) {
    this.#options = options;
  }

  /** The state of the sources of a view; asks the archive if what is there is older than 24 hours. */
  async stateFor(view: string): Promise<ArchiveState> {
    const sources = await readSources(view);
    const key = digestOf([sources, this.#options.architecture, 'format 1']).slice(0, 32);
    const known = this.#states.get(key);
    if (known !== undefined) return await known;
    const state = this.#findState(key, view, sources);
    this.#states.set(key, state);
    return await state;
  }

  async #findState(key: string, view: string, sources: Sources): Promise<ArchiveState> {
    const { cacheDir, isOffline, isRefresh } = this.#options;
    const folder = `${cacheDir}/archive/${key}`;
    const latest = await latestState(folder);
    if (latest && (isOffline || (!isRefresh && isFresh(latest)))) return latest;
    if (isOffline) throw neverAsked();
    return await this.#ask(folder, view, sources, latest);
  }

  async #ask(
    folder: string,
    view: string,
    sources: Sources,
    latest: ArchiveState | undefined,
  ): Promise<ArchiveState> {
    const { device, mirror: findMirror, onAsk } = this.#options;
    onAsk?.();
    const askedAt = new Date();
    const mirror = await findMirror();
    await mkdir(folder, { recursive: true });
    const draft = temporaryName(`${folder}/${askedAt.getTime()}`);
    try {
      await mkdir(`${draft}/lists/partial`, { recursive: true });
      // The lists of last time: what did not change is not sent again.
      if (latest)
        await cp(`${latest.folder}/lists`, `${draft}/lists`, { recursive: true, preserveTimestamps: true });
      const mirrored = mirrorSources(sources, view, await device(), mirror);
      for (const [file, text] of Object.entries(mirrored)) {
        await mkdir(`${draft}/etc/apt/sources.list.d`, { recursive: true });
        await writeFile(`${draft}/${file}`, text);
      }
      await this.#update(draft, view, mirror);
      const id = await listsDigest(`${draft}/lists`);
      const about: AboutState = {
        id,
        askedAt: askedAt.toISOString(),
        mirror: { main: mirror.main, security: mirror.security },
      };
      if (latest?.id === id) {
        await writeFileAtomically(
          `${latest.folder}/state.json`,
          JSON.stringify({ ...about, mirror: latest.mirror }),
        );
        return { ...latest, askedAt };
      }
      await mkdir(`${draft}/resolved`);
      await writeFileAtomically(`${draft}/state.json`, JSON.stringify(about));
      const final = `${folder}/${askedAt.getTime()}`;
      await publish(draft, final);
      await forgetOldStates(folder);
      return { folder: final, id, askedAt, mirror: about.mirror };
    } finally {
      await removeTree(draft);
    }
  }

  async #update(draft: string, view: string, mirror: Mirror): Promise<void> {
    const { architecture, onLine, signal } = this.#options;
    const result = await runInSandbox({
      command: ['/bin/bash', `${import.meta.dirname}/shell/update-lists.sh`, view, draft],
      tools: await this.#options.tools(),
      binds: [{ path: `${import.meta.dirname}/shell` }, { path: view }, { path: draft, writable: true }],
      env: { HEARTH_ARCH: architecture, HEARTH_APT_OPTIONS: mirror.aptOptions.join('\n') },
      reject: false,
      ...(onLine ? { onLine } : {}),
      ...(signal ? { signal } : {}),
    });
    if (result.exitCode === 0) return;
    const lines = `${result.stdout}${result.stderr}`.split('\n').filter((line) => /^[EW]: /.test(line));
    throw new HearthError('ERR_DOWNLOAD', {
      what: "Debian's archive could not be asked what it has.",
      why: `Mirror: ${mirror.main} (${mirror.source}).`,
      details: lines.slice(0, 12).join('\n'),
      todo: 'Check the network and `debian.mirror` in config.yaml; --offline builds with what the cache has.',
      state: 'The lists of last time are kept; nothing half-fetched is left.',
    });
  }
}

async function latestState(folder: string): Promise<ArchiveState | undefined> {
  for (const name of (await stateNames(folder)).reverse()) {
    try {
      const path = `${folder}/${name}`;
      const about = JSON.parse(await readFile(`${path}/state.json`, 'utf8')) as AboutState;
      await access(`${path}/lists`);
      const askedAt = new Date(about.askedAt);
      if (Number.isNaN(askedAt.getTime())) continue;
      return { folder: path, id: about.id, askedAt, mirror: about.mirror };
    } catch {
      // Damaged in a power cut: the one before is good enough.
    }
  }
  return undefined;
}

/** A time in the future is a clock that was wrong. */
function isFresh({ askedAt }: ArchiveState): boolean {
  const ageMs = Date.now() - askedAt.getTime();
  return ageMs >= -60_000 && ageMs < freshMs;
}

/** Names of complete states, oldest first. */
async function stateNames(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(a) - Number(b));
}

async function forgetOldStates(folder: string): Promise<void> {
  const names = await stateNames(folder);
  for (const name of names.slice(0, -keptStates)) {
    const path = `${folder}/${name}`;
    // Another build may have begun with it.
    if (Date.now() - (await stat(path)).mtimeMs > freshMs) await removeTree(path);
  }
}

/** Release files, and the indexes themselves: an archive that is trusted without a signature may have no Release file. */
async function listsDigest(lists: string): Promise<string> {
  const names = (await readdir(lists, { withFileTypes: true })).filter((entry) => entry.isFile());
  const files = names.map(({ name }) => name).sort();
  return digestOf(await Promise.all(files.map(async (name) => [name, await hashFile(`${lists}/${name}`)])));
}

function neverAsked(): HearthError {
  return new HearthError('ERR_DOWNLOAD', {
    what: "The cache has no lists of Debian's archive for these sources, and the build is offline.",
    todo: 'Run the build once without --offline.',
    state: 'Nothing was fetched.',
  });
}
