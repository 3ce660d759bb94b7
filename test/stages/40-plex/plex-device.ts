import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeTask } from '../../../stages/90-first-boot/agent/apply/task.ts';
import { type DeviceLook, StepFailure } from '../../../stages/90-first-boot/agent/device/door.ts';
import { lookAt } from '../../../stages/90-first-boot/agent/device/look.ts';
import type { SetupStep, Values } from '../../../stages/90-first-boot/agent/setup/define.ts';
import type { PlexRepository } from '../../understudies/plex-repository.ts';
import { loadStage, renderTemplates } from '../stage-tree.ts';

/** A device in a folder, with this computer's real apt and dpkg working on that folder. */
export interface PlexDevice {
  readonly root: string;
  readonly look: DeviceLook;
  /** Where the Plex of this device answers. */
  readonly port: number;
  /** Everything that a step wrote into its log. */
  readonly log: string[];
  readonly get: (path: string) => string | undefined;
  readonly put: (path: string, content: string | Buffer, mode?: number) => void;
  readonly has: (path: string) => boolean;
  /** Runs a step with the answers to the topic plex; gives its failure, if it has one. */
  readonly run: (step: SetupStep, answers: Values) => Promise<StepFailure | undefined>;
  readonly undo: (step: SetupStep) => Promise<void>;
  readonly remove: () => void;
}

export interface PlexDeviceOptions {
  readonly accounts?: string;
  readonly repository?: PlexRepository;
  /** Of the lock's entry; default that of the repository. */
  readonly entry?: Readonly<Record<string, string>>;
  /** The image brings the repository's package along. */
  readonly isBaked?: boolean;
}

/** Where the image has the package. */
export const bakedPackage = '/usr/lib/hearth/plex/plexmediaserver.deb';

/** Makes a device as the image would be, with the stage's files in it. */
export async function makePlexDevice(options: PlexDeviceOptions = {}): Promise<PlexDevice> {
  const root = mkdtempSync(join(tmpdir(), 'hearth-plex-'));
  const at = (path: string) => join(root, path);
  const put: PlexDevice['put'] = (path, content, mode = 0o644) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), content);
    chmodSync(at(path), mode);
  };
  const port = await freePort();
  const stage = await loadStage('40-plex');
  const plex = stage.config?.schema.parse({}) as object;
  for (const [path, text] of await renderTemplates('40-plex', { plex })) put(path, text);
  const transcode = at('/run/plextranscode');
  put(
    '/usr/lib/hearth/plex.json',
    JSON.stringify({ accounts: options.accounts ?? '', media: '/srv/media', transcode }),
  );
  if (options.repository !== undefined)
    put('/usr/lib/hearth/artifacts.json', await listOf(options.repository, options, put));
  put('/etc/hostname', 'attic\n');
  put('/etc/group', `media:x:${process.getgid?.() ?? 0}:plex\n`);
  for (const folder of ['/run/plextranscode', '/srv/media', '/etc/nftables.d', ...aptFolders])
    mkdirSync(at(folder), { recursive: true });
  put('/var/lib/dpkg/status', '');
  addPrograms({ root, put, port });
  const look = lookAt(root);
  const log: string[] = [];
  const taskOf = (step: SetupStep, values: Values) =>
    makeTask({
      look,
      step,
      answers: { plex: { state: 'answered', values } },
      log: (line) => log.push(line),
      blacken: (text) => text,
      progress: () => {},
      signal: new AbortController().signal,
    });
  return {
    root,
    look,
    port,
    log,
    put,
    get: look.read,
    has: (path) => existsSync(at(path)),
    run: async (step, values) => {
      try {
        await step.run(taskOf(step, values));
        return undefined;
      } catch (error) {
        if (error instanceof StepFailure) return error;
        throw error;
      }
    },
    undo: async (step) => await step.undo?.(taskOf(step, {})),
    remove: () => {
      stopPlex(at('/plex.pid'));
      rmSync(root, { recursive: true, force: true });
    },
  };
}

const aptFolders = [
  '/etc/apt/sources.list.d',
  '/etc/apt/preferences.d',
  '/etc/apt/apt.conf.d',
  '/var/lib/apt/lists/partial',
  '/var/cache/apt/archives/partial',
  '/var/lib/dpkg/info',
  '/var/lib/dpkg/updates',
  '/var/log/apt',
  '/tmp/parts',
];

async function listOf(
  repository: PlexRepository,
  { entry = {}, isBaked = false }: PlexDeviceOptions,
  put: PlexDevice['put'],
): Promise<string> {
  const plex = {
    kind: 'apt-package',
    name: 'plex',
    repository: repository.url,
    suite: 'public',
    component: 'main',
    package: 'plexmediaserver',
    keyUrl: repository.keyUrl,
    keyFingerprint: repository.fingerprint,
    minimumVersion: '1.43.4.10903',
    ...entry,
    ...(isBaked ? { file: await bake(repository, put) } : {}),
  };
  return JSON.stringify({ format: 1, mirrors: [], artifacts: [plex] });
}

/** Puts the package where the image would have it; gives what the list says of it. */
async function bake({ url }: PlexRepository, put: PlexDevice['put']) {
  const index = await (await fetch(`${url}/dists/public/main/binary-arm64/Packages`)).text();
  const field = (name: string) => new RegExp(`^${name}: (.+)$`, 'm').exec(index)?.[1] ?? '';
  const content = await fetch(`${url}/${field('Filename')}`);
  put(bakedPackage, Buffer.from(await content.arrayBuffer()));
  return {
    path: bakedPackage,
    version: field('Version'),
    sizeBytes: Number(field('Size')),
    sha256: field('SHA256'),
  };
}

interface Programs {
  readonly root: string;
  readonly put: PlexDevice['put'];
  readonly port: number;
}

function addPrograms({ root, put, port }: Programs): void {
  const program = (name: string, script: string) =>
    put(`/usr/bin/${name}`, `#!/bin/bash\nR='${root}'\n${script}\n`, 0o755);
  // apt knows no root for the path of a key: it gets a copy of the source with the place of this folder.
  const apt = (name: string) => `
rm -f "$R"/tmp/parts/*
for file in "$R"/etc/apt/sources.list.d/*; do
  [ ! -f "$file" ] || sed "s#^Signed-By: /#Signed-By: $R/#" "$file" > "$R/tmp/parts/\${file##*/}"
done
args=()
for arg; do arg="\${arg/Retries=3/Retries=0}"; args+=("\${arg/#Dir::Etc::sourcelist=\\/etc\\/apt\\/sources.list.d/Dir::Etc::sourcelist=$R/tmp/parts}"); done
exec /usr/bin/${name} -o "Dir=$R/" -o "Dir::Etc::sourceparts=$R/tmp/parts" -o "Dir::State::status=$R/var/lib/dpkg/status" \\
  -o Dir::Bin::methods=/usr/lib/apt/methods -o Dir::Bin::apt-key=/usr/bin/apt-key -o "Dir::Bin::dpkg=$R/usr/bin/dpkg" \\
  -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User= -o Acquire::Retries=0 "\${args[@]}"`;
  program('apt-get', apt('apt-get'));
  program('apt-cache', apt('apt-cache'));
  program(
    'dpkg',
    `exec /usr/bin/dpkg --root="$R" --log=/dev/null --force-not-root,script-chrootless,architecture "$@"`,
  );
  program('dpkg-query', `exec /usr/bin/dpkg-query --admindir="$R/var/lib/dpkg" "$@"`);
  program('sync', 'true');
  program('udevadm', 'true');
  const inside = `args=(); for arg; do args+=("\${arg/#\\/var\\//$R/var/}"); done; exec "\${args[@]}"`;
  program('runuser', `[ "$1 $2 $3" = "-u plex --" ] || exit 64\nshift 3\n${inside}`);
  program(
    'systemctl',
    `echo "$*" >> "$R/systemctl.calls"
case "$*" in
  "start plexmediaserver.service")
    [ -e "$R/var/lib/hearth/plex-ready" ] || exit 0
    PLEX_MEDIA_SERVER_APPLICATION_SUPPORT_DIR="$R/var/lib/plexmediaserver/Library/Application Support" \\
      PLEX_UNDERSTUDY_PORT=${port} PLEX_UNDERSTUDY_GROUPS="$R/etc/group" \\
      '${process.execPath}' "$R/usr/lib/plexmediaserver/plex-media-server.mjs" > "$R/plex.log" 2>&1 < /dev/null &
    echo $! > "$R/plex.pid" ;;
  "stop plexmediaserver.service")
    [ ! -e "$R/plex.pid" ] || { kill "$(cat "$R/plex.pid")"; rm "$R/plex.pid"; sleep 0.2; } ;;
  "reload nftables.service" | "--quiet enable plexmediaserver.service") ;;
  *) exit 64 ;;
esac`,
  );
}

function stopPlex(pidFile: string): void {
  if (!existsSync(pidFile)) return;
  try {
    process.kill(Number(readFileSync(pidFile, 'utf8')));
  } catch {
    // It has ended by itself.
  }
}

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
