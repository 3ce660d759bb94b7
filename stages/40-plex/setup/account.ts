import { createHash, randomUUID } from 'node:crypto';
import { AskFailure, ask, type DeviceLook, type Reply } from '../../90-first-boot/agent/device/door.ts';
import type { Values } from '../../90-first-boot/agent/setup/define.ts';
import type { LocalText } from '../../90-first-boot/agent/text/local-text.ts';
import { claimTexts } from './claim-texts.ts';
import { accountFile, plexSettings } from './places.ts';

/** What makes this device a server of somebody's account at Plex. */
export type Account = {
  /** The secret by which Plex knows the server. */
  readonly token: string;
  /** A UUID that only this device has. */
  readonly machineId: string;
  /** The claim code that became the token. */
  readonly exchanged: string;
};

export type Claimed = { readonly account: Account } | { readonly problem: LocalText };

const timeoutMs = 15_000;

/** The code as Plex gave it: pasting adds spaces. */
export function claimCode(text: string): string {
  return text.trim();
}

/** The account that the code of these answers became; undefined: it was not exchanged yet. */
export function knownAccount(values: Values, device: Pick<DeviceLook, 'read'>): Account | undefined {
  const code = claimCode(values['claim'] ?? '');
  for (const { token, machineId, exchanged } of [values, keptAccount(device)]) {
    if (token && machineId && exchanged === code) return { token, machineId, exchanged };
  }
  return undefined;
}

/** Shows the code to Plex, which takes each one once and only for four minutes. */
export async function claim(
  { code, machineId = randomUUID() }: { readonly code: string; readonly machineId?: string | undefined },
  device: Pick<DeviceLook, 'read'>,
  signal?: AbortSignal,
): Promise<Claimed> {
  try {
    const reply = await ask({
      // In the address, as Plex's own container does it: the connection is encrypted, and the code worthless afterwards.
      url: `${plexSettings(device).accounts}/api/claim/exchange?token=${encodeURIComponent(code)}`,
      method: 'POST',
      headers: {
        'Content-Length': '0',
        'X-Plex-Client-Identifier': processedId(machineId),
        'X-Plex-Product': 'Plex Media Server',
        'X-Plex-Version': '1.1',
        'X-Plex-Provides': 'server',
        'X-Plex-Platform': 'Linux',
        'X-Plex-Platform-Version': '1.0',
        'X-Plex-Device-Name': 'PlexMediaServer',
        'X-Plex-Device': 'Linux',
      },
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
    });
    return claimedBy(reply, { machineId, exchanged: code });
  } catch (error) {
    if (!(error instanceof AskFailure)) throw error;
    return { problem: claimTexts[error.reason] };
  }
}

/** The name by which Plex knows the device: made from its UUID. */
export function processedId(machineId: string): string {
  return createHash('sha1').update(`${machineId}- Plex Media Server`).digest('hex');
}

function claimedBy({ status, body }: Reply, known: Omit<Account, 'token'>): Claimed {
  if (status === 429) return { problem: claimTexts.busy };
  if (status >= 400 && status < 500) return { problem: claimTexts.expired };
  const [, token] = /<authentication-token>\s*([A-Za-z0-9_-]{8,200})\s*<\/authentication-token>/.exec(
    body.toString('utf8'),
  ) ?? ['', undefined];
  return status < 300 && token !== undefined
    ? { account: { ...known, token } }
    : { problem: claimTexts.broken };
}

function keptAccount(device: Pick<DeviceLook, 'read'>): Values {
  try {
    return JSON.parse(device.read(accountFile) ?? '{}') as Values;
  } catch {
    return {};
  }
}
