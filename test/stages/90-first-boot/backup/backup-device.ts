import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openTarget } from '../../../../stages/90-first-boot/agent/backup/open-target.ts';
import {
  type BackupRun,
  freeBytesAt,
  withBackupTask,
} from '../../../../stages/90-first-boot/agent/backup/run.ts';
import {
  type BackupPlace,
  type BackupSettings,
  writeBackupSettings,
} from '../../../../stages/90-first-boot/agent/backup/settings.ts';
import type { BackupTarget } from '../../../../stages/90-first-boot/agent/backup/target.ts';
import type { AgentContext } from '../../../../stages/90-first-boot/agent/context.ts';
import { StepFailure } from '../../../../stages/90-first-boot/agent/device/door.ts';
import { lookAt } from '../../../../stages/90-first-boot/agent/device/look.ts';
import { devicePaths } from '../../../../stages/90-first-boot/agent/device/paths.ts';
import { collect } from '../../../../stages/90-first-boot/agent/setup/collected.ts';
import type { BackupPart, StageSetup } from '../../../../stages/90-first-boot/agent/setup/define.ts';

export const folder = '/srv/disk/backups';

export interface BackupDevice {
  readonly root: string;
  readonly context: AgentContext;
  /** What the parts were asked, in order: `pause notes`. */
  readonly asked: string[];
  /** The clock of the device; each backup is an hour later. */
  readonly at: { time: Date };
  readonly read: (path: string) => string;
  readonly write: (path: string, text: string, mode?: number) => void;
  readonly program: (name: string, script: string) => void;
  readonly settings: BackupSettings;
  /** Does something with what a backup has in hand. */
  readonly run: <Result>(work: (run: BackupRun) => Promise<Result>, options?: RunOptions) => Promise<Result>;
  readonly remove: () => void;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly target?: (target: BackupTarget) => BackupTarget;
  readonly freeBytes?: number;
}

export interface DeviceOptions {
  readonly place?: BackupPlace;
  readonly isEncrypted?: boolean;
  readonly keep?: number;
  readonly setup?: StageSetup;
  /** A device that another process made. */
  readonly root?: string;
}

/**
 * A device called `attic` with a disk at /srv/disk, Debian's age, and a part `notes`: a text in /etc/notes that it saves, and
 * a tree of pictures.
 */
export function backupDevice(options: DeviceOptions = {}): BackupDevice {
  const root = options.root ?? mkdtempSync(join(tmpdir(), 'hearth-backup-'));
  const paths = devicePaths(root);
  const asked: string[] = [];
  const at = { time: new Date('2026-11-23T03:00:00Z') };
  const write = (path: string, text: string, mode = 0o600) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), mode);
  };
  const program = (name: string, script: string) =>
    write(`/usr/bin/${name}`, `#!/bin/sh\n${script}\n`, 0o755);
  if (options.root === undefined) furnish(root, write, program);
  const context: AgentContext = {
    root,
    paths,
    look: lookAt(root),
    setups: collect([
      { stage: '50-test', backups: [notesPart(asked)] },
      { stage: '60-test', ...options.setup },
    ]),
    report: () => {},
  };
  const settings: BackupSettings = {
    place: options.place ?? { kind: 'folder', folder },
    keep: options.keep ?? 3,
    ...(options.isEncrypted === true ? { recipient: makeKey(root) } : {}),
  };
  writeBackupSettings(paths, settings);
  return {
    root,
    context,
    asked,
    at,
    settings,
    read: (path) => readFileSync(join(root, path), 'utf8'),
    write,
    program,
    run: async (
      work,
      { signal = new AbortController().signal, target = (it: BackupTarget) => it, freeBytes } = {},
    ) =>
      await withBackupTask(context, signal, async (task) =>
        work({
          context,
          settings,
          target: target(openTarget(context.look, settings.place)),
          task,
          now: () => {
            at.time = new Date(at.time.getTime() + 3_600_000);
            return at.time;
          },
          freeBytes: freeBytes === undefined ? freeBytesAt : () => freeBytes,
        }),
      ),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

type Write = BackupDevice['write'];

function furnish(root: string, write: Write, program: BackupDevice['program']): void {
  write('/etc/hostname', 'attic\n');
  write('/etc/hearth/release', 'HEARTH_VERSION=1.2.3\n');
  write('/proc/self/mountinfo', mounts);
  write('/var/lib/hearth/answers.json', JSON.stringify({ answers: { name: answered } }));
  write('/var/lib/hearth/complete', 'yes');
  mkdirSync(join(root, 'srv/disk'), { recursive: true });
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  for (const name of ['age', 'age-keygen']) symlinkSync(`/usr/bin/${name}`, join(root, 'usr/bin', name));
  program('systemctl', `echo "$@" >> ${root}/systemctl`);
}

/** Makes the device's key pair with Debian's program. Gives the public key. */
export function makeKey(root: string): string {
  const file = devicePaths(root).backupKey;
  mkdirSync(dirname(file), { recursive: true });
  if (!existsSync(file)) execFileSync('/usr/bin/age-keygen', ['--output', file], { stdio: 'ignore' });
  return execFileSync('/usr/bin/age-keygen', ['-y', file], { encoding: 'utf8' }).trim();
}

function notesPart(asked: string[]): BackupPart {
  return {
    id: 'notes',
    title: 'Notes',
    order: 10,
    isPresent: (device) => device.read('/etc/notes') !== undefined,
    save: async (task, to) => {
      asked.push('save notes');
      const text = task.read('/etc/notes') ?? '';
      if (text.includes('unreadable')) throw new StepFailure('The notes can not be read.', 'Mend them.');
      task.write(`${to}/notes.txt`, text, 0o600);
    },
    sizeBytes: async () => 1024,
    trees: () => [{ name: 'pictures', path: '/srv/pictures' }],
    verify: async (task, from) => {
      asked.push('verify notes');
      if (task.read(`${from}/notes.txt`)?.startsWith('note') !== true)
        throw new StepFailure('These are no notes.');
    },
    pause: async () => {
      asked.push('pause notes');
    },
    restore: async (task, from) => {
      asked.push('restore notes');
      task.write('/etc/notes', task.read(`${from}/notes.txt`) ?? '', 0o600);
    },
    steps: ['notes.start'],
  };
}

const answered = { state: 'answered', values: { hostname: 'attic', password: 'canary-9' }, from: 'page' };

const mounts = [
  '22 1 179:2 / / rw - ext4 /dev/mmcblk0p2 rw',
  '40 22 8:1 / /srv/disk rw - ext4 /dev/sda1 rw',
].join('\n');
