import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync } from 'node:fs';
import { type DataRecord, readRecord } from '../../stages/50-data/setup/data/data-record.ts';
import { type ManifestObject, manifestList } from '../../stages/70-mastodon/setup/manifests/objects.ts';
import { understudyProgram } from '../understudies/program.ts';
import type { DebianHost } from './debian-host.ts';
import { type MastodonImages, mastodonImages } from './mastodon-images.ts';
import { ociFiles, writeArchive } from './sample-images.ts';

/** An object as the cluster tells it. */
export interface SeenObject {
  readonly metadata: { readonly name: string; readonly generation?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
    readonly conditions?: readonly { readonly type: string }[];
    readonly containerStatuses?: readonly { readonly restartCount: number }[];
  };
}

const program = '/usr/local/bin/k3s';
const images = '/var/lib/rancher/k3s/agent/images';
const applyOptions = ['--server-side', '--force-conflicts', '--field-manager=hearth', '-f', '-'];

/** The understudy of k3s in a Debian, with the images of Mastodon's; its pods have their own network there. */
export class ClusterHost {
  readonly host: DebianHost;

  private constructor(host: DebianHost) {
    this.host = host;
  }

  /** Puts Node and k3s there and starts it. */
  static async start(host: DebianHost, parts?: MastodonImages): Promise<ClusterHost> {
    const cluster = new ClusterHost(host);
    // The tree of the tests has none.
    copyFileSync(process.execPath, `${host.root}/usr/bin/node`);
    chmodSync(`${host.root}/usr/bin/node`, 0o755);
    host.put(program, Buffer.from(await understudyProgram('k3s')).toString(), 0o755);
    host.put('/etc/rancher/k3s/config.yaml', 'node-name: "hearth"\nnode-ip: "10.42.0.1"\n');
    const controllers = '/sys/fs/cgroup/cgroup.controllers';
    // What the kernel offers is not shown in there.
    await host.shell(`mount -t tmpfs tmpfs /sys/fs/cgroup && echo cpuset cpu memory pids >${controllers}`);
    await host.shell(`install -d ${images} && install -d -o 991 -g 991 /srv/hearth/mastodon/system`);
    const { web, streaming } = parts ?? (await mastodonImages());
    await writeArchive(`${host.root}${images}`, await ociFiles([web, streaming]));
    await cluster.startServer();
    return cluster;
  }

  async startServer(): Promise<void> {
    await this.host.shell(`setsid ${program} server >>/var/log/k3s.log 2>&1 & echo $! >/run/k3s.pid`);
    await this.until(async () => {
      const { stdout } = await this.host.inside(program, ['kubectl', 'get', '--raw', '/readyz']);
      return stdout === 'ok';
    });
  }

  /** Ends k3s, as a crash does; the pods go on. */
  async killServer(): Promise<void> {
    await this.host.shell('kill -KILL $(cat /run/k3s.pid)');
  }

  /** Ends k3s and all pods at once, and forgets what was in memory; the device starts again after that. */
  async cutPower(): Promise<void> {
    await this.killServer();
    // The shell must not find itself.
    await this.host.shell(
      'pkill -KILL -f "opt/mastodo[n]/understudy|streaming/index.j[s]|SHIM_FOLDE[R]"; true',
    );
    await this.host.shell(
      'ip -all netns delete; ip link delete cni0; rm -rf /run/k3s /run/hearth-mastodon-clean-up',
    );
  }

  /** The services that the pods use. */
  get services(): DataRecord {
    return readRecord(this.host.look) ?? this.fail('no data.json');
  }

  async kubectl(args: readonly string[], input = ''): Promise<string> {
    const { exitCode, stdout, stderr } = await this.host.inside(program, ['kubectl', ...args], { input });
    return exitCode === 0 ? stdout : this.fail(stderr);
  }

  async apply(objects: readonly ManifestObject[]): Promise<void> {
    await this.kubectl(['apply', ...applyOptions], manifestList(objects));
  }

  async get(kind: string, label?: string): Promise<readonly SeenObject[]> {
    const chosen = label === undefined ? [] : ['-l', label];
    return JSON.parse(await this.kubectl(['get', kind, '-n', 'mastodon', ...chosen, '-o', 'json'])).items;
  }

  /** Runs a job to its end; gives what it printed. */
  async run(job: ManifestObject): Promise<string> {
    await this.apply([job]);
    return await this.ended(job.metadata?.name ?? '');
  }

  /** Waits for a job; throws with its log if it failed. */
  async ended(name: string): Promise<string> {
    const own = async () => (await this.get('jobs')).find(({ metadata }) => metadata.name === name);
    await this.until(async () => ((await own())?.status?.conditions ?? []).length > 0);
    const log = await this.kubectl(['logs', `job/${name}`, '-n', 'mastodon']);
    return (await own())?.status?.conditions?.[0]?.type === 'Complete' ? log : this.fail(log);
  }

  /** Waits until these deployments are available, as they were last wanted. */
  async ready(names: readonly string[]): Promise<void> {
    await this.until(async () => {
      const all = await this.get('deployments');
      return names.every((name) => all.some((one) => one.metadata.name === name && isReady(one)));
    });
  }

  /** Status and body, as `200 OK`. */
  async curl(path: string, options: readonly string[], address: string): Promise<string> {
    const words = ['-s', '-m', '10', '-w', '\\n%{http_code}', ...options, `http://${address}${path}`];
    const { stdout } = await this.host.inside('curl', words);
    const end = stdout.lastIndexOf('\n');
    return `${stdout.slice(end + 1)} ${stdout.slice(0, end)}`;
  }

  async valkey(...words: readonly string[]): Promise<string> {
    const env = { REDISCLI_AUTH: this.services.valkey.password };
    return (await this.host.inside('valkey-cli', [...words], { env })).stdout.trim();
  }

  /** Gives Sidekiq a job: see `jobs.mjs` of Mastodon's understudy. */
  async push(queue: string, name: string, args: readonly string[]): Promise<void> {
    const job = { class: name, args, jid: randomBytes(12).toString('hex'), enqueued_at: Date.now() };
    await this.valkey('LPUSH', `queue:${queue}`, JSON.stringify(job));
  }

  /** Waits until something holds, at most a minute. */
  async until(holds: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + 60_000;
    while (!(await holds())) {
      if (Date.now() > end) this.fail('it did not come to hold');
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  fail(why: string): never {
    const log = this.host.has('/var/log/k3s.log') ? this.host.get('/var/log/k3s.log').slice(-4_000) : '';
    throw new Error(`${why}\n${log}`);
  }
}

function isReady({ metadata, status = {} }: SeenObject): boolean {
  const { observedGeneration, replicas, updatedReplicas, availableReplicas } = status;
  const isSeen = observedGeneration === metadata.generation;
  return isSeen && [replicas, updatedReplicas, availableReplicas].every((count) => count === 1);
}
