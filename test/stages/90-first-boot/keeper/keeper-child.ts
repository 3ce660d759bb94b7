import { lookAt } from '../../../../stages/90-first-boot/agent/device/look.ts';
import { devicePaths } from '../../../../stages/90-first-boot/agent/device/paths.ts';
import { runKeeper } from '../../../../stages/90-first-boot/agent/keeper/server.ts';
import { fakeSetups } from './fake-setups.ts';

/** The keeper as a process of its own, so that it can be killed: ROOT. Says "listening" when it does. */
const [root = ''] = process.argv.slice(2);
const paths = devicePaths(root);

await runKeeper(
  { root, paths, look: lookAt(root), setups: fakeSetups(), report: (line) => console.error(line) },
  // A machine that has run for long has its window closed.
  { listen: paths.keeperSocket, uptimeMs: () => 60_000 },
);
console.log('listening');
