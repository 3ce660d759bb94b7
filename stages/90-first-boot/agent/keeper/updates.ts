import { statSync } from 'node:fs';
import type { AgentContext } from '../context.ts';
import type { StatusView } from '../door/protocol.ts';
import { withTimeLimit } from './time-limit.ts';

/** What is known about updates, without a word to the network. */
export type UpdateLook = () => Promise<StatusView['updates']>;

const periodic = '/var/lib/apt/periodic';
/** What apt's answer depends on. */
const witnesses = ['/var/lib/dpkg/status', '/var/lib/apt/lists', `${periodic}/update-stamp`] as const;
/** The page does not wait longer; the count is there at the next load. */
const waitMs = 5_000;
const aptLimitMs = 60_000;

/** Looks at apt's own notes. Packages are counted by a dry run, again only when something has changed. */
export function openUpdateLook({ look }: Pick<AgentContext, 'look'>): UpdateLook {
  let counted: { readonly key: string; readonly count: Promise<number | undefined> } | undefined;
  const timeOf = (path: string) => statSync(look.path(path), { throwIfNoEntry: false })?.mtimeMs;
  const countWaiting = () => {
    const key = witnesses.map((path) => timeOf(path)).join(' ');
    if (counted?.key !== key) counted = { key, count: dryRun(look) };
    return counted.count;
  };
  return async () => {
    const lookTimes = ['update-success-stamp', 'update-stamp']
      .map((name) => timeOf(`${periodic}/${name}`))
      .filter((time) => time !== undefined);
    const waiting = await withTimeLimit(countWaiting(), waitMs, undefined);
    return {
      ...(waiting === undefined ? {} : { waiting }),
      ...(lookTimes.length === 0 ? {} : { lastLook: new Date(Math.max(...lookTimes)).toISOString() }),
      needsRestart: timeOf('/var/run/reboot-required') !== undefined,
    };
  };
}

async function dryRun(look: AgentContext['look']): Promise<number | undefined> {
  const result = await look.run('apt-get', ['--simulate', '--quiet', 'dist-upgrade'], {
    timeoutMs: aptLimitMs,
  });
  if (result.exitCode !== 0) return undefined;
  return result.stdout.split('\n').filter((line) => line.startsWith('Inst ')).length;
}
