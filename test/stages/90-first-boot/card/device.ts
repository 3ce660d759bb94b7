import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setup } from '../../../../stages/20-system/setup.ts';
import type { AgentContext } from '../../../../stages/90-first-boot/agent/context.ts';
import { lookAt } from '../../../../stages/90-first-boot/agent/device/look.ts';
import { devicePaths } from '../../../../stages/90-first-boot/agent/device/paths.ts';
import { collect } from '../../../../stages/90-first-boot/agent/setup/collected.ts';
import type { StageSetup } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import { readSetup, type StoredSetup } from '../../../../stages/90-first-boot/agent/store/setup-store.ts';

export interface CardDevice {
  readonly context: AgentContext;
  readonly fat: string;
  readonly journal: string[];
  readonly put: (name: string, content: string | Uint8Array) => void;
  readonly putFolder: (fixture: string) => void;
  readonly read: (name: string) => string;
  readonly names: () => readonly string[];
  readonly stored: () => StoredSetup;
  /** Values of an answered topic. */
  readonly values: (topic: string) => Readonly<Record<string, string>> | undefined;
  /** Everything on the FAT partition as bytes. */
  readonly bytes: () => Buffer;
  readonly remove: () => void;
}

/** A fake device with the topics of the system, a FAT partition and a Wi-Fi card. */
export function cardDevice(...setups: readonly StageSetup[]): CardDevice {
  const root = mkdtempSync(join(tmpdir(), 'hearth-card-'));
  const files: Readonly<Record<string, string>> = {
    'boot/firmware/config.txt': 'arm_64bit=1\n',
    'usr/share/zoneinfo/zone.tab': 'DE\t+5230+01322\tEurope/Berlin\nAT\t+4813+01620\tEurope/Vienna\n',
    'usr/share/zoneinfo/iso3166.tab': 'DE\tGermany\nAT\tAustria\n',
    'sys/class/net/wlan0/wireless/keep': '',
    'usr/bin/systemctl': `#!/bin/sh\necho "$@" >> "${root}/systemctl.log"\n`,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  chmodSync(join(root, 'usr/bin/systemctl'), 0o755);
  const paths = devicePaths(root);
  const fat = paths.fatFolder;
  const journal: string[] = [];
  const all = [
    { ...setup, stage: '20-system' },
    ...setups.map((one, index) => ({ ...one, stage: `9${index}-test` })),
  ];
  const context = {
    root,
    paths,
    look: lookAt(root),
    setups: collect(all),
    report: (line: string) => journal.push(line),
  };
  const stored = () => readSetup(paths);
  return {
    context,
    fat,
    journal,
    put: (name, content) => writeFileSync(join(fat, name), content),
    putFolder: (fixture) => cpSync(`test/fixtures/card/${fixture}`, fat, { recursive: true }),
    read: (name) => readFileSync(join(fat, name), 'utf8'),
    names: () => readdirSync(fat).sort(),
    stored,
    values: (topic) => {
      const answer = stored().answers[topic];
      return answer?.state === 'answered' ? answer.values : undefined;
    },
    bytes: () => Buffer.concat(readdirSync(fat).map((name) => readFileSync(join(fat, name)))),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

export const annasHash = '$y$j9T$q8Zc1nVt0oWmE3sYfKdR5.$uB7aP9xCanaryHashLm2Q4rT6vX8zA0cE1gI3kO5sU7';
export const annasKey =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFVXm1V4ltDOF2TEf+1kT5s19YutYgZ0ryPzVtgO0MUD anna@laptop';
export const atticsKey = 'cf97873c2d048a7207b988a67d2c13135439278a899642db0b653a85a92a6161';
