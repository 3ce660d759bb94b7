import { mkdirSync } from 'node:fs';
import { log, Refusal } from '../device.mjs';
import { endpoints, reconcileWorkloads } from './controllers.mjs';
import { runKubectl } from './kubectl.mjs';
import { leadServices, makeBridge } from './network.mjs';
import { podRunner } from './pods.mjs';
import { openStore } from './store.mjs';

/** Not more often: an emulated device has one slow processor. */
const roundMs = 700;

/** The objects of a cluster and what is made of them. `hasPods`: it may run them, as root with a network of its own. */
export function startCluster(data, node, hasPods) {
  const store = openStore(data, node);
  if (hasPods) runPods(store, data);
  return {
    /** One command of kubectl: what it prints and how it ends. */
    kubectl: async ({ args, input }) => {
      try {
        return { exitCode: 0, stdout: await runKubectl(store, args, input), stderr: '' };
      } catch (error) {
        return {
          exitCode: 1,
          stdout: '',
          stderr: `${error instanceof Refusal ? error.message : error.stack}\n`,
        };
      }
    },
  };
}

function runPods(store, data) {
  mkdirSync('/run/k3s/understudy', { recursive: true, mode: 0o700 });
  const runner = podRunner(store, data);
  let isPrepared = false;
  const round = async () => {
    try {
      reconcileWorkloads(store);
      // A device without pods is left alone.
      if (store.all('Pod').length + store.all('Service').length === 0) return;
      if (!isPrepared) makeBridge();
      isPrepared = true;
      await runner.round();
      leadServices(store.all('Service').flatMap((service) => portsOf(store, service)));
    } catch (error) {
      log(`cluster: ${error.stack}`);
    }
  };
  setInterval(() => void round(), roundMs);
}

function portsOf(store, service) {
  const pods = endpoints(store, service);
  return service.spec.ports.map(({ port, targetPort = port }) => ({
    address: service.spec.clusterIP,
    port,
    target: targetPort,
    pods,
  }));
}
