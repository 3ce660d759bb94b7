import { spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { makeStartStep } from '../../../stages/80-cloudflared/setup/start-step.ts';
import { configFile, tokenFile } from '../../../stages/80-cloudflared/setup/tunnel-files.ts';
import { setup } from '../../../stages/80-cloudflared/setup.ts';
import { StepFailure } from '../../../stages/90-first-boot/agent/device/door.ts';
import type { CheckResult, SetupStep, Topic } from '../../../stages/90-first-boot/agent/setup/define.ts';
import { localText } from '../../../stages/90-first-boot/agent/text/local-text.ts';
import type { Cloudflare } from '../../understudies/cloudflare-state.ts';
import { type FakeDevice, fakeDevice } from '../20-system-setup/fake-device.ts';

export const program = join(import.meta.dirname, '../../understudies/cloudflared.mjs');
export const apiToken = 'Abcdefghij_klmnopqrstuvwxyz-0123456789AB';
export const prepare = stepOf('tunnel.prepare');
export const start = makeStartStep({ lookMs: 50, limitMs: 10_000 });
export const topic = setup.topics?.[0] as Topic;

/** A fake device whose cloudflared is the understudy, and whose API and edge are those of `cloudflare`. */
export interface TunnelDevice extends FakeDevice {
  readonly metrics: string;
  /** What cloudflared wrote, as the journal. */
  readonly journal: () => string;
  readonly stop: () => Promise<void>;
}

/** Makes the device; `stop` ends its cloudflared and removes it. */
export async function tunnelDevice(cloudflare?: Pick<Cloudflare, 'base' | 'edge'>): Promise<TunnelDevice> {
  const metrics = `127.0.0.1:${await freePort()}`;
  const device = fakeDevice({
    '/usr/lib/hearth/cloudflared.json': JSON.stringify({
      api: cloudflare?.base ?? 'http://127.0.0.1:9',
      metrics,
    }),
    '/etc/cloudflared-understudy.json': JSON.stringify({ edge: cloudflare?.edge ?? 'http://127.0.0.1:9' }),
  });
  const service = cloudflaredService(device, metrics);
  device.programs['systemctl'] = (args) => {
    const line = args.join(' ');
    if (line === '--no-block restart cloudflared.service') return service.restart();
    return line === 'stop cloudflared.service' ? service.end() : undefined;
  };
  device.programs['journalctl'] = (args) =>
    args[0] === '--unit=cloudflared.service' ? { stdout: service.journal() } : undefined;
  return {
    ...device,
    metrics,
    journal: service.journal,
    stop: async () => {
      service.end();
      await service.ended();
      device.remove();
    },
  };
}

/** Runs the understudy once with these words; its exit code and all it said. */
export function runOnce(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ['--jitless', program, ...words], { env });
  let said = '';
  child.stdout.on('data', (part) => (said += String(part)));
  child.stderr.on('data', (part) => (said += String(part)));
  const exitCode = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, exitCode, said: () => said };
}

/** What the owner is told when the work fails, in English. */
export async function failureOf(
  work: Promise<unknown>,
): Promise<{ readonly why: string; readonly todo: string }> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StepFailure)) throw new Error(`no failure for the owner: ${String(error)}`);
  return { why: localText(error.why, 'en'), todo: localText(error.todo ?? '', 'en') };
}

/** All checks of the stage: connection, route. */
export async function doctor({ look }: FakeDevice): Promise<readonly CheckResult[]> {
  return await Promise.all((setup.checks ?? []).map(async (check) => await check.run(look)));
}

export function states(results: readonly CheckResult[]): readonly string[] {
  return results.map(({ state }) => state);
}

/** Waits until it holds, for five seconds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 5_000;
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error('it does not come true');
    await setTimeout(25);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function cloudflaredService(device: FakeDevice, metrics: string) {
  let now: ReturnType<typeof runOnce> | undefined;
  let before = '';
  const edgeFile = device.look.path('/etc/cloudflared-understudy.json');
  const end = () => {
    before += now?.said() ?? '';
    now?.child.kill('SIGTERM');
    return {};
  };
  return {
    end,
    ended: async () => await now?.exitCode,
    journal: () => before + (now?.said() ?? ''),
    restart: () => {
      const previous = now;
      end();
      // As systemd does: a condition that does not hold is no failure.
      if (!device.has(tokenFile)) return {};
      const words = `tunnel --config ${device.look.path(configFile)} --no-autoupdate --metrics ${metrics} run --token-file ${device.look.path(tokenFile)}`;
      previous?.child.kill('SIGKILL');
      now = runOnce(words.split(' '), { CLOUDFLARED_UNDERSTUDY: edgeFile });
      return {};
    },
  };
}

function stepOf(id: string): SetupStep {
  return setup.steps?.find((step) => step.id === id) as SetupStep;
}

/** Writes a file as a credential: only its owner reads it. */
export function putSecret(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o600);
}
