import { promises as timers } from 'node:timers';
import { StepFailure, type StepTask } from '../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../90-first-boot/agent/setup/define.ts';
import { activeRules, covers, readyState } from './metrics.ts';
import { fieldsText, type Route } from './route.ts';
import {
  configFile,
  type Expected,
  keepToken,
  readPrepared,
  readSettings,
  tokenFile,
} from './tunnel-files.ts';
import { findTunnelToken } from './tunnel-token.ts';

const unit = 'cloudflared.service';
const program = '/usr/local/bin/cloudflared';

export interface StartPauses {
  /** Between two looks whether the tunnel is up. */
  readonly lookMs: number;
  /** After that the owner is told; the tunnel goes on trying. */
  readonly limitMs: number;
}

/** Starts the tunnel and waits until Cloudflare has accepted it. */
export function makeStartStep(
  { lookMs, limitMs }: StartPauses = { lookMs: 2_000, limitMs: 120_000 },
): SetupStep {
  return {
    id: 'tunnel.start',
    order: 121,
    title: { en: 'Opening the way into the Internet', de: 'Weg ins Internet öffnen' },
    uses: ['tunnel'],
    needs: ['cloudflared'],
    afterClaim: true,
    seconds: 15,
    isOptional: true,
    run: async (task) => {
      const expected = readPrepared(task);
      if (expected === undefined) throw notPrepared();
      const { how } = expected;
      if (how === 'token') bringTokenBack(task);
      if (how === 'file') await checkConfig(task);
      const sinceSeconds = Math.floor(Date.now() / 1_000);
      await task.must('systemctl', ['--no-block', 'restart', unit]);
      await waitUntilReady(task, { lookMs, limitMs, sinceSeconds });
      if (how === 'token') await refuseForeign(task, expected, lookMs);
    },
  };
}

async function checkConfig(task: StepTask): Promise<void> {
  const check = await task.run(program, ['tunnel', '--config', configFile, 'ingress', 'validate']);
  if (check.exitCode === 0) return;
  await task.must('systemctl', ['stop', unit]);
  const [reason = ''] = /Validation failed: .+/.exec(`${check.stdout}\n${check.stderr}`) ?? [];
  throw new StepFailure(
    {
      en: `cloudflared does not accept the config.yml. ${reason}`.trim(),
      de: `cloudflared nimmt die config.yml nicht an. ${reason}`.trim(),
    },
    {
      en: 'Correct it in the settings of the tunnel.',
      de: 'Berichtigen Sie sie in den Einstellungen des Tunnels.',
    },
  );
}

async function waitUntilReady(
  task: StepTask,
  { lookMs, limitMs, sinceSeconds }: StartPauses & { readonly sinceSeconds: number },
): Promise<void> {
  const { metrics } = readSettings(task);
  const beganMs = Date.now();
  for (;;) {
    await timers.setTimeout(lookMs, undefined, { signal: task.signal }).catch(() => {});
    if (task.signal.aborted) return;
    const { connections = 0 } = await readyState(metrics);
    if (connections > 0) return;
    const passedMs = Date.now() - beganMs;
    if (await isRefused(task, sinceSeconds)) throw refusedToken();
    if (passedMs > limitMs) throw notConnected();
    task.progress(Math.min(0.9, passedMs / limitMs));
  }
}

/** cloudflared tells only its log that Cloudflare does not accept the token. */
async function isRefused(task: StepTask, sinceSeconds: number): Promise<boolean> {
  const args = [`--unit=${unit}`, `--since=@${sinceSeconds}`, '--output=cat', '--lines=200', '--quiet'];
  const { stdout } = await task.run('journalctl', args, { timeoutMs: 8_000 });
  return /Unauthorized|Invalid tunnel secret|Tunnel not found|token is not valid/i.test(stdout);
}

/** It was taken away when it turned out to be the token of another tunnel. The owner may have put that right. */
function bringTokenBack(task: StepTask): void {
  const { token } = findTunnelToken(task.answers('tunnel')?.['token'] ?? '');
  if (token !== undefined) keepToken(task, token.text);
}

/**
 * A tunnel that leads other names has another device behind it: Cloudflare would send this device half of its visitors. A
 * tunnel without any name is a new one.
 */
async function refuseForeign(task: StepTask, { routes }: Expected, lookMs: number): Promise<void> {
  // Cloudflare sends the rules just after the connection is up.
  await timers.setTimeout(lookMs, undefined, { signal: task.signal }).catch(() => {});
  const rules = (await activeRules(readSettings(task).metrics)) ?? [];
  const names = [...new Set(rules.flatMap(({ hostname }) => (hostname ? [hostname] : [])))];
  const [route] = routes;
  const { hostname = '' } = route ?? {};
  if (task.signal.aborted || names.length === 0 || rules.some((rule) => covers(rule, hostname))) return;
  await task.must('systemctl', ['stop', unit]);
  task.remove(tokenFile);
  throw foreignTunnel(hostname, names.slice(0, 5).join(', '), fieldsText(route as Route));
}

function foreignTunnel(hostname: string, names: string, fields: ReturnType<typeof fieldsText>): StepFailure {
  return new StepFailure(
    {
      en: `This is the token of a tunnel for ${names}, not for ${hostname}. The device has closed it again.`,
      de: `Das ist das Token eines Tunnels für ${names}, nicht für ${hostname}. Das Gerät hat ihn wieder geschlossen.`,
    },
    {
      en: `Enter the token of the right tunnel in the settings of the tunnel. If it is the right one: first enter at Cloudflare ${fields.en} Then try again.`,
      de: `Geben Sie in den Einstellungen des Tunnels das Token des richtigen Tunnels ein. Wenn es der richtige ist: Tragen Sie zuerst bei Cloudflare ein: ${fields.de} Versuchen Sie es dann noch einmal.`,
    },
  );
}

function notPrepared(): StepFailure {
  return new StepFailure(
    { en: 'The tunnel is not prepared yet.', de: 'Der Tunnel ist noch nicht vorbereitet.' },
    {
      en: 'First put right what kept the step before this one from being done.',
      de: 'Beheben Sie zuerst, was den Schritt davor verhindert hat.',
    },
  );
}

function refusedToken(): StepFailure {
  return new StepFailure(
    {
      en: 'Cloudflare does not accept the token: the tunnel was deleted, or the token was replaced by a new one.',
      de: 'Cloudflare nimmt das Token nicht an: Der Tunnel wurde gelöscht, oder das Token wurde durch ein neues ersetzt.',
    },
    {
      en: 'Copy the token of the tunnel at Cloudflare once more and enter it in the settings of the tunnel.',
      de: 'Kopieren Sie das Token des Tunnels bei Cloudflare noch einmal und geben Sie es in den Einstellungen des Tunnels ein.',
    },
  );
}

function notConnected(): StepFailure {
  return new StepFailure(
    {
      en: 'The tunnel has no connection to Cloudflare yet. It goes on trying by itself.',
      de: 'Der Tunnel hat noch keine Verbindung zu Cloudflare. Er versucht es von selbst weiter.',
    },
    {
      en: 'See that the device reaches the Internet and that no firewall of your network holds port 7844 back, then try again.',
      de: 'Sorgen Sie dafür, dass das Gerät ins Internet kommt und keine Firewall Ihres Netzes den Port 7844 sperrt, und versuchen Sie es dann noch einmal.',
    },
  );
}
