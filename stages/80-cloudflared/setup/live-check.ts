import type { FieldProblem, Values } from '../../90-first-boot/agent/setup/define.ts';
import { openApi } from './cloudflare-api.ts';
import { findDomain } from './cloudflare-domain.ts';
import { FieldFailure, failures } from './failures.ts';
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
    return error instanceof FieldFailure ? [{ field: error.field, message: error.why }] : [];
  }
}
