import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { takeLock } from '../../../../stages/90-first-boot/agent/apply/lock.ts';
import { connectDoor } from '../../../../stages/90-first-boot/agent/door/client.ts';
import { uptimeOfDevice } from '../../../../stages/90-first-boot/agent/keeper/keeper.ts';
import { openSessions } from '../../../../stages/90-first-boot/agent/keeper/sessions.ts';
import {
  emptySetup,
  readSetup,
  writeSetup,
} from '../../../../stages/90-first-boot/agent/store/setup-store.ts';
import { type CtlDevice, code, ctlDevice } from './ctl-device.ts';

let device: CtlDevice;

beforeEach(async () => {
  device = await ctlDevice();
});
afterEach(async () => {
  await device.remove();
});

const answers = ['attic', '2', 'n', 'y'];
const place = (path: string) => join(device.context.root, path);

function yaml(text: string): string {
  const path = place('answers.yaml');
  writeFileSync(path, text);
  return path;
}

test('hearthctl setup --example prints a file without a mistake, with every question', async () => {
  const { exitCode, out } = await device.ctl('setup --example');
  const checked = await device.ctl(`setup --file ${yaml(out)} --check`);

  expect(exitCode).toBe(0);
  for (const topic of device.context.setups.topics) expect(out).toContain(`# ${topic.id}:`);
  expect(checked.err).toBe('');
});

describe('hearthctl setup in a terminal', () => {
  test('asks, sets up, shows how far it is, and ends with 0', async () => {
    const result = await device.ctl('setup', { typed: answers });
    expect(result.exitCode).toBe(0);
    expect(result.out).toContain('What shall it be called?');
    expect(result.out).toContain('Naming the device');
    expect(result.out).toMatch(/100 % {2}done$/);
    expect(JSON.parse(readFileSync(place('etc/done'), 'utf8'))).toEqual({ name: 'attic', colour: 'g' });
    expect(existsSync(place('etc/share'))).toBe(false);
  });

  test('says what is wrong with an answer and asks again; Enter takes what stands there', async () => {
    const result = await device.ctl('setup', { typed: ['ATTIC!', 'red', '', 'red', 'n', 'y'] });
    expect(result.exitCode).toBe(0);
    expect(result.err).toBe('Name: Small letters only.');
    expect(readFileSync(place('etc/done'), 'utf8')).toContain('"name":"hearth"');
  });

  test('asks for a secret without showing it, twice, until both are the same', async () => {
    const typed = ['attic', '1', 'y', 'canary one', 'canary two', 'canary one', 'canary one', 'y'];
    const result = await device.ctl('setup', { typed });
    expect(result.exitCode).toBe(0);
    expect(result.secretQuestions).toHaveLength(4);
    expect(result.out + result.err).not.toContain('canary');
    expect(readSetup(device.context.paths).answers['share']).toMatchObject({
      values: { password: 'canary one' },
    });
  });

  test('keeps the answers when it is left in the middle, and does not ask them again', async () => {
    expect((await device.ctl('setup', { typed: ['attic', '1'] })).exitCode).toBe(1);
    expect(readSetup(device.context.paths).isWanted).toBe(false);
    const again = await device.ctl('setup', { typed: ['n', 'y'] });
    expect(again).toMatchObject({ exitCode: 0, err: '' });
    expect(again.out).not.toContain('What shall it be called?');
  });

  test('asks before it takes over from somebody in a browser', async () => {
    const door = connectDoor(device.context.paths.keeperSocket);
    const { paths } = device.context;
    writeSetup(paths, { ...emptySetup, isClaimed: true });
    const token = openSessions(paths, uptimeOfDevice).open('setup');
    expect(await device.ctl('setup', { typed: ['n'] })).toMatchObject({ exitCode: 3 });
    expect((await door.call('topics', { token })).topics).toHaveLength(2);
    expect((await device.ctl('setup', { typed: ['y', ...answers] })).exitCode).toBe(0);
    await expect(door.call('topics', { token })).rejects.toThrow('401');
  });

  test('tells why a step failed and what to do, and goes on when it is called again', async () => {
    device.trouble.isThere = true;
    const result = await device.ctl('setup', { typed: answers });
    expect(result.exitCode).toBe(1);
    expect(result.err).toContain('FAILED  Naming the device: It is broken.');
    expect(result.err).toContain('Mend it.');
    device.trouble.isThere = false;
    expect(await device.ctl('setup', { typed: ['y'] })).toMatchObject({ exitCode: 0, err: '' });
  });

  test('is of no use without a person: it names the other way', async () => {
    const result = await device.ctl('setup');
    expect(result).toMatchObject({ exitCode: 2 });
    expect(result.err).toContain('--file hearth.yaml');
  });
});

describe('hearthctl setup with a file', () => {
  test('sets the device up', async () => {
    const result = await device.ctl(
      `setup --file ${yaml('device: {name: attic, colour: g}\nshare: skip\n')}`,
    );
    expect(result).toMatchObject({ exitCode: 0, err: '' });
    expect(existsSync(place('etc/done'))).toBe(true);
  });

  test('says where a mistake is, and takes nothing', async () => {
    const path = yaml('device:\n  name: ATTIC\n  colour: g\nshare:\n  pasword: x\n');
    const result = await device.ctl(`setup --file ${path}`);
    expect(result.exitCode).toBe(1);
    expect(result.err).toContain(`${path}, line 2, column 9: device.name: Small letters only.`);
    expect(result.err).toContain('line 5');
    expect(readSetup(device.context.paths).answers).toEqual({});
  });

  test('only looks for mistakes with --check, also as JSON', async () => {
    const good = await device.ctl(
      `setup --check --file ${yaml('device: {name: attic, colour: g, hash: x}\n')}`,
    );
    expect(good).toMatchObject({ exitCode: 0 });
    const bad = await device.ctl(`setup --check --json --file ${yaml('device: {name: A, colour: g}\n')}`);
    expect(bad.exitCode).toBe(1);
    expect(JSON.parse(bad.out)).toMatchObject({ problems: [{ about: 'device.name' }] });
    expect(readSetup(device.context.paths).isClaimed).toBe(false);
  });

  test('names the card for what only the card may bring', async () => {
    const result = await device.ctl(`setup --file ${yaml('device: {name: attic, colour: g, hash: x}\n')}`);
    expect(result.exitCode).toBe(3);
    expect(result.err).toContain('/boot/firmware/hearth.yaml');
  });

  test('ends with 1 when the file is not there', async () => {
    expect(await device.ctl('setup --file /no/such/file')).toMatchObject({ exitCode: 1 });
  });
});

describe('afterwards', () => {
  beforeEach(async () => {
    await device.ctl('setup', { typed: answers });
  });

  test('login makes a link that opens the status page once', async () => {
    const { exitCode, out } = await device.ctl('login --json');
    expect(exitCode).toBe(0);
    const { url, link } = JSON.parse(out) as { url: string; link: string };
    expect(url).toBe(`http://hearth.local/login#link=${link}`);
    const door = connectDoor(device.context.paths.keeperSocket);
    const first = await door.call('redeem', { address: '192.168.1.9', link });
    const second = await door.call('redeem', { address: '192.168.1.9', link });
    expect([first.result, second.result]).toEqual(['granted', 'wrong']);
  });

  test('the code is not shown any more', async () => {
    const result = await device.ctl('code');
    expect(result).toMatchObject({ exitCode: 3, out: '' });
    expect(result.err).not.toContain(code);
  });

  test('logs lists the steps and shows one, and no other file', async () => {
    expect((await device.ctl('logs')).out).toMatch(/^done +test\.name +Naming the device$/m);
    expect((await device.ctl('logs test.name')).out).toContain('a line of the log');
    expect(await device.ctl('logs ../answers.json')).toMatchObject({ exitCode: 2, out: '' });
    expect(JSON.parse((await device.ctl('logs --json')).out)).toHaveLength(1);
  });

  test('logs shows what the backups printed', async () => {
    expect(await device.ctl('logs backup')).toMatchObject({ exitCode: 3, out: '' });
    writeFileSync(join(device.context.paths.stepLogs, 'backup.log'), 'hearth-attic.tar is written\n');
    expect(await device.ctl('logs backup')).toMatchObject({
      exitCode: 0,
      out: 'hearth-attic.tar is written',
    });
  });

  test('status shows services that are no units, with what is known of them', async () => {
    const { services } = JSON.parse((await device.ctl('status --json')).out) as { services: unknown };
    expect(services).toEqual([
      { name: 'Plant', state: 'starting' },
      { name: 'Bush', state: 'unknown' },
    ]);
    expect((await device.ctl('status')).out).toContain('\n  Plant: starting');
  });

  test('what was put off can be done now', async () => {
    const result = await device.ctl('setup', { typed: ['y', 'long secret', 'long secret'] });
    expect(result).toMatchObject({ exitCode: 0, err: '' });
    await expect.poll(() => existsSync(place('etc/share')), { timeout: 5_000 }).toBe(true);
  });
});

describe('reset', () => {
  test('wants the name of the device', async () => {
    for (const result of [
      await device.ctl('reset', { typed: ['cellar'] }),
      await device.ctl('reset --yes cellar'),
    ])
      expect(result.exitCode).toBe(1);
    expect((await device.ctl('reset')).exitCode).toBe(2);
    expect(existsSync(device.context.paths.resetFile)).toBe(false);
    expect(device.asked).toEqual([]);
  });

  test('asks for the reset and restarts', async () => {
    expect((await device.ctl('reset --yes hearth')).exitCode).toBe(0);
    expect(existsSync(device.context.paths.resetFile)).toBe(true);
    expect(device.asked).toEqual(['reboot --no-block']);
  });
});

test('code shows the setup code before the setup, and login says that it is too early', async () => {
  expect(await device.ctl('code')).toMatchObject({ exitCode: 0, out: code });
  expect(await device.ctl('login')).toMatchObject({ exitCode: 3 });
});

test('status tells the state, also as JSON', async () => {
  expect((await device.ctl('status')).out).toContain('hearth: not set up');
  const { out } = await device.ctl('status --json');
  expect(JSON.parse(out)).toMatchObject({
    phase: 'unclaimed',
    topics: [{ id: 'device', state: 'open' }, {}],
  });
  expect(out).not.toContain(code);
});

test('doctor ends with 1 when something is bad, and says what to do', async () => {
  const result = await device.ctl('doctor');
  expect(result.exitCode).toBe(1);
  expect(result.out).toContain('BAD   Something: It is bad.');
  expect(result.out).toContain('Do something.');
  expect(JSON.parse((await device.ctl('doctor --json')).out)).toMatchObject([
    { id: 'test.bad', state: 'bad' },
  ]);
});

test('support-bundle writes a file only for root, and none over another', async () => {
  const path = place('bundle.tar.gz');
  expect(await device.ctl(`support-bundle --out ${path}`)).toMatchObject({ exitCode: 0, out: path });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path).subarray(0, 2).toString('hex')).toBe('1f8b');
  expect(await device.ctl(`support-bundle --out ${path}`)).toMatchObject({ exitCode: 1 });
});

describe('a command of a stage', () => {
  test('stands in the help, and has its own for everybody', async () => {
    expect((await device.ctl('--help')).out).toMatch(/^ {2}plant +looks after the plant$/m);
    const { exitCode, out } = await device.ctl('plant --help', { isRoot: false });
    expect([exitCode, out]).toEqual([0, expect.stringContaining('hearthctl plant water|show')]);
  });

  test('gets its words and the answers, and gives the exit code', async () => {
    expect(await device.ctl('plant show')).toMatchObject({ exitCode: 0, out: 'unknown' });
    await device.ctl('setup', { typed: answers });
    expect(await device.ctl('plant show')).toMatchObject({ exitCode: 0, out: 'answered' });
    expect(await device.ctl('plant cut')).toMatchObject({
      exitCode: 2,
      err: 'hearthctl plant: what is cut?',
    });
  });

  test('asks, and tells why it did not do what was wanted', async () => {
    const silent = await device.ctl('plant water');
    expect(silent).toMatchObject({ exitCode: 1, err: 'hearthctl: It was not watered.\nSay yes.' });
    expect((await device.ctl('plant water', { typed: ['n'] })).exitCode).toBe(1);
    expect(existsSync(place('etc/watered'))).toBe(false);
    expect((await device.ctl('plant water', { typed: ['y'] })).exitCode).toBe(0);
    expect(readFileSync(place('etc/watered'), 'utf8')).toBe('wet');
  });

  test('waits for nobody: while the answers are applied it does nothing', async () => {
    const lock = takeLock(device.context.paths);
    const { exitCode, err } = await device.ctl('plant water', { typed: ['y'] });
    lock?.release();
    expect([exitCode, err]).toEqual([1, expect.stringContaining('is applying answers')]);
    expect((await device.ctl('plant water', { typed: ['y'] })).exitCode).toBe(0);
  });

  test('is only for root', async () => {
    expect(await device.ctl('plant show', { isRoot: false })).toMatchObject({ exitCode: 3, out: '' });
  });
});

describe('usage', () => {
  test('every command has help with examples, for everybody', async () => {
    expect((await device.ctl('--help')).exitCode).toBe(0);
    for (const name of ['status', 'setup', 'doctor', 'login', 'code', 'logs', 'reset', 'support-bundle']) {
      const { exitCode, out } = await device.ctl(`${name} --help`, { isRoot: false });
      expect(exitCode).toBe(0);
      expect(out).toContain(`\n  hearthctl ${name}`);
    }
  });

  test('what nobody knows ends with 2', async () => {
    for (const args of [
      '',
      'constructor',
      'status --colour',
      'code now',
      'logs a b',
      'setup --check',
      'reset --yes',
    ])
      expect((await device.ctl(args)).exitCode, args).toBe(2);
  });

  test('nothing is done without root', async () => {
    for (const args of ['status', 'code', 'login', 'reset --yes hearth', 'support-bundle']) {
      const result = await device.ctl(args, { isRoot: false });
      expect(result).toMatchObject({ exitCode: 3, out: '' });
      expect(result.err).toContain(`sudo hearthctl ${args.split(' ')[0]}`);
    }
    expect(existsSync(device.context.paths.resetFile)).toBe(false);
  });
});
