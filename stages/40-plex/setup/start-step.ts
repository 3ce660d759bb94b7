import { promises as timers } from 'node:timers';
import { StepFailure, type StepTask } from '../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../90-first-boot/agent/setup/define.ts';
import { type Account, knownAccount } from './account.ts';
import { packageState } from './dpkg.ts';
import { askPlex, plexPort } from './identity.ts';
import type { FailurePair } from './install-texts.ts';
import { drafts, home, plexSettings, preferencesFile, readyFile, unit } from './places.ts';
import { withAccount } from './preferences.ts';
import { startTexts } from './start-texts.ts';

/** Where Plex answers, and how long its first start may take. */
export interface StartOptions {
  readonly port: number;
  readonly tries: number;
  readonly pauseMs: number;
}

/** Three minutes: a first start makes a database, on a slow card. */
const usual: StartOptions = { port: plexPort, tries: 90, pauseMs: 2_000 };

/** As plex: root writes nothing in a folder that another user could turn into a link. The token goes by standard input. */
const writeAsPlex = `umask 077; mkdir -p "\${1%/*}"; cat > "$1.new"; sync "$1.new"; mv -f "$1.new" "$1"`;
/** Drafts of the image and where they count: only a device with Plex opens ports for it and lists it. */
const placed = {
  'plex.nft': '/etc/nftables.d/40-plex.nft',
  'avahi.service': '/etc/avahi/services/plex.service',
  'status.json': '/usr/lib/hearth/services.d/40-plex.json',
} as const;

/** Gives Plex its account and starts it. */
export function startStep(options: StartOptions = usual): SetupStep {
  return {
    id: 'plex.start',
    order: 111,
    title: { en: 'Starting Plex', de: 'Plex starten' },
    uses: ['plex'],
    seconds: 40,
    isOptional: true,
    run: async (task) => {
      const answers = task.answers('plex') ?? {};
      if (answers['terms'] !== 'accepted') return;
      if (!(await packageState(task, 'plexmediaserver'))?.startsWith('installed '))
        throw new StepFailure(...startTexts.notInstalled);
      const account = knownAccount(answers, task);
      if (account === undefined) throw new StepFailure(...startTexts.noAccount);
      await giveAccount(task, account);
      for (const [draft, place] of Object.entries(placed)) await put(task, draft, place);
      await task.must('systemctl', ['reload', 'nftables.service']);
      await task.must('systemctl', ['--quiet', 'enable', unit]);
      await task.must('systemctl', ['start', unit], { timeoutMs: 180_000 });
      await task.must('sync', [], { timeoutMs: 120_000 });
      task.progress(0.3, { en: 'Plex is starting', de: 'Plex startet' });
      await waitForPlex(task, options);
    },
    undo: async (task) => {
      for (const file of [readyFile, ...Object.values(placed)]) task.remove(file);
    },
  };
}

/**
 * While the file by which Plex may start is away, the settings may be half written: a power cut leaves a Plex that waits
 * for this step, never one with another identity.
 */
async function giveAccount(task: StepTask, account: Account): Promise<void> {
  const { transcode } = plexSettings(task);
  const before = task.read(preferencesFile);
  const name = task.read('/etc/hostname')?.trim() || 'hearth';
  const text = withAccount(before, { account, name, transcode });
  if (before === text && task.read(readyFile) !== undefined) return;
  task.remove(readyFile);
  await task.must('systemctl', ['stop', unit], { timeoutMs: 120_000 });
  await task.must('runuser', ['-u', 'plex', '--', 'sh', '-ec', writeAsPlex, 'sh', preferencesFile], {
    input: text,
  });
  if (transcode.startsWith('/srv/'))
    await task.must('install', ['-d', '-m', '700', '-o', 'plex', '-g', 'plex', transcode]);
  await task.must('sync', [], { timeoutMs: 120_000 });
  task.write(readyFile, `Plex may start: its settings in ${home} are complete.\n`, 0o644);
}

async function put(task: StepTask, draft: string, place: string): Promise<void> {
  const text = task.read(`${drafts}/${draft}`);
  if (text === undefined) throw new Error(`${drafts}/${draft} is not in the image`);
  if (task.read(place) !== text) task.write(place, text, 0o644);
}

async function waitForPlex(task: StepTask, { port, tries, pauseMs }: StartOptions): Promise<void> {
  for (let turn = 1; ; turn++) {
    const state = await askPlex(port, task.signal);
    if (state === 'claimed' || task.signal.aborted) return;
    if (turn >= tries) {
      task.log(`Plex is ${state}`);
      const texts: FailurePair = state === 'unclaimed' ? startTexts.unclaimed : startTexts.silent;
      throw new StepFailure(...texts);
    }
    task.progress(0.3 + 0.7 * (turn / tries));
    await timers.setTimeout(pauseMs, undefined, { signal: task.signal }).catch(() => {});
  }
}
