import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { runConsole } from '../../../../stages/90-first-boot/agent/console/run-console.ts';
import { lookAt } from '../../../../stages/90-first-boot/agent/device/look.ts';
import { devicePaths } from '../../../../stages/90-first-boot/agent/device/paths.ts';
import { publishSetupCode } from '../../../../stages/90-first-boot/agent/setup-code/publish.ts';
import { fakeDevice } from '../../90-first-boot-device.ts';

const code = 'ACDE-FGHJ-KMNP';
let root: string;
let reports: string[];

beforeEach(() => {
  const device = fakeDevice();
  root = device.root;
  reports = [];
  put('var/lib/hearth/setup-code', `${code}\n`);
  put('usr/bin/agetty', `#!/bin/sh\necho "$*" >> "${root}/agetty.calls"\n`);
  put('usr/bin/systemctl', '#!/bin/sh\nprintf "ActiveState=active\\n\\nActiveState=active\\n"\n');
  for (const name of ['agetty', 'systemctl']) chmodSync(join(root, 'usr/bin', name), 0o755);
  return device.remove;
});

describe('the console', () => {
  it('shows code, name and number of the device, and has the prompts drawn again once', async () => {
    await show();

    for (const part of [code, 'http://attic.local', 'http://192.168.1.20']) {
      expect(issue()).toContain(part);
      expect(card()).toContain(part);
    }
    expect(read('agetty.calls')).toBe('--reload\n');
    expect(statSync(join(root, 'run/issue.d/90-hearth.issue')).mode & 0o777).toBe(0o600);
  });

  it('touches nothing when nothing has changed', async () => {
    await show();
    const before = written();

    await show();

    expect(written()).toEqual(before);
    expect(read('agetty.calls')).toBe('--reload\n');
  });

  it.each([
    ['unclaimed', {}, 'Waiting to be set up', true],
    ['claimed', { isClaimed: true }, 'Being set up in a browser', false],
    ['applying', { isClaimed: true, isWanted: true }, 'Being set up. Please', false],
  ])('says where a device stands that is %s', async (_what, setup, words, hasCode) => {
    put('var/lib/hearth/answers.json', JSON.stringify(setup));
    put('run/hearth/sessions.json', JSON.stringify([{ kind: 'setup' }]));

    await show();

    for (const text of [issue(), card()]) {
      expect(text).toContain(words);
      expect(text.includes(code)).toBe(hasCode);
    }
  });

  it('shows the code again after a restart in the middle of the setup: the session is gone', async () => {
    put('var/lib/hearth/answers.json', JSON.stringify({ isClaimed: true }));
    put('run/hearth/sessions.json', JSON.stringify([{ kind: 'setup' }]));
    await show();
    expect([issue(), card()].join()).not.toContain(code);
    rmSync(join(root, 'run'), { recursive: true });

    publishSetupCode(code, 'attic', devicePaths(root));

    for (const text of [issue(), card()]) expect(text).toContain(code);
  });

  it('is ready when the device is set up, and never shows the code again', async () => {
    put('var/lib/hearth/complete', '');
    await show();
    rmSync(join(root, 'run'), { recursive: true });

    publishSetupCode(code, 'attic', devicePaths(root));
    await show();

    for (const text of [issue(), card()]) {
      expect(text).toContain('Ready.');
      expect(text).not.toContain(code);
    }
  });

  it('asks for attention when a service does not run', async () => {
    put('var/lib/hearth/complete', '');
    put('usr/bin/systemctl', '#!/bin/sh\nprintf "ActiveState=active\\n\\nActiveState=failed\\n"\n');

    await show();

    expect(issue()).toContain('hearthctl doctor');
  });

  it('asks for attention when a step has failed', async () => {
    put('var/lib/hearth/answers.json', JSON.stringify({ isClaimed: true, isWanted: true }));
    event(1, { type: 'runStarted', steps: [{ id: 'a', title: 'A', seconds: 1 }] });
    event(2, { type: 'stepFailed', step: 'a', why: 'no', isOptional: false });
    event(3, { type: 'runFailed' });

    await show();

    expect(issue()).toContain('a step of the setup failed');
  });

  it('says that a factory reset is due', async () => {
    put('var/lib/hearth/reset', '');

    await show();

    expect(issue()).toContain('Factory reset');
  });

  it('follows a run to its end, without writing to the card at every percent', async () => {
    put('var/lib/hearth/answers.json', JSON.stringify({ isClaimed: true, isWanted: true }));
    put('run/hearth/sessions.json', '[{"kind":"setup"}]');
    event(1, { type: 'runStarted', steps: [{ id: 'a', title: 'Naming the device', seconds: 1 }] });
    event(2, { type: 'stepStarted', step: 'a' });
    const done = show({ progressMs: 20 });
    await until(() => exists('run/issue.d/90-hearth.issue') && issue().includes('0 %: Naming the device'));
    const cardWritten = statSync(join(root, 'boot/firmware/SETUP-CODE.txt')).mtimeMs;
    event(3, { type: 'stepProgress', step: 'a', fraction: 0.4 });
    await until(() => issue().includes('40 %: Naming the device'));
    expect(statSync(join(root, 'boot/firmware/SETUP-CODE.txt')).mtimeMs).toBe(cardWritten);
    put('var/lib/hearth/complete', '');
    event(4, { type: 'stepFinished', step: 'a', seconds: 1 });
    event(5, { type: 'runFinished' });

    await done;

    expect(issue()).toContain('Ready.');
    expect(card()).toContain('Ready.');
  });

  it('leaves a run alone that tells nothing any more', async () => {
    put('var/lib/hearth/answers.json', JSON.stringify({ isClaimed: true, isWanted: true }));
    event(1, { type: 'runStarted', steps: [{ id: 'a', title: 'A', seconds: 1 }] });

    await show({ progressMs: 10, silenceMs: 100 });

    expect(issue()).toContain('Being set up');
  });

  it('keeps the last number on the card while there is no network, and that of the hotspot off it', async () => {
    await show();
    const before = card();
    await show({ interfaces: () => ({}) });
    expect(card()).toBe(before);
    put('run/hearth/hotspot.json', '{"networks":[],"country":""}');

    await show({ interfaces: () => ({ wlan0: [address('192.168.73.1')] }) });

    expect(card()).toBe(before);
    expect(issue()).toContain('http://192.168.73.1');
    expect(issue()).toContain('Hearth setup');
  });

  it('tells the journal and the console line of a new phase nothing of the code', async () => {
    await show();
    put('dev/console', '');
    put('var/lib/hearth/answers.json', JSON.stringify({ isClaimed: true }));

    await show();

    expect(read('dev/console')).toContain('Being set up in a browser');
    expect(read('dev/console')).not.toContain(code);
    expect(reports.join()).not.toContain(code);
  });

  it.each([
    ['the store of the answers is damaged', () => put('var/lib/hearth/answers.json', '{')],
    ['the event log is damaged', () => put('var/lib/hearth/events.jsonl', '\0\0{]\n')],
    ['there is no agetty', () => rmSync(join(root, 'usr/bin/agetty'))],
    ['the FAT partition is not there', () => rmSync(join(root, 'boot'), { recursive: true })],
  ])('shows the code all the same when %s', async (_what, damage) => {
    damage();

    await show();

    expect(issue()).toContain(code);
  });
});

interface ShowOptions {
  readonly progressMs?: number;
  readonly silenceMs?: number;
  readonly interfaces?: () => Record<string, ReturnType<typeof address>[]>;
}

async function show(options: ShowOptions = {}): Promise<void> {
  await runConsole(
    {
      root,
      paths: devicePaths(root),
      look: lookAt(root),
      setups: [],
      report: (line: string) => reports.push(line),
    } as never,
    {
      settleMs: 1,
      hostname: () => 'attic',
      interfaces: () => ({ eth0: [address('192.168.1.20')] }),
      ...options,
    },
  );
}

function address(ip: string) {
  const mac = '00:00:00:00:00:00';
  return { address: ip, netmask: '', family: 'IPv4' as const, mac, internal: false, cidr: null };
}

function event(id: number, what: object): void {
  const path = join(root, 'var/lib/hearth/events.jsonl');
  appendFileSync(path, `${JSON.stringify({ id, time: '2026-11-23T10:00:00.000Z', run: 1, ...what })}\n`);
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let tries = 0; !isTrue(); tries++) {
    if (tries > 400) throw new Error('it did not happen');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function written(): readonly number[] {
  return ['boot/firmware/SETUP-CODE.txt', 'run/issue.d/90-hearth.issue', 'dev/console'].map(
    (path) => statSync(join(root, path)).mtimeMs,
  );
}

function issue(): string {
  return read('run/issue.d/90-hearth.issue');
}

function card(): string {
  return read('boot/firmware/SETUP-CODE.txt');
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function exists(path: string): boolean {
  return existsSync(join(root, path));
}

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
