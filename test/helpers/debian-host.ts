import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeTask } from '../../stages/90-first-boot/agent/apply/task.ts';
import type {
  DeviceLook,
  RunOptions,
  RunResult,
  StepTask,
} from '../../stages/90-first-boot/agent/device/door.ts';
import { lookAt } from '../../stages/90-first-boot/agent/device/look.ts';
import type { Answers, SetupStep, Values } from '../../stages/90-first-boot/agent/setup/define.ts';
import { renderTemplates } from '../stages/stage-tree.ts';
import { DebianRelay } from './debian-relay-client.ts';
import { debianFolder, debianTree } from './debian-tree.ts';
import { DebianUnits } from './debian-units.ts';

/** Another computer in a network with the device, or a pod behind its bridge. */
export interface Peer {
  readonly run: DeviceLook['run'];
}

/**
 * A real Debian for one test: its own processes, network (loopback only) and copy of the files, all in memory. Needs root.
 * It ends with the process of the test, however that ends.
 */
export class DebianHost {
  /** Its root folder, for Node's own functions. */
  readonly root: string;
  /** As the agent sees it: `run` takes its programs from inside; `systemctl` and `journalctl` are a stand-in. */
  readonly look: DeviceLook;
  readonly units: DebianUnits;
  readonly #init: ChildProcess;
  readonly #pid: number;
  #relay: DebianRelay | undefined;

  private constructor(init: ChildProcess, pid: number) {
    this.#init = init;
    this.#pid = pid;
    this.root = `/proc/${pid}/root`;
    this.units = new DebianUnits({
      root: this.root,
      run: (program, args) => this.inside(program, args),
      start: (command) => spawn('nsenter', [...this.#enter(), ...command]),
    });
    const look = lookAt(this.root);
    // A program inside knows its files without the root that Node's own functions need.
    const within = (word: string) => (word === this.root ? '/' : word.replaceAll(`${this.root}/`, '/'));
    this.look = {
      ...look,
      // `self` is who looks, and that is nobody in there.
      read: (path) => look.read(path.replace(/^\/proc\/self\//, '/proc/1/')),
      run: async (program, args = [], options = {}) =>
        (await this.units.answer(program, args)) ?? (await this.inside(program, args.map(within), options)),
    };
  }

  /** Starts it, with the templates of stages as the builder renders them. No service runs yet. */
  static async create(stages: readonly string[] = []): Promise<DebianHost> {
    const tree = await debianTree();
    const init = spawn(
      'unshare',
      [
        ...['--mount', '--pid', '--fork', '--kill-child', '--net', '--uts', '--ipc'],
        ...['--propagation', 'private', 'bash', '-c', makeRoot, 'init', tree, `${debianFolder()}/mount`],
      ],
      // It ends when its input does: nothing of it outlives the test.
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    const host = new DebianHost(init, await pidOfInit(init));
    for (const stage of stages)
      for (const [path, text] of await renderTemplates(stage)) host.put(path, text, modeOf(path, text));
    await host.shell('systemd-sysusers; systemd-tmpfiles --create --boot --exclude-prefix=/dev');
    return host;
  }

  /** Runs a program inside, without the stand-in for systemctl. */
  inside(program: string, args: readonly string[] = [], options: RunOptions = {}): Promise<RunResult> {
    return runInside(this.#enter(), [program, ...args], options);
  }

  /** Runs a line of shell inside. */
  async shell(line: string): Promise<RunResult> {
    return await this.inside('/bin/bash', ['-c', line]);
  }

  /** Runs a step of the setup; aborting the signal is a shutdown of the device. */
  async step(
    step: SetupStep,
    answers: Readonly<Record<string, Values>>,
    signal?: AbortSignal,
  ): Promise<void> {
    await step.run(this.task(step, answers, signal));
  }

  async undo(step: SetupStep): Promise<void> {
    await step.undo?.(this.task(step, {}));
  }

  /** What a step has in hand. */
  task(
    step: SetupStep,
    answers: Readonly<Record<string, Values>>,
    signal: AbortSignal = new AbortController().signal,
    look: DeviceLook = this.look,
  ): StepTask {
    const given: Answers = Object.fromEntries(
      Object.entries(answers).map(([topic, values]) => [topic, { state: 'answered', values }]),
    );
    return makeTask({
      look,
      step,
      answers: given,
      log: (line) => this.log.push(line),
      blacken: (text) => text,
      progress: () => {},
      signal,
    });
  }

  /** Lines of the logs of the steps. */
  readonly log: string[] = [];

  put(path: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(this.root + path), { recursive: true });
    writeFileSync(this.root + path, text);
    chmodSync(this.root + path, mode);
  }

  get(path: string): string {
    return readFileSync(this.root + path, 'utf8');
  }

  has(path: string): boolean {
    return existsSync(this.root + path);
  }

  mode(path: string): number {
    return statSync(this.root + path).mode & 0o7777;
  }

  /** Path of a socket of the test's side: each connection to it comes out inside, at an address and port there. */
  async into(port: number, address = '127.0.0.1'): Promise<string> {
    this.#relay ??= await DebianRelay.start(this.#pid);
    return await this.#relay.into(address, port);
  }

  /** Lets programs inside reach a server of the test, which listens on a socket path, at an address and port inside. */
  async outOf(socketPath: string, port: number, address = '127.0.0.1'): Promise<void> {
    this.#relay ??= await DebianRelay.start(this.#pid);
    await this.#relay.outOf(socketPath, address, port);
  }

  /** Puts a peer at the other end of a network card; addresses with their prefix, such as `192.168.7.1/24`. */
  async peer(card: string, ownAddress: string, peerAddress: string): Promise<Peer> {
    const net = `/run/netns/${card}`;
    const inPeer = `nsenter --net=${net} ip`;
    const made = await this.shell(
      [
        `ip netns add ${card} && ip link add ${card} type veth peer name far-${card} netns ${card}`,
        `ip addr add ${ownAddress} dev ${card} && ip link set ${card} up`,
        `${inPeer} link set lo up && ${inPeer} addr add ${peerAddress} dev far-${card}`,
        `${inPeer} link set far-${card} up`,
        `${inPeer} route add default via ${ownAddress.replace(/\/.*/, '')}`,
      ].join(' && '),
    );
    if (made.exitCode !== 0) throw new Error(`no peer: ${made.stderr}`);
    return {
      run: (program, args = [], options = {}) =>
        runInside(this.#enter(), ['nsenter', `--net=${net}`, program, ...args], options),
    };
  }

  /** Ends all of it, as a power cut does: nothing gets a moment to clean up. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#relay?.stop();
    this.units.forget();
    const ended = new Promise((resolve) => this.#init.once('close', resolve));
    this.#init.stdin?.end();
    await ended;
  }

  #enter(): readonly string[] {
    const namespaces = ['--mount', '--pid', '--net', '--uts', '--ipc', '--root', '--wdns=/'];
    return [`--target=${this.#pid}`, ...namespaces, '--', '/usr/bin/env', '-i', ...environment];
  }
}

const environment = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C.UTF-8'];

/** Makes the root folder in a mount namespace of its own, changes into it and waits for the end of its input. */
const makeRoot = `
set -eu
tree="$1" place="$2"
mount -t tmpfs -o mode=755 tmpfs "$place"
mkdir "$place/upper" "$place/work" "$place/root"
mount -t overlay overlay -o "lowerdir=$tree,upperdir=$place/upper,workdir=$place/work" "$place/root"
cd "$place/root"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 tmpfs dev
for name in null zero full random urandom tty; do touch "dev/$name"; mount --bind "/dev/$name" "dev/$name"; done
mkdir dev/shm dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx; ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mkdir -p run/lock run/hearth run/systemd/system
ip link set lo up
uname -n >/dev/null
mkdir -p mnt
pivot_root . mnt
exec /bin/bash -c 'umount -l /mnt; echo hearth >/proc/sys/kernel/hostname; echo ready; while read -r _; do :; done'
`;

async function pidOfInit(init: ChildProcess): Promise<number> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    init.stdout?.on('data', (part: Buffer) => {
      if (part.toString().includes('ready')) resolve();
    });
    init.stderr?.on('data', (part: Buffer) => {
      said += part.toString();
    });
    init.once('close', () => reject(new Error(`no Debian for this test (it needs root): ${said}`)));
  });
  const children = readFileSync(`/proc/${init.pid}/task/${init.pid}/children`, 'utf8');
  return Number(children.trim().split(' ')[0]);
}

function runInside(
  enter: readonly string[],
  command: readonly string[],
  { input = '', timeoutMs = 180_000, env = {} }: RunOptions,
): Promise<RunResult> {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return new Promise((resolve) => {
    const child = spawn('nsenter', [...enter, ...variables, ...command], { timeout: timeoutMs });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', (part: Buffer) => {
        said[name] += part.toString();
      });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    // Not `close`: a daemon that goes on keeps the pipes of what started it.
    child.once('exit', (code) => setTimeout(() => resolve({ exitCode: code ?? -1, ...said }), 5));
  });
}

/** As the builder does it: what begins with #! can be run. */
function modeOf(path: string, text: string): number {
  return text.startsWith('#!') && !path.endsWith('.service') ? 0o755 : 0o644;
}
