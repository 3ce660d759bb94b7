import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { shared } from './rootfs.mjs';

/** Stays outside, as a shim does: it notes how the container ended, whoever started it may be gone. */
const shim = `
trap : TERM INT HUP
if [ -n "$SHIM_CGROUP" ]; then echo $$ >"$SHIM_CGROUP/cgroup.procs"; fi
/usr/bin/nsenter --net="$SHIM_NET" /usr/bin/unshare --mount --uts --ipc --propagation private /bin/sh -c "$SHIM_INSIDE" inside "$@"
code=$?
echo $code >"$SHIM_FOLDER/exit.new" && mv "$SHIM_FOLDER/exit.new" "$SHIM_FOLDER/exit"
`;

/** Makes the root folder of the container from parts and becomes its program. */
const inside = (spec) => `
set -e
folder="$SHIM_FOLDER"
root="$folder/root"
mkdir -p "$root"
mount --bind ${quoted(spec.root)} "$root"
${shared.map((name) => `mount --bind /${name} "$root/${name}"; mount -o remount,bind,ro "$root/${name}"`).join('\n')}
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
[ ! -d /etc/ssl ] || mount --bind -o ro /etc/ssl "$root/etc/ssl"
[ ! -s /etc/resolv.conf ] || mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
${spec.mounts.map(mountLine).join('\n')}
mount -o remount,bind,ro "$root"
hostname ${quoted(spec.hostname)} 2>/dev/null || true
echo $$ >"$folder/pid"
unset SHIM_CGROUP SHIM_NET SHIM_INSIDE SHIM_FOLDER PWD OLDPWD
exec /usr/sbin/chroot "$root" ${asUser(spec)} /bin/sh -c 'cd "$0" && exec "$@"' ${quoted(spec.workingDir)} "$@"
`;

const asUser = ({ uid, gid }) =>
  `/usr/bin/setpriv --reuid=${uid} --regid=${gid} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all --`;

const mountLine = ({ source, target, isReadOnly }) =>
  `mount --bind ${quoted(source)} "$root"${quoted(target)}${isReadOnly ? `; mount -o remount,bind,ro "$root"${quoted(target)}` : ''}`;

const quoted = (text) => `'${String(text).replaceAll("'", `'\\''`)}'`;

/**
 * Starts the program of a container, which goes on when this process ends. `spec`: root, folder, network, mounts, env, command,
 * uid, gid, workingDir, hostname, logFile, memoryBytes, cgroup.
 */
export function startContainer(spec) {
  for (const name of ['exit', 'pid', 'shim']) rmSync(`${spec.folder}/${name}`, { force: true });
  mkdirSync(spec.folder, { recursive: true });
  // As the runtime does: places to mount at are made in the image's root.
  for (const { target } of spec.mounts) mkdirSync(`${spec.root}${target}`, { recursive: true });
  const out = openSync(spec.logFile, 'a', 0o600);
  const child = spawn('/bin/sh', ['-c', shim, 'shim', ...spec.command], {
    detached: true,
    stdio: ['ignore', out, out],
    env: {
      ...spec.env,
      SHIM_CGROUP: makeCgroup(spec),
      SHIM_NET: `/run/netns/${spec.network}`,
      SHIM_INSIDE: inside(spec),
      SHIM_FOLDER: spec.folder,
    },
  });
  child.on('error', () => writeFileSync(`${spec.folder}/exit`, '128\n'));
  child.unref();
  writeFileSync(`${spec.folder}/shim`, `${child.pid} ${startOf(child.pid)}\n`);
}

/** `{running}` or `{exitCode}`; 137 if it was ended from outside with all that belongs to it. */
export function stateOf(folder) {
  const ended = text(`${folder}/exit`);
  if (ended !== undefined) return { exitCode: Number(ended) };
  const [pid, start] = (text(`${folder}/shim`) ?? '').split(' ');
  if (pid === '') return { exitCode: 137 };
  return startOf(pid) === start ? { running: true } : { exitCode: Number(text(`${folder}/exit`) ?? 137) };
}

/** Process of the program itself, once it has its root folder. */
export const processOf = (folder) => text(`${folder}/pid`);

export function signalContainer(folder, signal) {
  const pid = processOf(folder);
  const [shimPid] = (text(`${folder}/shim`) ?? '').split(' ');
  try {
    if (signal === 'SIGKILL' && shimPid !== '') process.kill(-Number(shimPid), 'SIGKILL');
    else if (pid !== undefined) process.kill(Number(pid), signal);
  } catch {
    // It has ended by itself.
  }
}

/** Runs a command inside, as a probe does; true if it ends well in time. */
export function runInside(folder, command, spec) {
  const pid = processOf(folder);
  if (pid === undefined) return Promise.resolve(false);
  const words = [
    `--target=${pid}`,
    '--mount',
    '--uts',
    '--ipc',
    '--net',
    '--root',
    '--wd',
    ...asUser(spec).split(' '),
    ...command,
  ];
  const child = spawn('nsenter', words, { stdio: 'ignore', timeout: spec.timeoutMs });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}

/** Where the memory of a pod is limited; '' where that is not possible. */
function makeCgroup({ cgroup, memoryBytes }) {
  const top = '/sys/fs/cgroup';
  try {
    mkdirSync(`${top}/kubepods.slice`, { recursive: true });
    writeFileSync(`${top}/kubepods.slice/cgroup.subtree_control`, '+memory +pids');
    const folder = `${top}/kubepods.slice/${cgroup}`;
    mkdirSync(folder, { recursive: true });
    if (memoryBytes !== undefined) writeFileSync(`${folder}/memory.max`, String(memoryBytes));
    return folder;
  } catch {
    return '';
  }
}

/** Of a container that has ended. */
export function forgetContainer(cgroup) {
  try {
    rmdirSync(`/sys/fs/cgroup/kubepods.slice/${cgroup}`);
  } catch {
    // There was none.
  }
}

function text(file) {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

/** When a process began, as the kernel counts; tells it from a later one with the same number. */
function startOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19];
  } catch {
    return undefined;
  }
}
