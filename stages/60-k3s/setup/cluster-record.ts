import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import type { StepTask } from '../../90-first-boot/agent/device/door.ts';
import type { Values } from '../../90-first-boot/agent/setup/define.ts';
import { ownDisk } from './cluster-topic.ts';

/** Where k3s keeps all it has, unless a disk was chosen. */
export const cardData = '/var/lib/rancher/k3s';

/** A device's place in a cluster. Another role, server or folder is another cluster: it begins empty. */
export interface Cluster {
  readonly role: 'server' | 'agent';
  readonly dataFolder: string;
  /** Name or address of the server that an agent has joined. */
  readonly server?: string;
  /** Stays when the device is renamed: a new name would be a new member of the cluster, without the old one's data. */
  readonly nodeName: string;
}

const recordFile = '/var/lib/hearth/k3s.json';

/** The cluster that the setup has made or begun to make. */
export function readCluster(task: Pick<StepTask, 'read'>): Cluster | undefined {
  const text = task.read(recordFile);
  return text === undefined ? undefined : (JSON.parse(text) as Cluster);
}

/** What lets other devices into the cluster of this server, as agents only; k3s writes it at its first start. */
export function joinToken(device: Pick<StepTask, 'read'>): string | undefined {
  const cluster = readCluster(device);
  return cluster && device.read(`${cluster.dataFolder}/server/agent-token`)?.trim();
}

/** Notes the cluster before anything of it is made, so that all of it can be taken back. */
export function keepCluster(task: StepTask, cluster: Cluster): void {
  const text = `${JSON.stringify(cluster)}\n`;
  if (task.read(recordFile) !== text) task.write(recordFile, text, 0o600);
}

/** Forgets the cluster: nothing of it is left. */
export function forgetCluster(task: StepTask): void {
  task.remove(recordFile);
}

/** What the answers ask for; the name is the known one if it is the same cluster. */
export function clusterOf(values: Values, hostname: string, known: Cluster | undefined): Cluster {
  const { role, disk = '', address = '' } = values;
  const isAgent = role === 'agent';
  const dataFolder = disk === '' || disk === ownDisk ? cardData : `${disk}/hearth-k3s`;
  const cluster = {
    role: isAgent ? 'agent' : 'server',
    dataFolder,
    ...(isAgent ? { server: address.toLowerCase() } : {}),
    // The server refuses a name that it knows from a device with another password, as after a factory reset.
    nodeName: isAgent ? `${hostname}-${randomBytes(3).toString('hex')}` : hostname,
  } as const;
  return known !== undefined && isSameCluster(known, cluster) ? known : cluster;
}

/** True if both are one place in one cluster. */
export function isSameCluster(one: Cluster, other: Cluster): boolean {
  return one.role === other.role && one.dataFolder === other.dataFolder && one.server === other.server;
}

/** What to remove of a data folder, in this order. Archives of container images stay: they come from the image's maker. */
export function dataOf(task: StepTask, { dataFolder }: Cluster): readonly string[] {
  if (dataFolder !== cardData) return [dataFolder];
  return [
    `${dataFolder}/server`,
    ...namesIn(task, `${dataFolder}/agent`)
      .filter((name) => name !== 'images')
      .map((name) => `${dataFolder}/agent/${name}`),
    `${dataFolder}/data`,
  ];
}

function namesIn(task: StepTask, folder: string): readonly string[] {
  try {
    return readdirSync(task.path(folder)).sort();
  } catch {
    return [];
  }
}
