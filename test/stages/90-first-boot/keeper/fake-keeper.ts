import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { AgentContext } from '../../../../stages/90-first-boot/agent/context.ts';
import { lookAt } from '../../../../stages/90-first-boot/agent/device/look.ts';
import { type DevicePaths, devicePaths } from '../../../../stages/90-first-boot/agent/device/paths.ts';
import { connectDoor, type Door } from '../../../../stages/90-first-boot/agent/door/client.ts';
import type { SetupEvent } from '../../../../stages/90-first-boot/agent/door/protocol.ts';
import { runKeeper } from '../../../../stages/90-first-boot/agent/keeper/server.ts';
import type { Setups } from '../../../../stages/90-first-boot/agent/setup/collected.ts';
import {
  emptySetup,
  type StoredSetup,
  writeSetup,
} from '../../../../stages/90-first-boot/agent/store/setup-store.ts';
import { fakeSetups, rightPassword } from './fake-setups.ts';

export const setupCode = 'ACDE-FGHJ-KMNP';
export { rightPassword };

/** A keeper on a device that is a folder. */
export interface FakeKeeper {
  readonly root: string;
  readonly paths: DevicePaths;
  readonly door: Door;
  readonly context: AgentContext;
  /** What went to the journal. */
  readonly reports: readonly string[];
  /** What systemctl was asked for, a line each. */
  readonly ordered: () => readonly string[];
  /** Lets time go by. */
  readonly pass: (ms: number) => void;
  /** Ends it as systemd would and starts a new one. */
  readonly restart: () => Promise<void>;
  /** Sends a body as it is; the JSON answer with its status. */
  readonly raw: (path: string, body: string | Buffer, headers?: Record<string, string>) => Promise<RawAnswer>;
  readonly store: (setup: Partial<StoredSetup>) => void;
  readonly logEvents: (...events: readonly LooseEvent[]) => void;
  readonly stop: () => Promise<void>;
}

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

type LooseEvent = { readonly type: SetupEvent['type'] } & Readonly<Record<string, unknown>>;

/** Starts a keeper. The caller stops it. */
export async function startFakeKeeper(setups: Setups = fakeSetups()): Promise<FakeKeeper> {
  const root = makeRoot();
  const paths = devicePaths(root);
  const reports: string[] = [];
  const context: AgentContext = {
    root,
    paths,
    look: lookAt(root),
    setups,
    report: (line) => reports.push(line),
  };
  let nowMs = 60_000;
  const start = () => runKeeper(context, { listen: paths.keeperSocket, uptimeMs: () => nowMs });
  let running = await start();
  let lastEvent = 0;
  return {
    root,
    paths,
    context,
    reports,
    door: connectDoor(paths.keeperSocket),
    ordered: () => linesOf(join(root, 'ordered')),
    pass: (ms) => {
      nowMs += ms;
    },
    restart: async () => {
      await running.close();
      running = await start();
    },
    raw: (path, body, headers) => sendRaw(paths.keeperSocket, { path, body, headers }),
    store: (setup) => writeSetup(paths, { ...emptySetup, ...setup }),
    logEvents: (...events) => {
      const lines = events.map((event) => {
        lastEvent += 1;
        return `${JSON.stringify({ id: lastEvent, time: '2026-11-23T10:00:00.000Z', run: 1, ...event })}\n`;
      });
      writeFileSync(paths.eventLog, lines.join(''), { flag: 'a' });
    },
    stop: async () => {
      await running.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Every file below the folders that survive a call, with its content. Times of use of a session are left out. */
export function stateOf({ paths }: Pick<FakeKeeper, 'paths'>): Readonly<Record<string, string>> {
  const state: Record<string, string> = {};
  for (const folder of [paths.stateFolder, paths.runFolder]) collectFiles(folder, state);
  return state;
}

function makeRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'hearth-keeper-'));
  const files: Readonly<Record<string, string>> = {
    'var/lib/hearth/setup-code': `${setupCode}\n`,
    'etc/hostname': 'attic\n',
    'etc/hearth/release': 'HEARTH_VERSION=1.2.3\nIMAGE_NAME=attic\nIMAGE_DATE=2026-11-23\n',
    'srv/.keep': '',
    'boot/firmware/config.txt': '',
  };
  for (const [path, text] of Object.entries(files)) putFile(join(root, path), text);
  mkdirSync(join(root, 'run/hearth'), { recursive: true });
  putProgram(
    root,
    'systemctl',
    `case "$1" in
  show) printf 'LoadState=loaded\\nActiveState=inactive\\nSubState=dead\\nJob=\\n' ;;
  *) echo "$*" >> "$(dirname "$0")/../../ordered" ;;
esac`,
  );
  return root;
}

/** A program of the device. */
export function putProgram(root: string, name: string, script: string): void {
  const path = join(root, 'usr/bin', name);
  putFile(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

export function putFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function collectFiles(folder: string, state: Record<string, string>): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const stat = lstatSync(path);
    if (stat.isDirectory()) collectFiles(path, state);
    else if (stat.isFile())
      state[path] = readFileSync(path, 'utf8').replaceAll(/"usedMs":\d+/g, '"usedMs":0');
  }
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n');
  } catch {
    return [];
  }
}

async function sendRaw(
  socketPath: string,
  sent: {
    readonly path: string;
    readonly body: string | Buffer;
    readonly headers?: Record<string, string> | undefined;
  },
): Promise<RawAnswer> {
  const { request } = await import('node:http');
  return await new Promise((resolve, reject) => {
    const call = request(
      {
        socketPath,
        path: sent.path,
        method: 'POST',
        agent: false,
        headers: { 'Content-Type': 'application/json', ...sent.headers },
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          body += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
        response.on('error', reject);
      },
    );
    call.on('error', reject);
    call.end(sent.body);
  });
}
