import { promises as timers } from 'node:timers';
import { StepFailure, type StepTask } from '../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../90-first-boot/agent/setup/define.ts';
import type { LocalText } from '../../90-first-boot/agent/text/local-text.ts';

export interface StartTimes {
  /** How long k3s may take. On a card the container images alone take minutes. */
  readonly limitMs: number;
  readonly pauseMs: number;
}

/** Starts k3s and waits until it works. */
export const startStep: SetupStep = makeStartStep({ limitMs: 900_000, pauseMs: 3_000 });

/** The step that starts k3s, with other times for tests. */
export function makeStartStep(times: StartTimes): SetupStep {
  return {
    id: 'k3s.start',
    order: 210,
    title: { en: 'Starting the apps (k3s)', de: 'Apps starten (k3s)' },
    // Not skipped answers: nothing is fetched for a device that is to run no apps.
    uses: ['cluster'],
    needs: ['k3s', 'k3s-images'],
    seconds: 180,
    isOptional: true,
    run: async (task) => {
      const role = task.answers('cluster')?.['role'];
      if (role !== undefined) await start(task, role === 'agent', times);
    },
  };
}

async function start(task: StepTask, isAgent: boolean, times: StartTimes): Promise<void> {
  const beganMs = Date.now();
  await task.must('systemctl', ['--no-block', 'start', 'k3s.service']);
  while (!task.signal.aborted) {
    const state = await unitState(task);
    if (state === 'skipped') throw new StepFailure(messages.skipped, messages.skippedTodo);
    if (state === 'active' && (isAgent || (await isReady(task)))) return;
    await failIfHopeless(task, isAgent, { beganMs, limitMs: times.limitMs });
    // Most devices take about three minutes; nobody knows how far k3s itself is.
    const fraction = Math.min(0.95, (Date.now() - beganMs) / 240_000);
    task.progress(fraction, state === 'active' ? messages.answers : messages.starts);
    await timers.setTimeout(times.pauseMs, undefined, { signal: task.signal }).catch(() => {});
  }
}

async function failIfHopeless(
  task: StepTask,
  isAgent: boolean,
  { beganMs, limitMs }: { readonly beganMs: number; readonly limitMs: number },
): Promise<void> {
  const words = await lastWords(task, `@${Math.floor(beganMs / 1_000)}`);
  const cause = isAgent ? causeForAgent(words) : undefined;
  const isLate = Date.now() - beganMs >= limitMs;
  if (cause === undefined && !isLate) return;
  task.log(words);
  throw cause ?? new StepFailure(...(/no default route/i.test(words) ? noNetwork : tooLong));
}

async function unitState(task: StepTask): Promise<'active' | 'skipped' | 'other'> {
  const { stdout } = await task.run(
    'systemctl',
    ['show', '--property=ActiveState,ConditionResult,Result,Job', 'k3s.service'],
    { timeoutMs: 10_000 },
  );
  const values = new Map(stdout.split('\n').map((line) => line.split('=', 2) as [string, string]));
  if (values.get('ActiveState') === 'active') return 'active';
  // A number: systemd has still to begin.
  const hasJob = !['', '0', undefined].includes(values.get('Job'));
  const isOff = values.get('ActiveState') === 'inactive' && !hasJob;
  const wasSkipped = values.get('ConditionResult') === 'no' || values.get('Result') === 'exec-condition';
  return isOff && wasSkipped ? 'skipped' : 'other';
}

async function isReady(task: StepTask): Promise<boolean> {
  const answer = await task.run('/usr/local/bin/k3s', ['kubectl', 'get', '--raw', '/readyz'], {
    timeoutMs: 30_000,
  });
  return answer.exitCode === 0 && answer.stdout.trim() === 'ok';
}

async function lastWords(task: StepTask, since: string): Promise<string> {
  const { stdout } = await task.run(
    'journalctl',
    ['--unit=k3s.service', `--since=${since}`, '--lines=15', '--output=cat', '--no-pager'],
    { timeoutMs: 10_000 },
  );
  return stdout;
}

/** What keeps an agent from its server and does not pass by itself. */
function causeForAgent(words: string): StepFailure | undefined {
  if (/CA hash|certificate signed by unknown authority/i.test(words))
    return new StepFailure(messages.otherServer, messages.tokenTodo);
  if (/401 Unauthorized|not authorized|invalid token/i.test(words))
    return new StepFailure(messages.refused, messages.tokenTodo);
  if (/node password rejected|duplicate hostname/i.test(words))
    return new StepFailure(messages.nameTaken, messages.nameTodo);
  return undefined;
}

const messages = {
  starts: { en: 'k3s is starting', de: 'k3s startet' },
  answers: { en: 'Waiting for k3s to answer', de: 'Warten, bis k3s antwortet' },
  skipped: {
    en: 'k3s was not started: its disk or its container images are missing.',
    de: 'k3s wurde nicht gestartet: Sein Datenträger oder seine Container-Images fehlen.',
  },
  skippedTodo: {
    en: 'See that the disk for the apps is connected, then try again.',
    de: 'Prüfen Sie, ob der Datenträger für die Apps angeschlossen ist, und versuchen Sie es noch einmal.',
  },
  otherServer: {
    en: 'The token belongs to another device than the one at this address.',
    de: 'Das Token gehört zu einem anderen Gerät als dem unter dieser Adresse.',
  },
  refused: {
    en: 'The other device does not accept the token.',
    de: 'Das andere Gerät nimmt das Token nicht an.',
  },
  tokenTodo: {
    en: 'The status page of the other device tells its address and token. Enter both again.',
    de: 'Die Statusseite des anderen Geräts nennt Adresse und Token. Geben Sie beide noch einmal ein.',
  },
  nameTaken: {
    en: 'The other device knows a device of this name already.',
    de: 'Das andere Gerät kennt schon ein Gerät mit diesem Namen.',
  },
  nameTodo: {
    en: 'In a terminal of the other device, remove the old one: sudo k3s kubectl delete node NAME. Then try again.',
    de: 'Entfernen Sie in einem Terminal des anderen Geräts das alte: sudo k3s kubectl delete node NAME. Versuchen Sie es dann noch einmal.',
  },
} as const;

const noNetwork: readonly [LocalText, LocalText] = [
  { en: 'k3s needs a network with a router.', de: 'k3s braucht ein Netz mit einem Router.' },
  {
    en: 'Connect the device with your router, then try again.',
    de: 'Verbinden Sie das Gerät mit Ihrem Router, und versuchen Sie es dann noch einmal.',
  },
];

const tooLong: readonly [LocalText, LocalText] = [
  { en: 'k3s does not work yet, after 15 minutes.', de: 'k3s arbeitet nach 15 Minuten noch nicht.' },
  {
    en: 'If this device joins another one: see that both are in the same network, and that the other one lets devices join. Then try again; the log of this step tells more.',
    de: 'Wenn dieses Gerät einem anderen beitritt: Prüfen Sie, ob beide im selben Netz sind und ob das andere Gerät weitere aufnimmt. Versuchen Sie es dann noch einmal; das Protokoll dieses Schritts sagt mehr.',
  },
];
