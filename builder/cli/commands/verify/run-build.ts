import { appendFile, cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import type { Edition } from '../../../config/schema.ts';
import type { ErrorCode } from '../../../errors/catalogue.ts';
import { HearthError } from '../../../errors/hearth-error.ts';
import { asUser } from '../../../host/other-user.ts';
import { runProcess } from '../../../host/process.ts';
import { formatDuration } from '../../../text/duration.ts';
import { type Circumstances, fixed, withHostName } from './circumstances.ts';
import type { Checkout } from './copy-project.ts';

export interface BuildSide {
  readonly name: 'A' | 'B';
  readonly checkout: Checkout;
  readonly cacheDir: string;
  readonly outDir: string;
  /** Given for B: what is different. */
  readonly circumstances?: Circumstances;
  /** HOME of another user. */
  readonly home: string;
  /** The record of packages that this build must take. */
  readonly lockFile?: string | undefined;
}

export interface BuildOptions {
  readonly edition: Edition | undefined;
  /** Gets the full output of the build, and the logs of its stages if it fails. */
  readonly logDir: string;
  readonly show: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Runs `hearth build` to its end. Throws with its last lines if it fails; its log is kept. */
export async function runBuild(side: BuildSide, options: BuildOptions): Promise<void> {
  const startedAt = Date.now();
  const logFile = `${options.logDir}/build-${side.name.toLowerCase()}.log`;
  await mkdir(options.logDir, { recursive: true });
  await writeFile(logFile, '');
  let logged: Promise<void> = Promise.resolve();
  const result = await runProcess(buildCommand(side, options.edition), {
    cwd: side.checkout.projectDir,
    env: environmentOf(side),
    signal: options.signal,
    onLine: (line) => {
      logged = logged.then(async () => await appendFile(logFile, `${line}\n`)).catch(() => {});
      const elapsed = formatDuration(Date.now() - startedAt).padStart(12);
      if (line.trim() !== '') options.show(`${side.name} ${elapsed}  ${line}`);
    },
  });
  await logged;
  options.signal.throwIfAborted();
  if (result.exitCode === 0) return;
  const stageLogs = `${options.logDir}/build-${side.name.toLowerCase()}`;
  await cp(`${side.outDir}/logs`, stageLogs, { recursive: true, force: true }).catch(() => {});
  throw new HearthError(codeFor(result.exitCode), {
    what: `Build ${side.name} failed with exit code ${result.exitCode}.`,
    why:
      side.name === 'A'
        ? 'It is an ordinary build with empty caches, so nothing could be compared.'
        : 'Build A was done; B failed under changed circumstances, so nothing could be compared.',
    details: result.stderr.trimEnd().split('\n').slice(-25).join('\n'),
    state: `Its output is kept in ${logFile}, the logs of its stages in ${stageLogs}.`,
    todo: 'Mend what the lines above say. --keep leaves the folders of both builds for a look.',
  });
}

/** The images in an output folder, sorted. */
export async function imagesIn(outDir: string): Promise<string[]> {
  return (await readdir(outDir)).filter((name) => name.endsWith('.img')).sort();
}

/** Each program hands over to the next one by exec, so a signal reaches the build itself. */
export function buildCommand(side: BuildSide, edition: Edition | undefined): readonly string[] {
  const { code, configPath } = side.checkout;
  const found = side.circumstances;
  const umask = found ? fixed.b.umask : fixed.a.umask;
  return [
    ...withHostName(found?.hostName),
    ...(found?.core === undefined ? [] : ['taskset', '-c', String(found.core)]),
    ...asUser(found?.user),
    ...['sh', '-c', `umask ${umask} && exec "$@"`, 'sh'],
    ...[process.execPath, '--import', `${code}/node_modules/tsx/dist/loader.mjs`, `${code}/builder/main.ts`],
    ...['build', '--config', configPath],
    ...(edition === undefined ? [] : ['--edition', edition]),
    ...(side.lockFile === undefined ? [] : ['--locked', side.lockFile]),
  ];
}

/** Variables that name folders of the calling user, or the caller himself. */
const personal = /^(TMPDIR|TMP|TEMP|MAIL|PWD|OLDPWD|XDG_.*|SUDO_.*)$/;

function environmentOf(side: BuildSide): Record<string, string> {
  const found = side.circumstances;
  const { locale, timeZone } = found ? fixed.b : fixed.a;
  const inherited = Object.entries(process.env).filter(
    ([name, value]) =>
      value !== undefined &&
      !name.startsWith('LC_') &&
      name !== 'HEARTH_CLOCK_OFFSET' &&
      !(found?.user && personal.test(name)),
  ) as [string, string][];
  return {
    ...Object.fromEntries(inherited),
    // One line an event, without cursor movements and colours.
    CI: '1',
    NO_COLOR: '1',
    LANG: locale,
    LC_ALL: locale,
    TZ: timeZone,
    HEARTH_PROJECT_DIR: side.checkout.projectDir,
    HEARTH_CACHE_DIR: side.cacheDir,
    HEARTH_OUT_DIR: side.outDir,
    ...(found ? { HEARTH_CLOCK_OFFSET: fixed.b.clockOffset } : {}),
    ...(found?.user ? { HOME: side.home, USER: found.user.name, LOGNAME: found.user.name } : {}),
  };
}

/** A failed build ends us with its own exit code. */
function codeFor(exitCode: number): ErrorCode {
  const codes: Readonly<Record<number, ErrorCode>> = {
    2: 'ERR_CONFIG_INVALID',
    3: 'ERR_HOST_UNSUITABLE',
    4: 'ERR_DOWNLOAD',
  };
  return codes[exitCode] ?? 'ERR_STEP_FAILED';
}
