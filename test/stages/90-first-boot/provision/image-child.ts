import { runApply } from '../../../../stages/90-first-boot/agent/apply/run-steps.ts';
import { provisioned } from '../../../../stages/90-first-boot/agent/provision/provisioned.ts';
import { fakeContext } from '../apply/fake-setup.ts';
import { fastWorld } from './fetch-parts.ts';
import { imageStep } from './tool-steps.ts';

/** The applier of a device with one step that needs a container image, as a process of its own: ROOT. */
const [root = ''] = process.argv.slice(2);
const context = fakeContext(root, [imageStep('use', ['name'])]);
const setups = provisioned(context.setups, context.paths, { ...fastWorld(), syncBytes: 16 * 1024 });

process.exitCode = await runApply({ ...context, setups });
