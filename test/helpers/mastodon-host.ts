import { mkdirSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { addressStep } from '../../stages/50-data/setup/data/address-step.ts';
import { poolStep } from '../../stages/50-data/setup/data/pool-step.ts';
import { postgresStep } from '../../stages/50-data/setup/data/postgres-step.ts';
import { valkeyStep } from '../../stages/50-data/setup/data/valkey-step.ts';
import { makeMastodonCommand } from '../../stages/70-mastodon/setup/command/mastodon-command.ts';
import { makeUpgradeCommand } from '../../stages/70-mastodon/setup/command/upgrade.ts';
import { makeDatabaseStep } from '../../stages/70-mastodon/setup/steps/database-step.ts';
import { keysStep } from '../../stages/70-mastodon/setup/steps/keys-step.ts';
import { makeOwnerStep } from '../../stages/70-mastodon/setup/steps/owner-step.ts';
import { makeStartStep } from '../../stages/70-mastodon/setup/steps/start-step.ts';
import { makeDeviceTask } from '../../stages/90-first-boot/agent/apply/task.ts';
import { type DeviceLook, StepFailure } from '../../stages/90-first-boot/agent/device/door.ts';
import type { Answers, SetupStep, Values } from '../../stages/90-first-boot/agent/setup/define.ts';
import { ClusterHost } from './cluster-host.ts';
import { DebianHost } from './debian-host.ts';
import { firstRelease, mastodonImages, type UnderstudyRelease } from './mastodon-images.ts';
import { PowerCut, untilPowerCut } from './power.ts';
import { ociFiles, writeArchive } from './sample-images.ts';

const state = '/var/lib/hearth/mastodon';
const images = '/var/lib/rancher/k3s/agent/images';
/** Of the steps, so that tests need not wait as long as a device may. */
const times = { limitMs: 60_000, pauseMs: 250 };

/** A Debian with the real data services and the understudies of k3s and Mastodon, for the steps of both stages. */
export class MastodonHost {
  readonly host: DebianHost;
  readonly cluster: ClusterHost;

  private constructor(host: DebianHost, cluster: ClusterHost) {
    this.host = host;
    this.cluster = cluster;
  }

  /** Starts it; no step of Mastodon has run. */
  static async start(release: UnderstudyRelease = firstRelease): Promise<MastodonHost> {
    const host = await DebianHost.create(['50-data']);
    for (const step of dataSteps) await host.step(step, answers);
    const cluster = await ClusterHost.start(host, await mastodonImages(release));
    const one = new MastodonHost(host, cluster);
    one.noteImages();
    return one;
  }

  /** What the step mastodon.images leaves: it knows the image's artifacts, and there is no image here. */
  noteImages(): void {
    const [archive] = readdirSync(`${this.host.root}${images}`).filter((name) => name.endsWith('.tar'));
    const path = `${images}/${archive}`;
    const reference = (name: string) => `ghcr.io/mastodon/${name}:${firstRelease.version}`;
    const [web, streaming] = [reference('mastodon'), reference('mastodon-streaming')];
    const known = { web: { reference: web, path }, streaming: { reference: streaming, path } };
    this.host.put(`${state}/images.json`, JSON.stringify(known), 0o600);
    if (this.host.has(`${state}/release.json`)) return;
    const release = { version: firstRelease.version, web, streaming };
    this.host.put(`${state}/release.json`, JSON.stringify(release), 0o600);
  }

  /** Runs steps, as the applier does. */
  async apply(steps: readonly SetupStep[], look: DeviceLook = this.host.look): Promise<void> {
    for (const step of steps) {
      const signal = new AbortController().signal;
      await step.run(this.host.task(step, answers, signal, look));
    }
  }

  /** Calls `hearthctl mastodon ARGS`; the person says yes. */
  async call(args: string, look: DeviceLook = this.host.look) {
    const said: string[] = [];
    const device = makeDeviceTask({
      look,
      blacken: (text) => text,
      log: (line) => this.host.log.push(line),
      signal: new AbortController().signal,
    });
    const upgrade = makeUpgradeCommand({ job: times, rollout: times });
    try {
      const exitCode = await makeMastodonCommand({ upgrade }).run({
        args: args.split(' '),
        device,
        answers: answered,
        say: (line) => said.push(line),
        complain: (line) => said.push(line),
        confirm: async () => true,
        isTerminal: true,
        language: 'en',
        alone: async (work) => await work(),
      });
      return { exitCode, said: said.join('\n') };
    } catch (error) {
      if (!(error instanceof StepFailure)) throw error;
      return { exitCode: 1, said: [...said, error.message].join('\n') };
    }
  }

  /** Puts the archives of a release on the device; gives their paths, as words of `upgrade`. */
  async archivesOf(release: UnderstudyRelease): Promise<string> {
    const folder = `/srv/images-${release.version}`;
    mkdirSync(`${this.host.root}${folder}`, { recursive: true });
    const { web, streaming } = await mastodonImages(release);
    const paths: string[] = [];
    for (const image of [web, streaming]) {
      const path = await writeArchive(`${this.host.root}${folder}`, await ociFiles([image]));
      paths.push(`${folder}/${basename(path)}`);
    }
    return paths.join(' ');
  }

  /** Does work until a moment comes, and then ends everything at once; the device has started again when this returns. */
  async cutPower(
    work: (look: DeviceLook) => Promise<unknown>,
    isTime: () => boolean | Promise<boolean>,
  ): Promise<void> {
    const { look, cut } = untilPowerCut(this.host.look);
    let end: unknown = 'works';
    const worked = work(look).then(
      (value) => {
        end = value;
      },
      (error: unknown) => {
        end = error;
      },
    );
    while (end === 'works' && !(await isTime())) await new Promise((resolve) => setTimeout(resolve, 10));
    if (end !== 'works') throw new Error(`it ended before the moment came: ${JSON.stringify(end)} ${end}`);
    cut();
    await this.cluster.cutPower();
    await this.host.shell(
      'pkill -KILL -x "postgres|pgbouncer|valkey-server|pg_dump|pg_restore|psql"; pkill -KILL -f "k3[s] kubectl"; true',
    );
    await worked;
    if (!((end as unknown) instanceof PowerCut)) throw new Error(`it did not notice the power cut: ${end}`);
    await this.boot();
  }

  /** Starts what a device starts by itself. */
  async boot(): Promise<void> {
    const units = ['hearth-postgres', 'valkey-server', 'pgbouncer'];
    await this.cluster.until(async () => {
      await this.host.look.run('systemctl', ['start', ...units]);
      return units.every((unit) => this.host.units.state(unit) === 'active');
    });
    await this.cluster.startServer();
  }

  /** Asks PostgreSQL; the rows with a line each. */
  async sql(statement: string): Promise<string> {
    const words = ['-XAt', '-h', '/run/postgresql', '-U', 'postgres', '-d', 'mastodon_production'];
    return (await this.host.inside('psql', [...words, '-c', statement])).stdout.trim();
  }

  /** True while something changes the tables. */
  async isMigrating(): Promise<boolean> {
    const open = "usename = 'mastodon' AND state = 'idle in transaction'";
    return (await this.sql(`SELECT count(*) FROM pg_stat_activity WHERE ${open}`)) === '1';
  }

  /** `302` when the password is right. */
  async signIn(password: string): Promise<string> {
    const form = ['user[email]=ada@example.net', `user[password]=${password}`];
    const pairs = form.flatMap((pair) => ['--data-urlencode', pair]);
    return (await this.ask('/auth/sign_in', pairs)).slice(0, 3);
  }

  /** Status and body, as `200 OK`. */
  async ask(path: string, options: readonly string[] = []): Promise<string> {
    const headers = ['-H', 'Host: ada.example.org', '-H', 'X-Forwarded-Proto: https'];
    return await this.cluster.curl(path, [...headers, ...options], '10.43.0.30:3000');
  }

  /** Writes a post, as Mastodon's own workers do. */
  async post(text: string): Promise<void> {
    await this.cluster.push('default', 'UnderstudyPostWorker', [text]);
    await this.cluster.until(async () => (await this.posts()).includes(text));
  }

  /** Texts of all posts. */
  async posts(): Promise<readonly string[]> {
    return (await this.sql('SELECT text FROM statuses ORDER BY id')).split('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]();
  }
}

export const answers: Readonly<Record<string, Values>> = {
  device: { name: 'hearth' },
  cluster: { role: 'server' },
  mastodon: {
    domain: 'ada.example.org',
    owner: 'ada',
    email: 'ada@example.net',
    community: 'alone',
    language: 'de',
  },
  mail: { how: 'local', from: 'mastodon@ada.example.org' },
};

/** The same as they are stored. */
export const answered: Answers = Object.fromEntries(
  Object.entries(answers).map(([topic, values]) => [topic, { state: 'answered', values }]),
);

export const dataSteps: readonly SetupStep[] = [addressStep, postgresStep, poolStep, valkeyStep];
export const databaseStep: SetupStep = makeDatabaseStep(times);
/** From the keys to the owner's account. */
export const mastodonSteps: readonly SetupStep[] = [
  keysStep,
  databaseStep,
  makeStartStep(times),
  makeOwnerStep(times),
];
