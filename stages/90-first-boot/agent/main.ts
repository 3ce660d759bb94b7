import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { runApply } from './apply/run-steps.ts';
import { backupSetup } from './backup/backup-setup.ts';
import { runCard } from './card/run-card.ts';
import { runConsole } from './console/run-console.ts';
import type { AgentContext } from './context.ts';
import { runCtl } from './ctl/ctl.ts';
import { lookAt } from './device/look.ts';
import { devicePaths } from './device/paths.ts';
import { runHotspot } from './hotspot/run-hotspot.ts';
import { runKeeper } from './keeper/server.ts';
import { provisioned } from './provision/provisioned.ts';
import { runReset } from './reset/run-reset.ts';
import { collect } from './setup/collected.ts';
import type { CollectedSetup } from './setup/define.ts';
import { publishSetupCode } from './setup-code/publish.ts';
import { readOrMakeSetupCode } from './setup-code/store.ts';
import { runWeb } from './web/run-web.ts';

const usage = `Usage: agent.mjs setup-code | card | reset | keeper | apply | console | hotspot | web | ctl COMMAND
  --root FOLDER             another root than /, for tests
  --listen ADDRESS:PORT     web: instead of the socket that systemd hands over
  --listen PATH             keeper: the same
  --idle-exit-s SECONDS     web and keeper: leave when nobody was connected for so long (default 180)`;

interface Options {
  readonly listen: string | undefined;
  readonly idleMs: number;
}

/** What an argument of the agent starts. Resolves with the exit code, or with undefined for a server that goes on. */
type Program = (context: AgentContext, options: Options) => Promise<number | undefined>;

const programs: Readonly<Record<string, Program>> = {
  'setup-code': async (context) => showSetupCode(context),
  card: async (context) => await runCard(context),
  reset: async (context) => await runReset(context),
  apply: async (context) => await runApply(context),
  console: async (context) => await thenDone(runConsole(context)),
  hotspot: async (context) => await thenDone(runHotspot(context, { signal: untilStopped() })),
  keeper: startKeeper,
  web: startWeb,
};

/** The device agent: the builder calls this with what the stages of the image add to the setup. */
export function main(stages: readonly CollectedSetup[]): void {
  const [first = '', ...rest] = process.argv.slice(2);
  if (first === 'ctl') {
    endWith(async () => await runCtl(makeContext('/', stages), rest));
    return;
  }
  const program = Object.hasOwn(programs, first) ? programs[first] : undefined;
  const { root, ...options } = readOptions(rest);
  if (program === undefined) leave(2, usage);
  else endWith(async () => await program(makeContext(root, stages), options));
}

function makeContext(root: string, stages: readonly CollectedSetup[]): AgentContext {
  const paths = devicePaths(root);
  return {
    root,
    paths,
    look: lookAt(root),
    setups: provisioned(collect([...stages, { stage: '90-first-boot', ...backupSetup }]), paths),
    report: (line) => console.error(line),
  };
}

function readOptions(args: readonly string[]): Options & { readonly root: string } {
  const { values } = parseArgs({
    args: [...args],
    options: {
      root: { type: 'string', default: '/' },
      listen: { type: 'string' },
      'idle-exit-s': { type: 'string', default: '180' },
    },
  });
  return { root: values.root, listen: values.listen, idleMs: Number(values['idle-exit-s']) * 1000 };
}

/** As root, once a boot. Nothing that is printed may contain the code: it ends in the journal. */
function showSetupCode({ paths, report }: AgentContext): number {
  const { code, origin } = readOrMakeSetupCode(paths.setupCode);
  if (origin === 'new') report('made the setup code of this device');
  if (origin === 'damaged') report('the stored setup code was damaged: made a new one');
  for (const line of publishSetupCode(code, hostname(), paths)) report(line);
  return 0;
}

async function startKeeper(context: AgentContext, { listen, idleMs }: Options): Promise<undefined> {
  await runKeeper(context, { listen: listen ?? passedSocket(), idleMs, leave: () => leave(0) });
  process.once('SIGTERM', () => leave(0));
}

async function startWeb(context: AgentContext, { listen, idleMs }: Options): Promise<undefined> {
  const [, address, port] = /^(.+):(\d+)$/.exec(listen ?? '') ?? [];
  const place = address === undefined ? { fd: passedSocket() } : { host: address, port: Number(port) };
  await runWeb(context, { listen: place, idleMs, leave: () => leave(0) });
  process.once('SIGTERM', () => leave(0));
}

/** systemd hands over the listening socket as the first descriptor after stdin, stdout and stderr. */
function passedSocket(): number {
  if (process.env['LISTEN_PID'] !== String(process.pid)) leave(2, `no socket from systemd\n${usage}`);
  return 3;
}

function untilStopped(): AbortSignal {
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  return stop.signal;
}

async function thenDone(work: Promise<void>): Promise<number> {
  await work;
  return 0;
}

function endWith(run: () => Promise<number | undefined>): void {
  run().then(
    (exitCode) => {
      // At once: a step that was given up may still wait for something.
      if (exitCode !== undefined) process.exit(exitCode);
    },
    (error: unknown) => leave(70, error instanceof Error ? (error.stack ?? error.message) : String(error)),
  );
}

function leave(exitCode: number, message?: string): void {
  if (message !== undefined) console.error(message);
  process.exit(exitCode);
}
