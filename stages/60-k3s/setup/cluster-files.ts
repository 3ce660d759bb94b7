import { randomBytes } from 'node:crypto';
import type { StepTask } from '../../90-first-boot/agent/device/door.ts';
import { type Cluster, cardData } from './cluster-record.ts';

/** Switches k3s on: its unit starts only when this file is there. Tells the unit and its scripts what was chosen. */
export const switchFile = '/etc/rancher/k3s/hearth.env';
export const tokenForOthers = '/etc/rancher/k3s/agent-token';
const tokenOfServer = '/etc/rancher/k3s/join-token';
const serverConfig = '/etc/rancher/k3s/config.yaml.d/50-setup.yaml';
const agentConfig = '/etc/rancher/k3s/agent.yaml.d/50-setup.yaml';
const joinRules = '/etc/nftables.d/61-k3s-join.nft';
const diskUnit = '/etc/systemd/system/k3s.service.d/50-disk.conf';

/** All that the setup or k3s leaves outside of the data folder. */
export const filesOfSetup: readonly string[] = [
  serverConfig,
  agentConfig,
  '/etc/rancher/k3s/agent.yaml.d/60-address.yaml',
  tokenForOthers,
  tokenOfServer,
  joinRules,
  diskUnit,
];

/** What belongs to this cluster and this device's place in it. */
export const tracesOfCluster: readonly string[] = [
  '/etc/rancher/k3s/k3s.yaml',
  '/etc/rancher/node',
  '/var/lib/kubelet',
  '/var/lib/cni',
];

/** What the answers add to what is in memory of the device only. */
export interface Given {
  /** Name of the device in the home network, without .local. */
  readonly hostname: string;
  /** Of the server that is joined. */
  readonly token: string;
  readonly mayOthersJoin: boolean;
}

/** Writes what k3s reads. The file that switches it on comes last. */
export function writeClusterFiles(task: StepTask, cluster: Cluster, given: Given): void {
  if (cluster.role === 'server') writeServer(task, cluster, given);
  else writeAgent(task, cluster, given);
  writeDisk(task, cluster.dataFolder);
  const isLocalName = cluster.server?.toLowerCase().endsWith('.local') === true;
  const command = cluster.role === 'server' ? 'server' : '"agent --config /etc/rancher/k3s/agent.yaml"';
  task.write(
    switchFile,
    lines([
      `HEARTH_K3S_COMMAND=${command}`,
      `HEARTH_K3S_DATA=${cluster.dataFolder}`,
      ...(isLocalName ? [`HEARTH_K3S_SERVER=${cluster.server}`] : []),
    ]),
    0o644,
  );
}

/** Loads the firewall's rules again, if the setup has changed them. Needs no daemon. */
export async function loadRules(task: StepTask): Promise<void> {
  await task.must('nft', ['-f', '/etc/nftables.conf']);
}

function writeServer(task: StepTask, cluster: Cluster, { hostname, mayOthersJoin }: Given): void {
  // Its own: with it a device joins as an agent, and never as a second server.
  if (task.read(tokenForOthers) === undefined)
    task.write(tokenForOthers, `${randomBytes(32).toString('hex')}\n`, 0o600);
  task.write(
    serverConfig,
    lines([
      ...common(cluster),
      `agent-token-file: ${tokenForOthers}`,
      'tls-san:',
      `  - ${quoted(`${hostname}.local`)}`,
    ]),
    0o600,
  );
  if (mayOthersJoin) task.write(joinRules, openToHome, 0o644);
  else task.remove(joinRules);
}

function writeAgent(task: StepTask, cluster: Cluster, { token }: Given): void {
  task.write(tokenOfServer, `${token}\n`, 0o600);
  task.write(
    agentConfig,
    lines([
      ...common(cluster),
      `server: ${quoted(`https://${cluster.server}:6443`)}`,
      `token-file: ${tokenOfServer}`,
    ]),
    0o600,
  );
}

function common({ nodeName, dataFolder }: Cluster): readonly string[] {
  const place = dataFolder === cardData ? [] : [`data-dir: ${quoted(dataFolder)}`];
  return ['# Written by the setup.', `node-name: ${quoted(nodeName)}`, ...place];
}

/** A disk that is away must not be taken for an empty one: k3s would make a new cluster on the card. */
function writeDisk(task: StepTask, dataFolder: string): void {
  if (dataFolder === cardData) {
    if (task.read(diskUnit) !== undefined) task.remove(diskUnit);
    return;
  }
  const place = dataFolder.slice(0, dataFolder.lastIndexOf('/'));
  task.write(
    diskUnit,
    lines(['[Unit]', `RequiresMountsFor=${dataFolder}`, `ConditionPathIsMountPoint=${place}`]),
    0o644,
  );
}

/** Private IPv4 networks; of IPv6 what never comes from the Internet. */
const openToHome = `# Written by the setup: devices of the home network may join the cluster.
add rule inet hearth input ip saddr { 10.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16 } tcp dport 6443 accept
add rule inet hearth input ip6 saddr { fc00::/7, fe80::/10 } tcp dport 6443 accept
`;

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}

/** A text as JSON is a text in YAML. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
