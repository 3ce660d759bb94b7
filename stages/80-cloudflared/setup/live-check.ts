import { StepFailure } from '../../90-first-boot/agent/device/door.ts';
import type { FieldProblem, Values } from '../../90-first-boot/agent/setup/define.ts';
import { openApi } from './cloudflare-api.ts';
import { findDomain } from './cloudflare-domain.ts';
import { failures } from './failures.ts';
import { findTunnelToken } from './tunnel-token.ts';

/**
 * Asks Cloudflare whether the API token and the name can work together, while the owner is still there. Changes nothing.
 * What can not be found out now is no problem: the device looks again when it sets the tunnel up.
 */
export async function liveProblems(
  api: string,
  { how, apiToken, hostname, existingTunnel = '' }: Values,
  signal: AbortSignal,
): Promise<readonly FieldProblem[]> {
  if (how !== 'api' || apiToken === undefined || hostname === undefined) return [];
  const cloudflare = openApi({ base: api, token: apiToken.trim(), signal, timeoutMs: 8_000 });
  try {
    const domain = await findDomain(cloudflare, hostname);
    const { token } = findTunnelToken(existingTunnel);
    if (token === undefined || token.account === domain.account) return [];
    return [{ field: 'existingTunnel', message: failures.foreignTunnel().why }];
  } catch (error) {
    return error instanceof StepFailure ? problemsOf(error, hostname) : [];
  }
}

/** The failure's English text names it: failures are made in one place. */
function problemsOf({ why }: StepFailure, hostname: string): readonly FieldProblem[] {
  const isLike = (other: StepFailure) => JSON.stringify(other.why) === JSON.stringify(why);
  if (isLike(failures.noZone(hostname))) return [{ field: 'hostname', message: why }];
  const aboutToken = [failures.badToken(), failures.endedToken(), failures.noRight('Zone: Zone: Read')];
  return aboutToken.some(isLike) ? [{ field: 'apiToken', message: why }] : [];
}
