import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { RunResult } from '../../stages/90-first-boot/agent/device/door.ts';
import { commandOf, readUnit, type UnitCommand, type UnitFile } from './debian-unit-file.ts';
import { asUnitUser, conditionsHold, environmentOf, makeUnitFolders } from './debian-unit-world.ts';

/** What the stand-in needs of its host. */
export interface UnitHost {
  readonly root: string;
  readonly run: (program: string, args: readonly string[]) => Promise<RunResult>;
  /** Starts a program inside; its parent is nsenter. */
  readonly start: (command: readonly string[]) => ChildProcess;
}

interface Unit {
  state: 'inactive' | 'activating' | 'active' | 'failed';
  conditionResult: 'yes' | 'no';
  wasStopped: boolean;
  child?: ChildProcess | undefined;
  readonly journal: string[];
}

const good: RunResult = { exitCode: 0, stdout: '', stderr: '' };
const said = (stdout: string, exitCode = 0): RunResult => ({ exitCode, stdout, stderr: '' });

/**
 * Does for a DebianHost what tests need of systemd: it reads the real unit files, sees to conditions, users, folders and
 * environment, and starts, stops, reloads and restarts. It knows no sandboxing and no sockets. One thing at a time.
 */
export class DebianUnits {
  readonly #host: UnitHost;
  readonly #units = new Map<string, Unit>();
  #isOver = false;

  constructor(host: UnitHost) {
    this.#host = host;
  }

  /** Answers `systemctl` and `journalctl`; undefined for other programs. */
  async answer(program: string, args: readonly string[]): Promise<RunResult | undefined> {
    const name = program.replace(/^.*\//, '');
    if (name === 'journalctl') return said(this.journal(unitIn(args)).join('\n'));
    if (name !== 'systemctl') return undefined;
    const words = args.filter((word) => !word.startsWith('-'));
    const [verb = '', ...names] = words;
    if (['enable', 'disable', 'mask', 'unmask', 'is-enabled'].includes(verb)) {
      const real = await this.#host.run('systemctl', [
        '--root=/',
        ...args.filter((word) => word !== '--now'),
      ]);
      if (args.includes('--now')) await this.#each(verb === 'enable' ? 'start' : 'stop', names, args);
      return real;
    }
    return await this.#each(verb, names, args);
  }

  /** Lines of the daemons of a unit, in the order in which they came. */
  journal(name: string): readonly string[] {
    return this.#unit(withKind(name)).journal;
  }

  state(name: string): Unit['state'] {
    return this.#unit(withKind(name)).state;
  }

  /** Pid of the main process inside; undefined if it does not run. */
  pid(name: string): number | undefined {
    const file = readUnit(this.#host.root, withKind(name))?.last('Service.PIDFile');
    if (file !== undefined && existsSync(this.#host.root + file))
      return Number(readFileSync(this.#host.root + file, 'utf8').trim());
    const child = this.#unit(withKind(name)).child;
    return child?.pid === undefined ? undefined : pidInside(child.pid);
  }

  /** Nothing is started again: the host goes. */
  forget(): void {
    this.#isOver = true;
  }

  async #each(verb: string, names: readonly string[], args: readonly string[]): Promise<RunResult> {
    if (verb === 'daemon-reload') return good;
    let answer: RunResult = good;
    for (const name of names.map(withKind)) {
      const one = await this.#do(verb, name, args);
      if (one.exitCode !== 0 || answer.exitCode === 0) answer = one;
    }
    return answer;
  }

  async #do(verb: string, name: string, args: readonly string[]): Promise<RunResult> {
    const unit = this.#unit(name);
    switch (verb) {
      case 'is-active':
        return said(`${unit.state}\n`, unit.state === 'active' ? 0 : 3);
      case 'is-failed':
        return said(`${unit.state}\n`, unit.state === 'failed' ? 0 : 1);
      case 'show':
        return said(this.#show(name, unit, args));
      case 'start':
        return await this.#start(name);
      case 'stop':
        return await this.#stop(name);
      case 'restart':
        await this.#stop(name);
        return await this.#start(name);
      case 'try-restart':
        if (unit.state !== 'active') return good;
        await this.#stop(name);
        return await this.#start(name);
      case 'reload':
        return await this.#reload(name);
      case 'try-reload-or-restart':
        return unit.state === 'active' ? await this.#reloadOrRestart(name) : good;
      case 'reload-or-restart':
        return unit.state === 'active' ? await this.#reloadOrRestart(name) : await this.#start(name);
      case 'reset-failed':
        if (unit.state === 'failed') unit.state = 'inactive';
        return good;
      default:
        return { exitCode: 64, stdout: '', stderr: `the stand-in for systemctl does not know ${verb}` };
    }
  }

  async #start(name: string): Promise<RunResult> {
    const unit = this.#unit(name);
    if (unit.state === 'active') return good;
    const file = readUnit(this.#host.root, name);
    if (file === undefined) return { exitCode: 5, stdout: '', stderr: `Unit ${name} not found.` };
    unit.conditionResult = conditionsHold(this.#host.root, file) ? 'yes' : 'no';
    if (unit.conditionResult === 'no') return good;
    const needed = await this.#startNeeded(file);
    if (needed.exitCode !== 0) return needed;
    if (!name.endsWith('.service')) {
      unit.state = 'active';
      return good;
    }
    unit.state = 'activating';
    unit.wasStopped = false;
    const isUp = await this.#run(file, unit);
    if (!isUp)
      return {
        exitCode: 1,
        stdout: '',
        stderr: `Job for ${name} failed.\n${unit.journal.slice(-8).join('\n')}`,
      };
    return good;
  }

  async #startNeeded(file: UnitFile): Promise<RunResult> {
    for (const key of ['Unit.Requires', 'Unit.Wants', 'Unit.BindsTo']) {
      const names = file.all(key).flatMap((line) => line.split(/\s+/));
      for (const other of names.filter((one) => one.endsWith('.service'))) {
        const needed = await this.#start(other);
        if (needed.exitCode !== 0 && key !== 'Unit.Wants') return needed;
      }
    }
    return good;
  }

  async #run(file: UnitFile, unit: Unit): Promise<boolean> {
    makeUnitFolders(this.#host.root, file);
    const isReady = await this.#all(file, unit, 'Service.ExecStartPre');
    const lines = file.all('Service.ExecStart');
    const type = file.last('Service.Type') ?? 'simple';
    if (!isReady) return this.#failed(unit);
    if (type === 'oneshot' || type === 'forking') {
      if (!(await this.#all(file, unit, 'Service.ExecStart'))) return this.#failed(unit);
      const stays = type === 'forking' || file.last('Service.RemainAfterExit') === 'yes';
      unit.state = stays ? 'active' : 'inactive';
    } else {
      const command = commandOf(lines[0] ?? '', environmentOf(this.#host.root, file));
      const isNotify = type.startsWith('notify');
      if (!(await this.#spawn(file, unit, command, isNotify))) return this.#failed(unit);
      unit.state = 'active';
    }
    return (await this.#all(file, unit, 'Service.ExecStartPost')) || this.#failed(unit);
  }

  /** Starts the main process, and with `notify` waits until it says that it is ready or ends. */
  async #spawn(file: UnitFile, unit: Unit, command: UnitCommand, isNotify: boolean): Promise<boolean> {
    const socket = `/run/notify-${file.name}`;
    const notify = isNotify ? await this.#listen(socket) : undefined;
    const env = notify
      ? { ...environmentOf(this.#host.root, file), NOTIFY_SOCKET: socket }
      : environmentOf(this.#host.root, file);
    const child = this.#host.start(asUnitUser(this.#host.root, file, command, env));
    unit.child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (part: Buffer) => unit.journal.push(...part.toString().trimEnd().split('\n')));
    const ended = new Promise<boolean>((resolve) => {
      child.once('exit', (code) => {
        resolve(false);
        this.#ended(file, unit, code);
      });
    });
    if (notify === undefined) return await Promise.race([ended, later(50, true)]);
    const isUp = await Promise.race([ended, notify.ready, later(60_000, false)]);
    notify.stop();
    return isUp;
  }

  #ended(file: UnitFile, unit: Unit, code: number | null): void {
    unit.child = undefined;
    if (unit.wasStopped || this.#isOver) return;
    const wasUp = unit.state === 'active';
    unit.state = code === 0 ? 'inactive' : 'failed';
    const restart = file.last('Service.Restart') ?? 'no';
    const isWanted = restart === 'always' || (restart.startsWith('on-') && code !== 0);
    if (!wasUp || !isWanted) return;
    unit.state = 'activating';
    setTimeout(
      () => {
        if (unit.state === 'activating' && !this.#isOver) void this.#run(file, unit);
      },
      secondsOf(file.last('Service.RestartSec') ?? '100ms') * 1_000,
    );
  }

  async #stop(name: string): Promise<RunResult> {
    const unit = this.#unit(name);
    const file = readUnit(this.#host.root, name);
    unit.wasStopped = true;
    if (file === undefined || unit.state === 'inactive') return good;
    await this.#all(file, unit, 'Service.ExecStop');
    const pid = this.pid(name);
    if (pid !== undefined) {
      const signal = (file.last('Service.KillSignal') ?? 'SIGTERM').replace('SIG', '');
      await this.#host.run('kill', ['-s', signal, String(pid)]);
      await this.#gone(pid, secondsOf(file.last('Service.TimeoutStopSec') ?? '90'));
    }
    await this.#all(file, unit, 'Service.ExecStopPost');
    unit.state = 'inactive';
    return good;
  }

  async #gone(pid: number, seconds: number): Promise<void> {
    const limitMs = Date.now() + seconds * 1_000;
    while (existsSync(`${this.#host.root}/proc/${pid}`)) {
      if (Date.now() > limitMs) await this.#host.run('kill', ['-KILL', String(pid)]);
      await later(20, undefined);
    }
  }

  async #reloadOrRestart(name: string): Promise<RunResult> {
    if (readUnit(this.#host.root, name)?.last('Service.ExecReload') !== undefined)
      return await this.#reload(name);
    await this.#stop(name);
    return await this.#start(name);
  }

  async #reload(name: string): Promise<RunResult> {
    const unit = this.#unit(name);
    const file = readUnit(this.#host.root, name);
    if (file === undefined || unit.state !== 'active') return said('', 1);
    return (await this.#all(file, unit, 'Service.ExecReload')) ? good : said('', 1);
  }

  /** Runs the commands of a key one after the other, until one fails. */
  async #all(file: UnitFile, unit: Unit, key: string): Promise<boolean> {
    const pid = this.pid(file.name);
    const env = {
      ...environmentOf(this.#host.root, file),
      ...(pid === undefined ? {} : { MAINPID: String(pid) }),
    };
    for (const line of file.all(key)) {
      const command = commandOf(line, env);
      const [program = '', ...args] = asUnitUser(this.#host.root, file, command, env);
      const { exitCode, stdout, stderr } = await this.#host.run(program, args);
      unit.journal.push(...`${stdout}${stderr}`.split('\n').filter((word) => word !== ''));
      if (exitCode !== 0 && !command.mayFail) return false;
    }
    return true;
  }

  #show(name: string, unit: Unit, args: readonly string[]): string {
    const file = readUnit(this.#host.root, name);
    const all: Readonly<Record<string, string>> = {
      ActiveState: unit.state,
      SubState: unit.state === 'active' ? 'running' : 'dead',
      ConditionResult: unit.conditionResult,
      LoadState: file === undefined ? 'not-found' : 'loaded',
      Result: unit.state === 'failed' ? 'exit-code' : 'success',
      Job: '',
      MainPID: String(this.pid(name) ?? 0),
    };
    const text = args.join(' ');
    const names = /(?:--property[= ]|-[pP] ?)([A-Za-z,]+)/.exec(text)?.[1]?.split(',') ?? Object.keys(all);
    const isValue = /(?:^| )(?:-P|--value)/.test(text);
    return names.map((key) => `${isValue ? '' : `${key}=`}${all[key] ?? ''}\n`).join('');
  }

  #failed(unit: Unit): false {
    unit.state = 'failed';
    return false;
  }

  #unit(name: string): Unit {
    const unit = this.#units.get(name) ?? {
      ...{ state: 'inactive' as const, conditionResult: 'no' as const, wasStopped: false, journal: [] },
    };
    this.#units.set(name, unit);
    return unit;
  }

  /** Hears what a daemon says to systemd. Node has no such sockets. */
  async #listen(socket: string): Promise<{ readonly ready: Promise<boolean>; readonly stop: () => void }> {
    const child = this.#host.start(['/usr/bin/perl', '-MSocket', '-e', listenForReady, socket]);
    let text = '';
    const until = (word: RegExp) =>
      new Promise<boolean>((resolve) => {
        child.stdout?.on('data', (part: Buffer) => {
          text += part.toString();
          if (word.test(text)) resolve(true);
        });
        child.once('close', () => resolve(false));
      });
    child.stderr?.pipe(process.stderr);
    const ready = until(/READY=1/);
    if (!(await until(/listening/))) throw new Error('nobody listens to what the daemons say');
    return { ready, stop: () => child.kill('SIGKILL') };
  }
}

const listenForReady = String.raw`
$| = 1; my $path = shift; unlink $path;
socket(S, AF_UNIX, SOCK_DGRAM, 0) or die $!; bind(S, sockaddr_un($path)) or die $!;
chmod 0777, $path; print "listening\n";
while (defined recv(S, my $text, 4096, 0)) { print "$text\n"; last if $text =~ /READY=1/ }
`;

/** The pid inside of what nsenter has started, from nsenter's own. */
function pidInside(pid: number): number | undefined {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    const status = readFileSync(`/proc/${children[0]}/status`, 'utf8');
    return Number(/^NSpid:.*\s(\d+)$/m.exec(status)?.[1]);
  } catch {
    return undefined;
  }
}

function unitIn(args: readonly string[]): string {
  const text = args.join(' ');
  return /(?:--unit[= ]|-u ?)(\S+)/.exec(text)?.[1] ?? '';
}

function withKind(name: string): string {
  return /\.(service|socket|timer|target|path|mount)$/.test(name) ? name : `${name}.service`;
}

function secondsOf(text: string): number {
  const [, number = '0', unit = 's'] = /^([\d.]+)\s*(ms|s|min|m)?/.exec(text) ?? [];
  return Number(number) * ({ ms: 0.001, s: 1, m: 60, min: 60 }[unit] ?? 1);
}

function later<T>(ms: number, value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(() => resolve(value), ms));
}
