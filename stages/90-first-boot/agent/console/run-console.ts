import { hostname, networkInterfaces } from 'node:os';
import type { AgentContext } from '../context.ts';
import { addressUrl, type Interfaces, reachableAddresses } from '../device/addresses.ts';
import { readIfThere } from '../device/look.ts';
import { readServiceEntries } from '../device/service-entries.ts';
import { readUnitStates } from '../device/unit-states.ts';
import { hotspotName } from '../hotspot/cards.ts';
import { realClock } from '../hotspot/clock.ts';
import { isSetupCode } from '../setup-code/code.ts';
import { devicePhase, needsCode, readPhase, readRun } from './device-phase.ts';
import type { Face } from './face.ts';
import { publishFace } from './publish-face.ts';
import { screenLines } from './screen.ts';

export interface ConsoleOptions {
  /** What changes at once is shown at once: how long to wait for more, in ms. Default 1 000. */
  readonly settleMs?: number;
  /** How often a screen shows the progress, in ms. Default 5 000. */
  readonly progressMs?: number;
  /** A run that tells nothing for this long is left alone, in ms; its next event starts the refresh again. Default 60 000. */
  readonly silenceMs?: number;
  readonly hostname?: () => string;
  readonly interfaces?: () => Interfaces;
}

/** More addresses than a person wants to read. */
const maxAddresses = 3;

/**
 * Keeps login prompt, console and SETUP-CODE.txt true. Runs as root, when something has changed; follows a run of the
 * applier to its end, and leaves when nothing changes any more.
 */
export async function runConsole(context: AgentContext, options: ConsoleOptions = {}): Promise<void> {
  const { settleMs = 1_000, progressMs = 5_000, silenceMs = 60_000 } = options;
  let lastId = -1;
  let lastNewsMs = Date.now();
  for (let pauseMs = settleMs; ; ) {
    await realClock.wait(pauseMs);
    const run = readRun(context.paths);
    if (run.lastId !== lastId) lastNewsMs = Date.now();
    lastId = run.lastId;
    const isNew = await refresh(context, options);
    const isFollowing = run.state === 'running' && Date.now() - lastNewsMs < silenceMs;
    if (!isNew && !isFollowing) return;
    pauseMs = isFollowing ? progressMs : settleMs;
  }
}

async function refresh(context: AgentContext, options: ConsoleOptions): Promise<boolean> {
  const { paths, look, report } = context;
  const face = await readFace(context, options);
  const { lines, isIssueNew } = publishFace(face, paths, screenLines(paths.screenSize));
  for (const line of lines) if (/: (not possible|written)/.test(line)) report(line);
  if (isIssueNew) {
    const { exitCode, stderr } = await look.run('agetty', ['--reload'], { timeoutMs: 10_000 });
    if (exitCode !== 0) report(`the login prompts were not drawn again: ${stderr.trim()}`);
  }
  return isIssueNew;
}

async function readFace(context: AgentContext, options: ConsoleOptions): Promise<Face> {
  const { paths, look } = context;
  const phase = readPhase(paths);
  const code = needsCode(phase, paths) ? readIfThere(paths.setupCode)?.trim() : undefined;
  const hasHotspot = readIfThere(paths.hotspotFile) !== undefined;
  const interfaces = (options.interfaces ?? networkInterfaces)();
  return {
    hostname: (options.hostname ?? hostname)(),
    addresses: reachableAddresses(interfaces).slice(0, maxAddresses).map(addressUrl),
    ...(code !== undefined && isSetupCode(code) ? { code } : {}),
    phase: devicePhase(phase, readRun(paths), phase === 'complete' && (await hasFailedService(context))),
    ...(hasHotspot ? { hotspot: hotspotName(look) } : {}),
  };
}

async function hasFailedService({ paths, report }: AgentContext): Promise<boolean> {
  const { entries } = readServiceEntries(paths.servicesFolder);
  const units = entries.map(({ unit }) => unit);
  return (await readUnitStates(paths.systemctl, units, report)).includes('failed');
}
