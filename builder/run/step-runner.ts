import { createWriteStream, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import type { Pack } from 'tar-stream';
import type { PackageSet } from '../debian/package-file.ts';
import { linkPackages } from '../debian/package-store.ts';
import { diskFullError } from '../host/disk-full.ts';
import { exists } from '../host/exists.ts';
import { runInSandbox, type SandboxCommand } from '../host/sandbox.ts';
import { removeTree } from '../host/workspace.ts';
import { type BuildStep, runsScript } from '../stage/build-steps.ts';
import { packBaked } from './baked.ts';
import { type BuildContext, imageArchitecture, type StageInput } from './context.ts';
import { stepError } from './failure.ts';
import { makeLayer } from './layer.ts';

const shellLibrary = `${import.meta.dirname}/shell`;

/** Runs the steps of one stage on the live tree. Its output goes to the stage's log. */
export class StepRunner {
  readonly #context: BuildContext;
  readonly #input: StageInput;
  readonly #tree: string;
  readonly #logFile: string;
  #log: WriteStream | undefined;

  constructor(context: BuildContext, input: StageInput, tree: string) {
    this.#context = context;
    this.#input = input;
    this.#tree = tree;
    this.#logFile = `${context.logDir}/${input.stage.name}.log`;
  }

  /**
   * Runs one step. A step that fails throws ERR_STEP_FAILED (ERR_DOWNLOAD where a download failed); the tree is left
   * as it is, for a look inside. `packages` are in the store, and the step gets no others.
   */
  async run(step: BuildStep, packages: PackageSet | undefined): Promise<void> {
    this.#say(`--- ${step.label}`);
    if (step.kind === 'files' || step.kind === 'artifacts') {
      await this.#lay(step.kind === 'files' ? await this.#files() : await this.#artifacts());
      return;
    }
    const lines: string[] = [];
    const repository = packages && (await this.#linkRepository(packages));
    const result = await runInSandbox({
      ...(await this.#sandbox(step, repository)),
      command: ['/bin/bash', `${shellLibrary}/run-step.sh`, step.kind, step.path],
      cwd: step.substage.path,
      reject: false,
      onLine: (line) => {
        lines.push(line);
        if (!line.startsWith('hearth-failed-at:')) this.#sayOutput(line);
      },
    });
    if (result.exitCode !== 0) {
      const isFull = await diskFullError(lines.slice(-200), this.#context.workDir);
      throw isFull ?? (await this.failure(step, result.exitCode, lines));
    }
    if (repository !== undefined) await removeTree(repository);
  }

  /** The error of a failed step, from its output. */
  async failure(step: BuildStep, exitCode: number, lines: readonly string[]): Promise<Error> {
    return await stepError({
      stage: this.#input.stage.name,
      ...{ kind: step.kind, path: step.path, label: step.label },
      ...{ exitCode, lines, logFile: this.#logFile, projectDir: this.#context.projectDir },
    });
  }

  async end(): Promise<void> {
    const log = this.#log;
    if (log) await new Promise((resolve) => log.end(resolve));
  }

  /** Overlays, templates and bundles. */
  async #files(): Promise<Pack | undefined> {
    const { stage, data } = this.#input;
    const { projectDir, epochSeconds } = this.#context;
    return await makeLayer({ projectDir, stage, data, epochSeconds });
  }

  async #artifacts(): Promise<Pack> {
    const { cacheDir, epochSeconds, tools, signal } = this.#context;
    return await packBaked(this.#input.stage.baked ?? [], { cacheDir, epochSeconds, tools, signal });
  }

  async #lay(layer: Pack | undefined): Promise<void> {
    const { tools, signal } = this.#context;
    if (!layer) return;
    await runInSandbox({
      command: [
        ...['tar', '--extract', '--file=-', '--no-overwrite-dir', '--keep-directory-symlink'],
        ...['--numeric-owner', '--same-owner', '--preserve-permissions', '--directory', this.#tree],
      ],
      tools,
      binds: [{ path: this.#tree, writable: true }],
      input: Readable.from(layer),
      network: false,
      signal,
    });
  }

  /** A folder of the packages, for an apt archive that has nothing else. */
  async #linkRepository(packages: PackageSet): Promise<string> {
    const folder = `${this.#context.workDir}/repository`;
    await removeTree(folder);
    await linkPackages(this.#context.cacheDir, packages, `${folder}/pool`);
    return folder;
  }

  async #sandbox(step: BuildStep, repository: string | undefined): Promise<Omit<SandboxCommand, 'command'>> {
    const { projectDir, tools, workDir, signal, isOffline } = this.#context;
    const hasTree = await exists(`${this.#tree}/usr`);
    return {
      tools,
      binds: [
        { path: projectDir },
        // The builder may have been installed elsewhere than the project.
        { path: shellLibrary },
        { path: workDir, writable: true },
      ],
      ...(hasTree ? { tree: this.#tree, treeLibrary: shellLibrary } : { foreign: true }),
      env: {
        ...this.#environment(step),
        ...(repository === undefined ? {} : { HEARTH_REPOSITORY: repository }),
      },
      // Only a stage's own script may want the network: what is installed is on the disk already.
      network: runsScript(step) && !isOffline,
      signal,
    };
  }

  #environment(step: BuildStep): Record<string, string> {
    const { context, input } = { context: this.#context, input: this.#input };
    return {
      // A package's own scripts must not depend on the config: the layer of a package step does not.
      ...(runsScript(step) ? { ...input.variables, ...this.#piGenVariables(step) } : {}),
      ...{ STAGE_WORK_DIR: dirname(this.#tree), ROOTFS_DIR: this.#tree, WORK_DIR: context.workDir },
      ...{
        DEBIAN_FRONTEND: 'noninteractive',
        DEBCONF_NONINTERACTIVE_SEEN: 'true',
        DEBCONF_NOWARNINGS: 'yes',
      },
      SOURCE_DATE_EPOCH: String(context.epochSeconds),
      HEARTH_ARCH: imageArchitecture,
      HEARTH_LIBRARY: shellLibrary,
      HEARTH_SUITE: context.suite,
    };
  }

  #piGenVariables(step: BuildStep): Record<string, string> {
    const { context, input } = { context: this.#context, input: this.#input };
    const { stage, previous } = input;
    return {
      ...{ ARCH: imageArchitecture, BASE_DIR: context.projectDir, SCRIPT_DIR: shellLibrary },
      ...{ DEPLOY_DIR: `${context.workDir}/deploy`, LOG_FILE: '/dev/stdout' },
      ...{ STAGE: stage.name, STAGE_DIR: stage.path, SUB_STAGE_DIR: step.substage.path },
      ...{ CLEAN: '0', USE_QEMU: '0', PI_GEN_RELEASE: 'Hearth' },
      ...(previous
        ? { PREV_STAGE: previous.name, PREV_STAGE_DIR: previous.path, PREV_ROOTFS_DIR: this.#tree }
        : { PREV_STAGE: '', PREV_STAGE_DIR: '', PREV_ROOTFS_DIR: '' }),
      HEARTH_VERSION: context.version,
      DEBIAN_MIRROR: context.deviceMirror.main,
      DEBIAN_SECURITY_MIRROR: context.deviceMirror.security,
    };
  }

  #sayOutput(line: string): void {
    this.#say(line);
    this.#context.emit({ type: 'output', line });
  }

  #say(line: string): void {
    this.#log ??= createWriteStream(this.#logFile);
    this.#log.write(`${line}\n`);
  }
}
