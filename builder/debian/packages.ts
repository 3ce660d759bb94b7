import { cp, mkdir, utimes, writeFile } from 'node:fs/promises';
import { HearthError } from '../errors/hearth-error.ts';
import type { DownloadProgress } from '../host/download.ts';
import { exists } from '../host/exists.ts';
import { runInSandbox } from '../host/sandbox.ts';
import type { ToolsTree } from '../host/tools-tree.ts';
import { publish, removeTree, temporaryName } from '../host/workspace.ts';
import { Archive, type ArchiveOptions } from './archive.ts';
import type { DebianLock } from './lock.ts';
import { type PackageFile, type PackageSet, packageUrl } from './package-file.ts';
import { providePackages } from './package-store.ts';
import { type PackageRequest, resolvePackages } from './resolve.ts';
import { isInSnapshots, snapshotBases } from './snapshot.ts';

export interface PackagesOptions extends ArchiveOptions {
  /** Its packages are taken, exactly. */
  readonly lock: DebianLock | undefined;
  /** Where packages are that the archive has no more; undefined: what apt knows. */
  readonly snapshotMirror?: string | undefined;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly onDamaged?: (file: PackageFile) => void;
}

/** A step that installs packages, and the tree that it gets. */
export interface PackageStep {
  readonly stage: string;
  readonly step: string;
  readonly request: PackageRequest;
  /** Digest of the tree and of the request. */
  readonly id: string;
}

/** Decides which packages a step installs, and brings them. */
export class Packages {
  readonly #options: PackagesOptions;
  readonly #archive: Archive;
  #asked = new Date(0);

  constructor(options: PackagesOptions) {
    this.#options = options;
    this.#archive = new Archive(options);
  }

  /** The latest time at which an archive was asked, ISO 8601. */
  get asked(): string {
    return this.#options.lock?.asked ?? this.#asked.toISOString();
  }

  /** The lock whose packages are taken. */
  get lock(): DebianLock | undefined {
    return this.#options.lock;
  }

  /**
   * The packages of a step: those of the lock, else what the archive has. Undefined if the tree would be needed for the
   * answer and `tree` is undefined. Throws ERR_LOCK_INVALID, ERR_DOWNLOAD, or ERR_COMMAND_FAILED with apt's lines.
   */
  async decide(step: PackageStep, tree: ViewSource | undefined): Promise<PackageSet | undefined> {
    const { lock } = this.#options;
    if (lock) return lockedPackages(lock, step);
    const view = await this.#view(step, tree);
    if (view === undefined) return undefined;
    const state = await this.#archive.stateFor(view);
    if (state.askedAt > this.#asked) this.#asked = state.askedAt;
    const { tools, architecture } = this.#options;
    return await resolvePackages({ tools, architecture, view, state, request: step.request, id: step.id });
  }

  /** Brings all packages into the store; a locked one also from Debian's snapshot archive. */
  async provide(packages: PackageSet): Promise<void> {
    const { cacheDir, isOffline, mirror, onProgress, onDamaged, signal } = this.#options;
    await providePackages(cacheDir, packages, {
      isOffline,
      isLocked: this.#options.lock !== undefined,
      urls: async (file) => await this.#urls(file),
      aptOptions: async () => (await mirror()).aptOptions,
      ...(onProgress ? { onProgress } : {}),
      ...(onDamaged ? { onDamaged } : {}),
      ...(signal ? { signal } : {}),
    });
  }

  async #urls(file: PackageFile): Promise<string[]> {
    const { lock, mirror, snapshotMirror } = this.#options;
    const urls = [packageUrl(file, await mirror())];
    if (!lock || !isInSnapshots(file)) return urls;
    const bases = snapshotBases(lock.snapshots, lock.asked, snapshotMirror);
    return [...urls, packageUrl(file, bases)].filter((url) => URL.canParse(url));
  }

  async #view(step: PackageStep, tree: ViewSource | undefined): Promise<string | undefined> {
    const folder = `${this.#options.cacheDir}/views/${step.id}`;
    if (await exists(`${folder}/etc/apt`)) {
      const now = new Date();
      await utimes(folder, now, now).catch(() => {});
      return folder;
    }
    if (!tree) return undefined;
    const draft = temporaryName(folder);
    try {
      await mkdir(draft, { recursive: true });
      await tree(draft);
      await publish(draft, folder);
    } catch (error) {
      // Another build may have made the same.
      if (!(await exists(`${folder}/etc/apt`))) throw error;
    } finally {
      await removeTree(draft);
    }
    return folder;
  }
}

/** Fills a new folder with what apt's decisions depend on. */
export type ViewSource = (folder: string) => Promise<void>;

/** What apt sees in a tree. */
export function viewOfTree(tools: ToolsTree, tree: string): ViewSource {
  return async (folder) => {
    await runInSandbox({
      command: ['/bin/bash', `${import.meta.dirname}/shell/take-view.sh`, tree, folder],
      tools,
      binds: [{ path: `${import.meta.dirname}/shell` }, { path: tree }, { path: folder, writable: true }],
      network: false,
    });
  };
}

/** What apt sees before there is a tree: Debian's archive and its keys. */
export function viewOfNothing(
  tools: ToolsTree,
  suite: string,
  device: { main: string; security: string },
): ViewSource {
  return async (folder) => {
    const keyring = 'usr/share/keyrings/debian-archive-keyring.pgp';
    const signed = `[signed-by=/${keyring}]`;
    const sources = [
      `deb ${signed} ${device.main} ${suite} main`,
      `deb ${signed} ${device.main} ${suite}-updates main`,
      `deb ${signed} ${device.security} ${suite}-security main`,
    ];
    for (const path of ['etc/apt/sources.list.d', 'var/lib/dpkg', 'usr/share/keyrings']) {
      await mkdir(`${folder}/${path}`, { recursive: true });
    }
    await cp(`${tools.path}/${keyring}`, `${folder}/${keyring}`, { dereference: true });
    await writeFile(`${folder}/etc/apt/sources.list`, `${sources.join('\n')}\n`);
    await writeFile(`${folder}/var/lib/dpkg/status`, '');
  };
}

function lockedPackages(lock: DebianLock, step: PackageStep): PackageSet {
  const found = lock.steps.find((locked) => locked.stage === step.stage && locked.step === step.step);
  if (found) return found.packages;
  throw new HearthError('ERR_LOCK_INVALID', {
    what: `The lock has no packages for ${step.stage}/${step.step}.`,
    why: 'It was made from another state of the stages.',
    todo: 'Use the sources that the lock was made from, or build without --locked.',
    state: 'Nothing of this step was done.',
  });
}
