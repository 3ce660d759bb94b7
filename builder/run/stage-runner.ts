import { createWriteStream, type WriteStream } from 'node:fs';
import { access, mkdir, readdir, rename, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { runInSandbox, type SandboxCommand } from '../host/sandbox.ts';
import type { Substage } from '../stage/stage.ts';
import { isScript, type Step } from '../stage/step.ts';
import { type BuildContext, imageArchitecture, type StageInput } from './context.ts';
import { stepError } from './failure.ts';
import { makeLayer } from './layer.ts';

const shellLibrary = `${import.meta.dirname}/shell`;

/** Folders of one stage in the build's work folder, laid out as pi-gen does. */
export function stageFolders(context: BuildContext, stageName: string) {
  const work = `${context.workDir}/${stageName}`;
  return { work, tree: `${work}/rootfs` };
}

/**
 * Runs all steps of one stage on the tree of the stage before. On a failing step throws ERR_STEP_FAILED; the tree is
 * left as it is, for a look inside.
 */
export async function runStage(context: BuildContext, input: StageInput, logFile: string): Promise<void> {
  await mkdir(dirname(logFile), { recursive: true });
  const log = createWriteStream(logFile);
  try {
    const runner = new StageRunner(context, input, log, logFile);
    await runner.run();
  } finally {
    await new Promise((resolve) => log.end(resolve));
  }
}

class StageRunner {
  readonly #context: BuildContext;
  readonly #input: StageInput;
  readonly #log: WriteStream;
  readonly #logFile: string;
  #isLayerDone = false;

  constructor(context: BuildContext, input: StageInput, log: WriteStream, logFile: string) {
    this.#context = context;
    this.#input = input;
    this.#log = log;
    this.#logFile = logFile;
  }

  async run(): Promise<void> {
    const { stage } = this.#input;
    await mkdir(stageFolders(this.#context, stage.name).work, { recursive: true });
    const [root] = stage.substages;
    if (stage.prerun !== undefined && root) await this.#runFile('prerun', stage.prerun, 'prerun.sh', root);
    for (const substage of stage.substages) {
      for (const step of substage.steps) await this.#runStep(step, substage);
    }
    await this.#layOver();
  }

  async #runStep(step: Step, substage: Substage): Promise<void> {
    if (isScript(step)) await this.#layOver();
    await this.#runFile(step.kind, step.path, step.label, substage);
  }

  async #runFile(kind: string, path: string, label: string, substage: Substage): Promise<void> {
    this.#context.emit({ type: 'stepStarted', stage: this.#input.stage.name, step: label });
    this.#log.write(`--- ${label}\n`);
    const lines: string[] = [];
    const result = await runInSandbox({
      ...(await this.#sandbox(substage)),
      command: ['/bin/bash', `${shellLibrary}/run-step.sh`, kind, path],
      cwd: substage.path,
      reject: false,
      onLine: (line) => {
        lines.push(line);
        if (!line.startsWith('hearth-failed-at:')) this.#say(line);
      },
    });
    if (result.exitCode !== 0) {
      throw await stepError({
        stage: this.#input.stage.name,
        kind,
        path,
        label,
        exitCode: result.exitCode,
        lines,
        logFile: this.#logFile,
        projectDir: this.#context.projectDir,
      });
    }
  }

  /** Overlays, templates and bundles come right before the first script, so that it finds them. */
  async #layOver(): Promise<void> {
    if (this.#isLayerDone) return;
    this.#isLayerDone = true;
    const { stage, data } = this.#input;
    const { projectDir, epochSeconds } = this.#context;
    const layer = await makeLayer({ projectDir, stage, data, epochSeconds });
    if (!layer) return;
    this.#context.emit({ type: 'stepStarted', stage: stage.name, step: 'overlays and templates' });
    const { tree } = stageFolders(this.#context, stage.name);
    await runInSandbox({
      command: [
        ...['tar', '--extract', '--file=-', '--no-overwrite-dir', '--keep-directory-symlink'],
        ...['--numeric-owner', '--same-owner', '--preserve-permissions', '--directory', tree],
      ],
      tools: this.#context.tools,
      binds: [{ path: tree, writable: true }],
      input: Readable.from(layer),
      signal: this.#context.signal,
    });
  }

  async #sandbox(substage: Substage): Promise<Omit<SandboxCommand, 'command'>> {
    const { context, input } = { context: this.#context, input: this.#input };
    const { tree } = stageFolders(context, input.stage.name);
    const hasTree = await access(`${tree}/usr`).then(
      () => true,
      () => false,
    );
    return {
      tools: context.tools,
      binds: [
        { path: context.projectDir },
        // The builder may have been installed elsewhere than the project.
        { path: shellLibrary },
        { path: context.workDir, writable: true },
      ],
      ...(hasTree ? { tree, treeLibrary: shellLibrary } : { foreign: true }),
      env: await this.#environment(substage),
      signal: context.signal,
    };
  }

  async #environment(substage: Substage): Promise<Record<string, string>> {
    const { context, input } = { context: this.#context, input: this.#input };
    const { stage, previous } = input;
    const { work, tree } = stageFolders(context, stage.name);
    const mirror = await context.mirror();
    return {
      ...input.variables,
      ...{ ARCH: imageArchitecture, BASE_DIR: context.projectDir, SCRIPT_DIR: shellLibrary },
      ...{ WORK_DIR: context.workDir, DEPLOY_DIR: `${context.workDir}/deploy`, LOG_FILE: '/dev/stdout' },
      ...{ STAGE: stage.name, STAGE_DIR: stage.path, STAGE_WORK_DIR: work, ROOTFS_DIR: tree },
      ...{ SUB_STAGE_DIR: substage.path, CLEAN: '0', USE_QEMU: '0', PI_GEN_RELEASE: 'Hearth' },
      ...(previous
        ? { PREV_STAGE: previous.name, PREV_STAGE_DIR: previous.path, PREV_ROOTFS_DIR: tree }
        : { PREV_STAGE: '', PREV_STAGE_DIR: '', PREV_ROOTFS_DIR: '' }),
      ...{
        DEBIAN_FRONTEND: 'noninteractive',
        DEBCONF_NONINTERACTIVE_SEEN: 'true',
        DEBCONF_NOWARNINGS: 'yes',
      },
      SOURCE_DATE_EPOCH: String(context.epochSeconds),
      HEARTH_VERSION: context.version,
      HEARTH_ARCH: imageArchitecture,
      HEARTH_LIBRARY: shellLibrary,
      HEARTH_DEBS: `${context.workDir}/debs`,
      HEARTH_APT_CONF: `${context.workDir}/host-apt.conf`,
      HEARTH_BOOTSTRAP_SOURCES: `${context.workDir}/bootstrap.list`,
      HEARTH_MIRROR: mirror.main,
      HEARTH_SECURITY_MIRROR: mirror.security,
      DEBIAN_MIRROR: context.deviceMirror.main,
      DEBIAN_SECURITY_MIRROR: context.deviceMirror.security,
    };
  }

  #say(line: string): void {
    this.#log.write(`${line}\n`);
    this.#context.emit({ type: 'output', line });
  }
}

/** Hands the tree of one stage on to the next. */
export async function moveTree(context: BuildContext, from: string, to: string): Promise<void> {
  const target = stageFolders(context, to);
  await mkdir(target.work, { recursive: true });
  await rename(stageFolders(context, from).tree, target.tree);
}

/** Removes the empty mount points that steps needed. */
export async function removeMountPoints(tree: string): Promise<void> {
  const mountPoint = `${tree}/.hearth-build`;
  if ((await readdir(mountPoint).catch(() => undefined))?.length === 0) await rmdir(mountPoint);
}
