import { promises as timers } from 'node:timers';
import { type RunResult, StepFailure, type StepTask } from '../../90-first-boot/agent/device/door.ts';
import { type FailurePair, installTexts } from './install-texts.ts';

/** How long apt may be kept waiting by another apt. */
export interface Patience {
  readonly tries: number;
  readonly pauseMs: number;
}

/** Updates of the device may be running: five minutes. */
export const usualPatience: Patience = { tries: 60, pauseMs: 5_000 };

const installMs = 45 * 60_000;
const always = [
  '-q',
  '-y',
  ...['-o', 'Acquire::Retries=3'],
  ...['-o', 'DPkg::Lock::Timeout=300'],
  // Without it apt goes on with old lists when a new one is not signed, and calls that a success.
  ...['-o', 'APT::Update::Error-Mode=any'],
];
const env = { DEBIAN_FRONTEND: 'noninteractive' };

/** Options that let apt see one source only, and leave its other lists alone. */
export function onlySource(file: string): readonly string[] {
  return [
    ...['-o', `Dir::Etc::sourcelist=${file}`],
    ...['-o', 'Dir::Etc::sourceparts=-'],
    ...['-o', 'APT::Get::List-Cleanup=0'],
  ];
}

/** Runs apt-get, and waits while another one runs. Throws a StepFailure that tells the reasons apart. */
export async function aptGet(
  task: StepTask,
  args: readonly string[],
  patience = usualPatience,
): Promise<void> {
  for (let left = patience.tries; ; left--) {
    const result = await task.run('apt-get', [...always, ...args], { timeoutMs: installMs, env });
    if (result.exitCode === 0) return;
    const reason = aptReason(result);
    if (reason !== 'busy' || left <= 1 || task.signal.aborted)
      throw new StepFailure(...failureOf(reason, result));
    await timers.setTimeout(patience.pauseMs, undefined, { signal: task.signal }).catch(() => {});
  }
}

/** Ends what a power cut left half installed. */
export async function finishInterrupted(task: StepTask): Promise<void> {
  await task.run('dpkg', ['--configure', '-a'], { timeoutMs: installMs, env });
}

type Reason = 'busy' | 'diskFull' | 'wrongKey' | 'stranger' | 'refused' | 'unreachable';

const signs: readonly (readonly [Reason, RegExp])[] = [
  ['busy', /Could not get lock|Unable to (acquire the dpkg frontend )?lock|is another process using it/i],
  ['diskFull', /No space left on device|enough free space|Disk quota exceeded/i],
  [
    'wrongKey',
    /NO_PUBKEY|BADSIG|EXPKEYSIG|REVKEYSIG|is not signed|signatures? (were|was|couldn't be|could not be) |signature verification failed|Missing key|sqv returned|No good signature/i,
  ],
  ['stranger', /certificate|Release file .* (is not (yet )?valid|is expired)|SSL|TLS/i],
  [
    'unreachable',
    /resolv|Could not connect|Cannot initiate the connection|Connection (failed|refused|timed out|reset)|Network is unreachable|No route to host|Error reading from server|Connection closed|timed out/i,
  ],
  ['refused', /Failed to fetch|Hash Sum mismatch|does not have a Release file|File has unexpected size/i],
];

/** Why apt did not work, by what it said; undefined: something else. */
export function aptReason({ stdout, stderr }: Pick<RunResult, 'stdout' | 'stderr'>): Reason | undefined {
  const said = `${stderr}\n${stdout}`;
  return signs.find(([, sign]) => sign.test(said))?.[0];
}

function failureOf(reason: Reason | undefined, { stderr, stdout }: RunResult): FailurePair {
  if (reason !== undefined) return installTexts[reason];
  const words = (stderr.trim() || stdout.trim()).split('\n').at(-1)?.slice(0, 200) ?? '';
  return [
    {
      en: `Plex could not be installed. The installer said: ${words}`,
      de: `Plex konnte nicht installiert werden. Das Installationsprogramm meldete: ${words}`,
    },
    installTexts.refused[1],
  ];
}
