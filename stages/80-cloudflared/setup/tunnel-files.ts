import { createHash } from 'node:crypto';
import type { DeviceLook, StepTask } from '../../90-first-boot/agent/device/door.ts';
import type { Values } from '../../90-first-boot/agent/setup/define.ts';
import type { Route } from './route.ts';

export const tunnelFolder = '/var/lib/hearth/tunnel';
export const configFile = `${tunnelFolder}/config.yml`;
/** The unit starts only when it is there. */
export const tokenFile = `${tunnelFolder}/token`;
const expectedFile = `${tunnelFolder}/expected.json`;
const settingsFile = '/usr/lib/hearth/cloudflared.json';

/** What the doctor compares the running tunnel with. */
export interface Expected {
  readonly routes: readonly Partial<Route>[];
  /** Who can change them: the owner at Cloudflare, the device itself, or a config.yml. */
  readonly how: 'token' | 'api' | 'file';
  /** Digest of the answers that led here. */
  readonly answers: string;
}

export interface TunnelSettings {
  /** Address of Cloudflare's API, without a slash at its end. */
  readonly api: string;
  /** Where cloudflared tells how it is: `127.0.0.1:20241`. */
  readonly metrics: string;
}

/** What the image says about Cloudflare's address and the metrics of cloudflared. */
export function readSettings({ read }: Pick<DeviceLook, 'read'>): TunnelSettings {
  const text = read(settingsFile);
  const settings = text === undefined ? {} : (JSON.parse(text) as Partial<TunnelSettings>);
  return { api: 'https://api.cloudflare.com/client/v4', metrics: '127.0.0.1:20241', ...settings };
}

/** Keeps what the tunnel needs. The token comes last: with it the unit may start, and all else fits to it. */
export function keepTunnel(
  task: StepTask,
  parts: { readonly token: string; readonly config: string; readonly expected: Expected },
): void {
  if (![undefined, `${parts.token}\n`].includes(task.read(tokenFile))) task.remove(tokenFile);
  keep(task, configFile, parts.config);
  keep(task, expectedFile, `${JSON.stringify(parts.expected)}\n`);
  keepToken(task, parts.token);
}

/** Keeps the token alone. */
export function keepToken(task: StepTask, token: string): void {
  keep(task, tokenFile, `${token}\n`);
}

/** Removes all of it, the token first. */
export function forgetTunnel(task: StepTask): void {
  task.remove(tokenFile);
  task.remove(tunnelFolder);
}

/** What is expected of the tunnel; undefined if there is none. */
export function readExpected(device: DeviceLook): Expected | undefined {
  return device.read(tokenFile) === undefined ? undefined : readPrepared(device);
}

/** The same, also when the tunnel lost its token because it was the wrong one. */
export function readPrepared(device: DeviceLook): Expected | undefined {
  const text = device.read(expectedFile);
  return text === undefined ? undefined : (JSON.parse(text) as Expected);
}

/** Digest of answers, to see whether they are others. */
export function digestOf(values: Values): string {
  return createHash('sha256')
    .update(JSON.stringify(Object.entries(values).sort()))
    .digest('hex');
}

function keep(task: StepTask, path: string, text: string): void {
  if (task.read(path) !== text) task.write(path, text, 0o600);
}
