import { HearthError } from '../errors/hearth-error.ts';
import { count } from '../text/count.ts';
import type { Artifact } from './artifact.ts';
import { upstreamOf, versionOf } from './upstream.ts';
import { compareVersions } from './version-order.ts';

/** Known flaws of what one maker publishes. */
interface Floor {
  /** Its names in the lock, and its names at the maker's. */
  readonly of: readonly string[];
  /** Older versions are refused. */
  readonly least: string;
  readonly reason: string;
  /** Newer ones that are refused too. */
  readonly except?: readonly string[];
  /** Not refused, but said. */
  readonly better?: readonly { readonly from: string; readonly below: string; readonly reason: string }[];
}

const floors: readonly Floor[] = [
  {
    of: ['k3s', 'k3s-images', 'k3s-io/k3s'],
    least: 'v1.36.4',
    reason: 'older versions lack security fixes, and the stages are made for v1.36.4 and later',
    better: [
      {
        from: 'v1.36.4',
        below: 'v1.36.5',
        reason: 'v1.36.5 refuses anonymous requests to the supervisor and mends CVE-2026-84445 in grpc',
      },
      {
        from: 'v1.37.0',
        below: 'v1.37.1',
        reason: 'v1.37.1 refuses anonymous requests to the supervisor and mends CVE-2026-84445 in grpc',
      },
    ],
  },
  {
    of: ['cloudflared', 'cloudflare/cloudflared'],
    least: '2026.7.2',
    except: ['2026.8.0', '2026.8.1'],
    reason:
      'before 2026.7.2 its service shows the token in the process list (VULN-118896); 2026.8.0 and 2026.8.1 rewrite paths in a way that gets round access rules (VULN-141859)',
  },
  {
    of: ['plex', 'plexmediaserver'],
    least: '1.43.3.10896',
    reason: 'older versions let whoever has a server token read files and run programs',
    better: [
      {
        from: '1.43.3.10896',
        below: '1.43.4.10903',
        reason: '1.43.4.10903 closes a way to read files through symbolic links',
      },
    ],
  },
  {
    of: ['mastodon', 'mastodon-streaming', 'mastodon/mastodon', 'mastodon/mastodon-streaming'],
    least: 'v4.7.4',
    reason: 'older versions do not check identifiers of other servers well enough (GHSA-288h-6j8h-6x5j)',
  },
];

/** Why this version may not be used; undefined if it may. */
export function knownFlaw(artifact: Artifact): string | undefined {
  const floor = floorOf(artifact);
  const version = versionOf(artifact);
  if (!floor) return undefined;
  const isOld = compareVersions(version, floor.least) < 0;
  const isExcepted = (floor.except ?? []).some((one) => isSameRelease(version, one));
  return isOld || isExcepted ? floor.reason : undefined;
}

/** Why a newer version would be better, though this one may be used; undefined if there is nothing to say. */
export function knownWeakness(artifact: Artifact): string | undefined {
  const version = versionOf(artifact);
  return floorOf(artifact)?.better?.find(
    ({ from, below }) => compareVersions(version, from) >= 0 && compareVersions(version, below) < 0,
  )?.reason;
}

/** Throws ERR_LOCK_INVALID that names each artifact whose version has known flaws. */
export function refuseKnownFlaws(artifacts: readonly Artifact[]): void {
  const flawed = artifacts.flatMap((artifact) => {
    const reason = knownFlaw(artifact);
    return reason === undefined ? [] : [`${artifact.name} ${versionOf(artifact)}: ${reason}`];
  });
  if (flawed.length === 0) return;
  throw new HearthError('ERR_LOCK_INVALID', {
    what: `artifacts.lock.yaml pins ${count(flawed.length, 'version')} with known flaws.`,
    details: flawed.join('\n'),
    todo: 'Run `scripts/hearth lock` on a machine with Internet: it takes newer ones.',
    state: 'Nothing was changed.',
  });
}

function floorOf(artifact: Artifact): Floor | undefined {
  const upstream = upstreamOf(artifact);
  return floors.find(
    ({ of }) => of.includes(artifact.name) || (upstream !== undefined && of.includes(upstream)),
  );
}

/** `2026.8.0-1` is a build of 2026.8.0. */
function isSameRelease(version: string, release: string): boolean {
  return version.replace(/^v/, '').replace(/[-+~].*$/s, '') === release.replace(/^v/, '');
}
