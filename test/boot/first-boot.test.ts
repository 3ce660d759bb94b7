import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HttpAnswer, Vm } from '../../builder/vm/vm.ts';
import type { VmSnapshot } from '../../builder/vm/vm-options.ts';
import {
  gibibyte,
  isExhaustive,
  slowness,
  startTestVm,
  testLogFolder,
  testManifest,
  testTools,
} from '../helpers/vm.ts';
import type { PreparedCard } from '../helpers/vm-card.ts';
import {
  type DeviceIdentity,
  failedChecks,
  isFilled,
  orderingCycles,
  readCardUse,
  readIdentity,
  stageChecks,
} from '../helpers/vm-device.ts';
import { type SmbClient, smbclient } from '../helpers/vm-smb.ts';
import { describeOtherFormats, expectImagersSettings, imagersCard } from './journeys/from-imager.ts';
import { describeSetupFromCard } from './journeys/from-the-card.ts';
import { describeHotspot } from './journeys/hotspot.ts';
import { describeSetupInBrowser } from './journeys/in-the-browser.ts';

const fileBytes = 100_000_000;
const user = 'robin';
// Signs that break a careless shell or configuration.
const password = `it's, $HOME "100%"`;

/** One cold start of the image; the tests below share the machine and run in this order. */
let vm: Vm;
let page: HttpAnswer;
let secondsToPage: number;
let first: DeviceIdentity;
let snapshot: VmSnapshot;

beforeAll(async () => {
  const startedAt = Date.now();
  vm = await startTestVm('first-boot', { cardSizeBytes: 8 * gibibyte });
  page = await vm.waitForHttp(80, '/');
  secondsToPage = (Date.now() - startedAt) / 1000;
  await vm.waitForBoot();
  first = await readIdentity(vm);
  snapshot = await vm.snapshot('booted');
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await vm.saveEvidence();
});

afterAll(async () => {
  await snapshot?.[Symbol.asyncDispose]();
  await vm?.[Symbol.asyncDispose]();
});

describe('the first start on an 8 GB card', () => {
  it('shows a page that asks for the code and tells nothing else', async ({ annotate }) => {
    const { version } = await testManifest();
    await annotate(`the page answered ${secondsToPage.toFixed(1)} s after the start`);

    expect(page.status).toBe(200);
    expect(page.body).toContain('action="/claim"');
    expect(page.body).not.toContain(version);
  });

  it('makes a setup code and does not tell it on the page', () => {
    expect(first.setupCode).toMatch(/^[A-Z0-9]{4}(-[A-Z0-9]{4})+$/);
    expect(page.body).not.toContain(first.setupCode);
    expect(page.body).not.toContain(first.setupCode.replaceAll('-', ''));
  });

  it('has no failed unit', async () => {
    expect(await vm.failedUnits()).toEqual([]);
  });

  it('has no units that wait for each other in a circle', async () => {
    expect(await orderingCycles(vm)).toBe('');
  });

  it('passes the checks of every stage', async () => {
    const checks = await stageChecks();

    expect(checks.length).toBeGreaterThan(0);
    expect(await failedChecks(vm, checks)).toEqual([]);
  });

  it('lets the root file system fill the card', async () => {
    const use = await readCardUse(vm);

    expect(use.cardBytes).toBe(8 * gibibyte);
    expect(isFilled(use), JSON.stringify(use)).toBe(true);
  });
});

describe('a clone of the running device', () => {
  it('goes on at once, at the time of the host, and answers on other ports', async () => {
    await using clone = await snapshot.clone();

    expect((await clone.waitForHttp(80, '/')).status).toBe(200);
    expect(clone.forwardedPort(80)).not.toBe(vm.forwardedPort(80));
    expect(Math.abs(Number(await clone.mustRun('date +%s')) - Date.now() / 1000)).toBeLessThan(60);
  });

  it('calls itself by its own name again when the network comes back', async () => {
    await using clone = await snapshot.clone();
    const avahi = 'busctl call org.freedesktop.Avahi / org.freedesktop.Avahi.Server';
    await clone.mustRun(`${avahi} SetHostName s hearth-2 && nmcli connection up Ethernet`);
    const isOwn = `${avahi} GetHostName | grep -qx 's "hearth"'`;

    await clone.mustRun(`until ${isOwn}; do sleep 1; done`, { timeoutMs: 60_000 });
  });

  it('shows that a failed unit and a failed check are seen', async () => {
    await using clone = await snapshot.clone({ logFolder: await testLogFolder('failed-unit') });
    await clone.run('systemd-run --unit=broken --wait false');

    expect(await clone.failedUnits()).toContain('broken.service');
    await expect(clone.waitForUnit('broken.service')).rejects.toThrow('broken.service is failed');
    expect(await failedChecks(clone, [{ stage: 'test', what: 'is false', command: 'false' }])).toHaveLength(
      1,
    );
  });

  it('fails at once with the last lines of the console when the kernel panics', async () => {
    await using clone = await snapshot.clone({ logFolder: await testLogFolder('kernel-panic') });
    const boot = clone.run('echo c >/proc/sysrq-trigger; sleep 600', { timeoutMs: 600_000 });

    await expect(boot).rejects.toMatchObject({
      code: 'ERR_BOOT_FAILED',
      why: 'The kernel panicked.',
      details: expect.stringContaining('Kernel panic'),
      todo: expect.stringContaining('serial.log'),
    });
  });
});

describeSetupInBrowser(() => snapshot);
describeSetupFromCard(() => snapshot);
if (isExhaustive) describeHotspot(() => snapshot);

describe('the share', () => {
  let client: SmbClient;

  beforeAll(async () => {
    await vm.mustRun(`useradd --no-create-home --shell /usr/sbin/nologin --groups media ${user}`);
    await vm.writeFile('/run/password', `${password}\n${password}\n`, 0o600);
    await vm.mustRun(`smbpasswd -s -a ${user} </run/password && rm /run/password`);
    await vm.waitForUnit('smbd.service');
    const folder = await mkdtemp(`${tmpdir()}/hearth-smb-`);
    client = { tools: await testTools(), port: vm.forwardedPort(445), folder };
    await writeFile(`${folder}/login`, `username = ${user}\npassword = ${password}\n`);
  });

  afterAll(async () => {
    await rm(client.folder, { recursive: true, force: true });
  });

  it('is listed for a person with a password', async () => {
    const list = ['-A', 'login', '-g', '-L', '//127.0.0.1'];
    // The list comes from helpers that Samba starts when first asked: slow under emulation, and the client gives up.
    const deadline = Date.now() + 300_000 * slowness;
    let listed = await smbclient(client, ...list);
    while (!listed.stdout.includes('Disk|') && Date.now() < deadline)
      listed = await smbclient(client, ...list);

    expect(listed.stdout, listed.stderr).toContain('Disk|media|');
  });

  it('takes a file of 100 MB and gives the same bytes back', async ({ annotate }) => {
    const content = randomBytes(fileBytes);
    await writeFile(`${client.folder}/up.bin`, content);
    const startedAt = Date.now();

    const put = await smbclient(client, '-A', 'login', '//127.0.0.1/media', '-c', 'put up.bin big.bin; ls');
    const got = await smbclient(client, '-A', 'login', '//127.0.0.1/media', '-c', 'get big.bin down.bin');
    await annotate(`both ways in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);

    expect(put.exitCode, put.stdout + put.stderr).toBe(0);
    expect(put.stdout).toMatch(new RegExp(`big\\.bin .* ${fileBytes} `));
    expect(got.exitCode, got.stdout + got.stderr).toBe(0);
    expect(sha256(await readFile(`${client.folder}/down.bin`))).toBe(sha256(content));
  });

  it.each([
    ['without a name', ['-N', '-U', '', '//127.0.0.1/media', '-c', 'ls']],
    ['as guest', ['-U', 'guest%', '//127.0.0.1/media', '-c', 'ls']],
    ['with a wrong password', ['-U', `${user}%wrong`, '//127.0.0.1/media', '-c', 'ls']],
    ['as nobody that it knows', ['-U', 'stranger%x', '//127.0.0.1/media', '-c', 'ls']],
  ])('refuses people %s', async (_, words) => {
    const { exitCode, stdout, stderr } = await smbclient(client, ...words);

    expect(exitCode).not.toBe(0);
    // A client without a name is cut off in the middle of the second step.
    expect(stdout + stderr).toMatch(/NT_STATUS_(ACCESS_DENIED|LOGON_FAILURE|CONNECTION_DISCONNECTED)/);
  });

  it('does not list its shares for people without a name', async () => {
    const { stdout } = await smbclient(client, '-N', '-U', '', '-g', '-L', '//127.0.0.1');

    expect(stdout).not.toContain('media');
  });

  it.each([
    ['SMB 3', 'SMB3_00', 'SMB3_11', true],
    ['SMB 2', 'SMB2_02', 'SMB2_10', false],
    ['SMB 1', 'NT1', 'NT1', false],
  ])('answers to a client that speaks %s: %s to %s', async (_, oldest, newest, isLetIn) => {
    const { exitCode, stdout, stderr } = await smbclient(
      client,
      `--option=client min protocol=${oldest}`,
      `--option=client max protocol=${newest}`,
      ...['-A', 'login', '//127.0.0.1/media', '-c', 'ls'],
    );

    expect(exitCode === 0, stdout + stderr).toBe(isLetIn);
  });
});

describe('the second start', () => {
  beforeAll(async () => {
    await vm.reboot();
    page = await vm.waitForHttp(80, '/');
    await vm.waitForBoot();
  });

  it('shows the page again, with no failed unit', async () => {
    expect(page.status).toBe(200);
    expect(await vm.failedUnits()).toEqual([]);
  });

  it('keeps machine-id, host keys and setup code', async () => {
    expect(await readIdentity(vm)).toEqual(first);
  });

  it('keeps the files of the share', async () => {
    expect((await vm.mustRun('stat -c %s /srv/media/big.bin')).trim()).toBe(String(fileBytes));
  });
});

describe('another device from the same image, with a 16 GB card that Imager has customised', () => {
  let other: Vm;
  let card: PreparedCard;

  beforeAll(async () => {
    await vm.powerDown();
    card = await imagersCard('systemd');
    other = await startTestVm('second-device', { image: card.image, cardSizeBytes: 16 * gibibyte });
    await other.waitForBoot();
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await other?.saveEvidence();
  });

  afterAll(async () => {
    await other?.[Symbol.asyncDispose]();
    await card?.[Symbol.asyncDispose]();
  });

  it('has an identity of its own', async () => {
    const second = await readIdentity(other);

    expect(first.machineId).toMatch(/^[0-9a-f]{32}$/);
    expect(first.hostKeys.length).toBeGreaterThan(0);
    expect(second.machineId).not.toBe(first.machineId);
    expect(second.setupCode).not.toBe(first.setupCode);
    expect(second.hostKeys).toHaveLength(first.hostKeys.length);
    expect(second.hostKeys.filter((key) => first.hostKeys.includes(key))).toEqual([]);
  });

  it('fills its card', async () => {
    const use = await readCardUse(other);

    expect(use.cardBytes).toBe(16 * gibibyte);
    expect(isFilled(use), JSON.stringify(use)).toBe(true);
  });

  it('is set up as Imager was told, and claimed with that password', async () => {
    await expectImagersSettings(other);
  });

  it('has no failed unit', async () => {
    expect(await other.failedUnits()).toEqual([]);
  });
});

describeOtherFormats();

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
