import { lookAt } from '../../../../stages/90-first-boot/agent/device/look.ts';
import { devicePaths } from '../../../../stages/90-first-boot/agent/device/paths.ts';
import { collect } from '../../../../stages/90-first-boot/agent/setup/collected.ts';
import { runWeb } from '../../../../stages/90-first-boot/agent/web/run-web.ts';
import { startFakeWeb } from './web-server.ts';

/** The web process as on a device, to be bundled. With `fake`, the keeper is in memory and all is set up. */
const [what = '', root = '/'] = process.argv.slice(2);
if (what === 'fake') {
  const web = await startFakeWeb();
  const { cookie } = web.session('complete');
  console.log(JSON.stringify({ port: web.port, cookie }));
} else {
  const context = {
    root,
    paths: devicePaths(root),
    look: lookAt(root),
    setups: collect([]),
    report: console.error,
  };
  await runWeb(context, { listen: { fd: 3 }, idleMs: 1000, leave: () => process.exit(0) });
}
