import { StepFailure, type StepTask } from '../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../90-first-boot/agent/setup/define.ts';
import { filesOfSetup, loadRules, switchFile, tracesOfCluster, writeClusterFiles } from './cluster-files.ts';
import {
  type Cluster,
  cardData,
  clusterOf,
  dataOf,
  forgetCluster,
  isSameCluster,
  keepCluster,
  readCluster,
} from './cluster-record.ts';
import { missingControllers } from './controllers.ts';
import { dataDisks } from './data-disk.ts';

const importCache = `${cardData}/agent/images/.cache.json`;

/** Writes what k3s is to do, or takes it back. Does not need k3s itself: the unit waits until that is there. */
export const clusterStep: SetupStep = {
  id: 'k3s.config',
  order: 200,
  title: { en: 'Preparing the apps (k3s)', de: 'Apps vorbereiten (k3s)' },
  uses: ['cluster', 'device'],
  seconds: 5,
  isOptional: true,
  run: async (task) => {
    const answers = task.answers('cluster');
    const hostname = task.answers('device')?.['name'] ?? task.read('/etc/hostname')?.trim() ?? 'hearth';
    const known = readCluster(task);
    const wanted = answers === undefined ? undefined : clusterOf(answers, hostname, known);
    if (known !== undefined && (wanted === undefined || !isSameCluster(known, wanted)))
      await dissolve(task, known);
    if (answers === undefined || wanted === undefined) return;
    refuseWithoutControllers(task);
    await refuseWithoutDisk(task, wanted);
    keepCluster(task, wanted);
    writeClusterFiles(task, wanted, {
      hostname,
      token: answers['token'] ?? '',
      mayOthersJoin: answers['others'] === 'yes',
    });
    await loadRules(task);
    await task.must('systemctl', ['daemon-reload']);
    await task.must('systemctl', ['--no-block', 'restart', 'k3s.service']);
    await task.must('sync');
  },
  undo: async (task) => {
    task.remove(switchFile);
    clear(task, readCluster(task) ?? { role: 'server', dataFolder: cardData, nodeName: '' });
    // The firewall may be up already. If it is not, it reads the rules when it starts.
    await task.run('nft', ['-f', '/etc/nftables.conf']);
    await task.must('sync');
    forgetCluster(task);
  },
};

async function dissolve(task: StepTask, cluster: Cluster): Promise<void> {
  task.log('the cluster of before ends here: another one, or none, is wanted');
  task.remove(switchFile);
  await task.must('/usr/lib/hearth/k3s-killall', [], { timeoutMs: 180_000 });
  clear(task, cluster);
  await loadRules(task);
  await task.must('systemctl', ['daemon-reload']);
  await task.must('sync');
  forgetCluster(task);
}

function clear(task: StepTask, cluster: Cluster): void {
  for (const path of [...filesOfSetup, ...tracesOfCluster, ...dataOf(task, cluster)]) task.remove(path);
  // What was imported has gone with the rest.
  if ((task.read(importCache) ?? '') !== '') task.write(importCache, '', 0o600);
}

function refuseWithoutControllers(task: StepTask): void {
  const missing = missingControllers(task);
  if (missing.length === 0) return;
  throw new StepFailure(
    {
      en: `The kernel does not offer what containers need: ${missing.join(', ')}.`,
      de: `Der Kernel bietet nicht, was Container brauchen: ${missing.join(', ')}.`,
    },
    {
      en: 'See that cmdline.txt on the card does not say cgroup_disable, and restart the device.',
      de: 'Sorgen Sie dafür, dass in cmdline.txt auf der Karte kein cgroup_disable steht, und starten Sie das Gerät neu.',
    },
  );
}

async function refuseWithoutDisk(task: StepTask, { dataFolder }: Cluster): Promise<void> {
  if (dataFolder === cardData) return;
  const place = dataFolder.slice(0, dataFolder.lastIndexOf('/'));
  if ((await dataDisks(task)).some((disk) => disk.place === place)) return;
  throw new StepFailure(
    {
      en: `The disk for the apps is not there: ${place}.`,
      de: `Der Datenträger für die Apps ist nicht da: ${place}.`,
    },
    {
      en: 'Connect it again and restart the device, or choose another place for the apps.',
      de: 'Schließen Sie ihn wieder an und starten Sie das Gerät neu, oder wählen Sie einen anderen Ort für die Apps.',
    },
  );
}
