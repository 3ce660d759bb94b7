import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Vm } from '../../../builder/vm/vm.ts';
import type { VmSnapshot } from '../../../builder/vm/vm-options.ts';
import type { HotspotView } from '../../../stages/90-first-boot/agent/door/protocol.ts';
import type { StoredSetup } from '../../../stages/90-first-boot/agent/store/setup-store.ts';
import { isExhaustive, slowness, testLogFolder } from '../../helpers/vm.ts';
import { readIdentity } from '../../helpers/vm-device.ts';
import { canary } from './answers.ts';
import { placesWithCanary } from './device-facts.ts';
import {
  homeSubnet,
  joinWithPhone,
  makeAir,
  openWithPhone,
  radioState,
  sendWithPhone,
  startRouter,
} from './hotspot-air.ts';
import type { Lease, PhoneAnswer } from './phone-process.ts';

const home = { network: 'Käse Haus', password: `${canary} 3 "it's" \\ $HOME`, hasDhcp: true };
const page = 'http://192.168.73.1/';
const profile = '/etc/NetworkManager/system-connections/hearth-wifi.nmconnection';
/** What phones and computers ask for when they come into a network, to see if it leads to the Internet. */
const probes = [
  'http://captive.apple.com/hotspot-detect.html',
  'http://connectivitycheck.gstatic.com/generate_204',
  'http://www.msftconnecttest.com/connecttest.txt',
  'http://detectportal.firefox.com/canonical.html',
  'http://network-test.debian.org/nm',
];
/** So long somebody waits with a phone in the hand. */
const backWithinSeconds = 30;
/** An emulated guest takes so much longer than a Pi for everything; all times of the device are stretched by it. */
const guestSlowness = 3 * slowness;
const patienceSeconds = 45;

type Reason = NonNullable<HotspotView['failure']>['reason'];

/** No cable: the device opens a wireless network of its own, and a phone in it tells it which one to join. */
export function describeHotspot(snapshot: () => VmSnapshot): void {
  describe('a device without a network cable', () => {
    let vm: Vm;
    let code: string;
    let name: string;
    let lease: Lease;

    beforeAll(async () => {
      vm = await snapshot().clone({ logFolder: await testLogFolder('hotspot') });
      code = (await readIdentity(vm)).setupCode;
      await makeAir(vm);
      await startRouter(vm, home);
      const slow = '/run/systemd/system/hearth-hotspot.service.d';
      await vm.mustRun(`mkdir -p ${slow}`);
      await vm.writeFile(`${slow}/slow.conf`, `[Service]\nEnvironment=HEARTH_SLOWNESS=${guestSlowness}\n`);
      await vm.mustRun('systemctl daemon-reload && systemctl start hearth-hotspot.service');
    });

    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') await vm?.saveEvidence();
    });

    afterAll(async () => {
      await vm?.[Symbol.asyncDispose]();
    });

    it('opens a network of its own after a while, and knows which ones are in range', async () => {
      await vm.mustRun(
        "until ip -4 -brief address show wlan0 | grep -q '192.168.73.1/24'; do sleep 0.5; done",
        {
          timeoutMs: (patienceSeconds * guestSlowness + 90) * 1000,
        },
      );
      name = (await radioState(vm)).replace(/^AP /, '');

      expect(name).toMatch(/^Hearth setup [0-9A-F]{4}$/);
      const { networks } = JSON.parse(await vm.mustRun('cat /run/hearth/hotspot.json')) as HotspotView;
      expect(networks).toContainEqual(expect.objectContaining({ name: home.network, isSecured: true }));
    });

    it('lets a phone in without a password, and gives it an address', async () => {
      lease = await joinWithPhone(vm, name);

      expect(lease.address).toMatch(/^192\.168\.73\./);
      expect(lease).toMatchObject({ nameServer: '192.168.73.1', router: '192.168.73.1' });
    });

    it.each(probes)('leads a phone that asks for %s to its page', async (url) => {
      expect(await openWithPhone(vm, url, lease)).toMatchObject({
        address: '192.168.73.1',
        status: 302,
        location: page,
      });
    });

    it('shows the networks in range on that page', async () => {
      const { status, body } = await openWithPhone(vm, page, lease);

      expect(status).toBe(200);
      expect(body).toContain('action="/join"');
      expect(body).toContain(home.network);
      expect(body).not.toContain(code);
    });

    it('stays when the code is wrong', async () => {
      const { status } = await send({ code: 'AAAA-AAAA-AAAA' });

      expect(status).toBe(403);
      expect(await radioState(vm)).toBe(`AP ${name}`);
      expect((await openWithPhone(vm, page, lease)).status).toBe(200);
    });

    it('is back in time after a wrong password, and says so', async ({ annotate }) => {
      await annotate(await expectFailure('wrongPassword', { password: `${canary} wrong` }));
      const { status, body } = await openWithPhone(vm, page, lease);

      expect(status).toBe(200);
      expect(body).toContain('role="alert"');
    });

    it.runIf(isExhaustive)('says that a network gives no address', async ({ annotate }) => {
      await startRouter(vm, { ...home, hasDhcp: false });
      await annotate(await expectFailure('noAddress'));
    });

    it.runIf(isExhaustive)('says that a network is not there', async ({ annotate }) => {
      await annotate(await expectFailure('notFound', { network: 'Next door' }));
      await startRouter(vm, home);
    });

    it('says that a network has no Internet, and lets the owner stay in it', async ({ annotate }) => {
      await annotate(await expectFailure('noInternet'));

      expect((await openWithPhone(vm, page, lease)).body).toContain('name="stay"');
    });

    it('stays in it then, and keeps it', async ({ annotate }) => {
      const { failure, seconds } = await tryOnce({ stay: 'yes' });
      await annotate(`in the network after ${seconds.toFixed(1)} s`);

      expect(failure).toBeUndefined();
      expect(await radioState(vm)).toMatch(/^managed/);
      expect(await vm.mustRun('ip -4 -brief address show wlan0')).toContain(` ${homeSubnet}`);
      expect(await vm.mustRun(`stat -c '%U %a' ${profile}`)).toBe('root 600\n');
      expect(await vm.mustRun(`cat ${profile}`)).not.toContain('autoconnect=false');
      expect(await vm.mustRun('nmcli -g connection.autoconnect connection show hearth-wifi')).toBe('yes\n');
      const { answers } = JSON.parse(await vm.mustRun('cat /var/lib/hearth/answers.json')) as StoredSetup;
      expect(answers['wifi']).toMatchObject({
        state: 'answered',
        values: { country: 'DE', network: home.network },
      });
    });

    it('has no failed unit, and the password in its places only', async () => {
      expect(await vm.failedUnits()).toEqual([]);
      expect(await placesWithCanary(vm)).toBe(profile);
    });

    async function send(changes: Readonly<Record<string, string>> = {}): Promise<PhoneAnswer> {
      const { network, password } = home;
      return await sendWithPhone(vm, `${page}join`, { code, country: 'DE', network, password, ...changes });
    }

    /** Sends the form and waits until the device is in the network, or the hotspot is back. */
    async function tryOnce(changes: Readonly<Record<string, string>>): Promise<Outcome> {
      const answer = await send(changes);
      expect(answer.status, answer.body).toBe(200);
      const shown = await vm.mustRun(untilTried, { timeoutMs: 60_000 * guestSlowness });
      const [begin, end, view = '{}'] = shown.split('\n');
      const { failure } = JSON.parse(view || '{}') as Partial<HotspotView>;
      return { failure, seconds: Number(end) - Number(begin) };
    }

    /** Gives a line about the time. */
    async function expectFailure(
      wanted: Reason,
      changes: Readonly<Record<string, string>> = {},
    ): Promise<string> {
      const { failure, seconds } = await tryOnce(changes);

      expect(failure).toEqual({ network: changes['network'] ?? home.network, reason: wanted });
      expect(await radioState(vm)).toBe(`AP ${name}`);
      expect(seconds).toBeLessThan(backWithinSeconds * guestSlowness);
      expect((await vm.run(`test -e ${profile}`)).exitCode, 'the try is forgotten').toBe(1);
      return `${wanted}: the hotspot was back after ${seconds.toFixed(1)} s`;
    }
  });
}

interface Outcome {
  readonly failure: HotspotView['failure'] | undefined;
  readonly seconds: number;
}

/** The guest looks itself: a question from outside would come too late. Prints both times, and the hotspot's file if there. */
const untilTried = `
cd /run/hearth
read -r begin _ </proc/uptime
while test -e join.json; do sleep 0.2; done
until test ! -e hotspot.json || nmcli -t -f NAME,STATE connection show --active | grep -q '^hearth-hotspot:activated'; do sleep 0.5; done
read -r end _ </proc/uptime
printf '%s\n' "$begin" "$end"
test ! -e hotspot.json || cat hotspot.json
`;
