import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Vm } from '../../builder/vm/vm.ts';
import { type UnderstudyProject, understudyProject } from '../helpers/understudy-project.ts';
import { isExhaustive, startTestVm } from '../helpers/vm.ts';
import { failedChecks, stageChecks } from '../helpers/vm-device.ts';
import { canary, hearthYaml } from './journeys/answers.ts';
import { makeSshKey, placesWithCanary, readEvents, waitUntilComplete } from './journeys/device-facts.ts';

const hostname = 'social.example.org';
const services = 'systemctl is-active k3s.service cloudflared.service';
/** A key to a tunnel as Cloudflare gives it: account, tunnel, secret. */
const tunnelToken = Buffer.from(
  JSON.stringify({
    a: '0123456789abcdef0123456789abcdef',
    t: '01234567-89ab-4def-8123-456789abcdef',
    s: Buffer.from(`${canary} of the tunnel, 32 bytes`).toString('base64'),
  }),
).toString('base64');

describe.runIf(isExhaustive)('the full edition (only with --exhaustive)', () => {
  let project: UnderstudyProject;
  let vm: Vm;

  beforeAll(async () => {
    project = await understudyProject();
    const image = await project.build('full', [`file://${project.mirror}`]);
    // Nobody beyond the device's own network answers.
    vm = await startTestVm('full-edition', { image });
    await vm.waitForBoot();
    await addRouter(vm);
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await vm?.saveEvidence();
  });

  afterAll(async () => {
    await vm?.[Symbol.asyncDispose]();
    await project?.[Symbol.asyncDispose]();
  });

  it('starts neither the cluster nor the tunnel before the setup', async () => {
    expect((await vm.run(services)).stdout).toBe('inactive\ninactive\n');
    expect(await vm.failedUnits()).toEqual([]);
  });

  it('sets both up with what is in the image, and fetches nothing', async () => {
    await leaveAnswers(vm);
    await waitUntilComplete(vm, 600_000);
    const steps = (await readEvents(vm)).flatMap((event) => ('step' in event ? event.step : []));

    expect(await vm.mustRun(services)).toBe('active\nactive\n');
    expect(steps).toContain('k3s.start');
    expect(steps.filter((step) => step.startsWith('fetch.'))).toEqual([]);
    await expectServices(vm);
  });

  it('passes the checks of every stage, with no failed unit', async () => {
    expect(await failedChecks(vm, await stageChecks())).toEqual([]);
    expect(await vm.failedUnits()).toEqual([]);
  });

  it('runs both again after a restart, without the Internet', async () => {
    await vm.cutPower();
    await vm.powerOn();
    await vm.waitForBoot();
    await addRouter(vm);

    await vm.mustRun(`until ${services}; do sleep 1; done`, { timeoutMs: 300_000 });
    await expectServices(vm);
  });
});

/** A router that leads nowhere, as a home has one without the Internet: QEMU's unplugged network names none. */
async function addRouter(vm: Vm): Promise<void> {
  await vm.mustRun('ip route replace default via 10.0.2.2');
}

/** hearth.yaml on the card, read as at a start. */
async function leaveAnswers(vm: Vm): Promise<void> {
  const tunnel = `tunnel: {how: token, token: ${tunnelToken}, hostname: ${hostname}}`;
  const text = `${hearthYaml(await makeSshKey(vm))}cluster: {role: server}\n${tunnel}\nplex: skip\n`;
  await vm.writeFile('/boot/firmware/hearth.yaml', text);
  await vm.mustRun(
    'systemctl restart --no-block hearth-card.service && systemctl start --no-block hearth-apply.service',
  );
}

async function expectServices(vm: Vm): Promise<void> {
  expect(await vm.mustRun('k3s kubectl get --raw /readyz')).toBe('ok');
  const images = await vm.mustRun('k3s crictl images');
  expect(images).toContain('mirrored-pause');
  expect(images).toContain('mirrored-coredns-coredns');
  expect(images, 'what is off is not baked').not.toContain('traefik');
  const ready = `fetch('http://127.0.0.1:20241/ready').then(({ status }) => console.log(status))`;
  expect(await vm.mustRun(`node -e "${ready}"`)).toBe('200\n');
  expect(await placesWithCanary(vm)).toBe('');
  // The pattern does not match itself.
  const token = `[${tunnelToken[0]}]${tunnelToken.slice(1, 40)}`;
  const places = `grep -l '${token}' /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; journalctl -b -o cat | grep '${token}'`;
  expect((await vm.run(places)).stdout).toBe('');
}
