import type { Problem } from './problem.ts';

/** A key of artifacts.lock.yaml. */
export function artifactNameProblem(value: string): Problem | undefined {
  if (/^[a-z][a-z0-9-]{0,63}$/.test(value)) return undefined;
  return {
    message: 'must be the name of an artifact',
    help: 'artifacts.lock.yaml lists them: k3s, cloudflared …',
  };
}
