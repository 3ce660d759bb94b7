import { AskFailure, ask } from '../../90-first-boot/agent/device/door.ts';

export const plexPort = 32_400;

/** `away`: nothing answers as Plex. `starting`: Plex answers that it is not ready yet. */
export type PlexState = 'away' | 'starting' | 'unclaimed' | 'claimed';

/** Asks the Plex of this device who it is. */
export async function askPlex(port: number, signal?: AbortSignal): Promise<PlexState> {
  try {
    const { status, body } = await ask({
      url: `http://127.0.0.1:${port}/identity`,
      timeoutMs: 5_000,
      ...(signal === undefined ? {} : { signal }),
    });
    if (status === 503) return 'starting';
    const [, claimed] = /<MediaContainer\s[^>]*\bclaimed="([01])"/.exec(body.toString('utf8')) ?? [];
    if (status !== 200 || claimed === undefined) return 'away';
    return claimed === '1' ? 'claimed' : 'unclaimed';
  } catch (error) {
    if (error instanceof AskFailure) return 'away';
    throw error;
  }
}
