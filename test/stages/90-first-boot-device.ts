import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { bundleScript } from '../../builder/run/layer.ts';
import { discoverStages } from '../../builder/stage/discover.ts';
import { selectStages } from '../../builder/stage/select.ts';

/** The device's Node runs the agent with these, see the units. */
const nodeOptions = ['--jitless', '--no-expose-wasm'];

/** A folder that looks to the agent like the root of a device with two services. Removed by `remove`. */
export function fakeDevice(): { readonly root: string; readonly remove: () => void } {
  const root = mkdtempSync(join(tmpdir(), 'hearth-device-'));
  const files: Readonly<Record<string, string>> = {
    'boot/firmware/config.txt': '',
    'dev/console': '',
    'etc/hearth/release': 'HEARTH_VERSION=1.2.3\nIMAGE_NAME=attic\nIMAGE_DATE=2026-11-23\n',
    'etc/resolv.conf': 'search fritz.box\nnameserver 192.168.178.1\n',
    'usr/lib/hearth/services.d/30-samba.json': JSON.stringify({
      name: { en: 'Shared folders', de: 'Freigaben' },
      unit: 'smbd.service',
      description: 'Files <for> everybody',
    }),
    'usr/lib/hearth/services.d/40-broken.json': '{',
    'usr/lib/hearth/services.d/50-time.json': JSON.stringify({
      name: 'Clock',
      unit: 'systemd-timesyncd.service',
      description: 'Right time',
    }),
    'usr/bin/systemctl':
      '#!/bin/sh\nprintf "LoadState=loaded\\nActiveState=active\\nSubState=running\\n\\nLoadState=loaded\\nActiveState=failed\\nSubState=failed\\n"\n',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  mkdirSync(join(root, 'var/lib/hearth'), { recursive: true });
  chmodSync(join(root, 'usr/bin/systemctl'), 0o755);
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** Bundles the agent as the builder does, with the setups of all stages. Returns the path of the one file. */
export async function bundleAgent(folder: string): Promise<string> {
  const projectDir = resolve(import.meta.dirname, '../..');
  const { stages } = await discoverStages(projectDir);
  const names = stages.map((stage) => stage.name);
  const selected = await selectStages(projectDir, stages, names);
  const stage = selected.find(({ name }) => name === '90-first-boot');
  const bundle = stage?.definition?.bundles?.[0];
  if (stage === undefined || bundle === undefined) throw new Error('90-first-boot has no bundle');
  const file = join(folder, 'agent.mjs');
  writeFileSync(file, await bundleScript(stage, bundle));
  return file;
}

/** Starts the bundled agent as the device does. */
export function startAgent(bundle: string, ...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [...nodeOptions, bundle, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs the agent to its end. */
export async function runAgent(
  bundle: string,
  ...args: readonly string[]
): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  const child = startAgent(bundle, ...args);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (output += text));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, output };
}
