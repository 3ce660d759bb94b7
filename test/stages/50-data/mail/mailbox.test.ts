import { utimesSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { queueCheck, refusalCheck, refusalsIn } from '../../../../stages/50-data/setup/mail/mail-checks.ts';
import { mailCommand } from '../../../../stages/50-data/setup/mail/mail-command.ts';
import { mailFile } from '../../../../stages/50-data/setup/mail/mail-record.ts';
import type { StageCall } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import { localText } from '../../../../stages/90-first-boot/agent/text/local-text.ts';
import { type FakeDevice, fakeDevice } from '../../20-system-setup/fake-device.ts';

const folder = '/srv/hearth/mail';
const welcome = [
  ...[
    'Delivered-To: ada@example.org',
    'From: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?= <m@example.org>',
    'To: x@example.org',
  ],
  ...['Subject: =?utf-8?B?QmVzdMOkdGlndW5n?=', ' =?utf-8?Q?_Ihres_Kontos?=', 'MIME-Version: 1.0'],
  ...['Content-Type: multipart/alternative; boundary="b1"', '', 'not this', '--b1'],
  ...['Content-Type: text/html; charset=utf-8', '', '<p>no</p>', '--b1'],
  ...['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: quoted-printable', ''],
  ...['Bitte best=C3=A4tigen: https://example.org/auth?token=3Dabc=', 'def', '--b1--', ''],
].join('\r\n');

let device: FakeDevice;

beforeEach(() => {
  device = fakeDevice();
});

afterEach(() => device.remove());

function keep(name: string, text: string, seconds: number): void {
  device.put(`${folder}/new/${name}`, text);
  utimesSync(device.look.path(`${folder}/new/${name}`), seconds, seconds);
}

async function run(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly said: string; readonly told: string }> {
  const said: string[] = [];
  const told: string[] = [];
  const call = {
    args,
    device: device.look,
    say: (line: string) => said.push(line),
    complain: (line: string) => told.push(line),
  } as unknown as StageCall;
  const code = await mailCommand.run(call);
  return { code, said: said.join('\n'), told: told.join('\n') };
}

describe('hearthctl mail', () => {
  test('lists what is kept, the newest first, in words', async () => {
    keep('1795470000.V1.hearth', welcome, 1_795_470_000);
    keep('1795480000.V2.hearth', 'To: b@example.org\n\nx\n', 1_795_480_000);
    const lines = (await run()).said.split('\n');
    expect(lines[0]).toMatch(/^ {2}1 .* b@example\.org/);
    expect(lines[1]).toMatch(
      /^ {2}2 {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}ada@example\.org {2}Bestätigung Ihres Kontos$/,
    );
    const list = JSON.parse((await run('list', '--json')).said) as readonly object[];
    expect(list[1]).toMatchObject({ id: '1795470000.V1.hearth', from: 'Grüße <m@example.org>' });
  });

  test('shows the words of one, with whole links', async () => {
    keep('1795470000.V1.hearth', welcome, 1_795_470_000);
    const { code, said } = await run('show', '1');
    expect(code).toBe(0);
    expect(said).toContain('Bitte bestätigen: https://example.org/auth?token=abcdef');
    expect(said).not.toMatch(/<p>|not this/);
    expect((await run('show', '1795470000.V1.hearth', '--json')).said).toContain('"text":"Bitte');
  });

  test('lets no mail of a stranger move the cursor of the terminal', async () => {
    keep('1', 'Subject: a\x1b[2Jb =?utf-8?Q?=1B[31m=0D?=\n\nhello\x1b]0;x\x07\u202e\x9b2J\n', 1);
    const { said } = await run('show', '1');
    expect(said).toContain('hello');
    expect(said.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  test.each([
    [['show', '7'], 1],
    [['show', '../../etc/passwd'], 1],
    [['show'], 2],
    [['remove', '1'], 2],
    [['queue'], 3],
  ])('says no to %j', async (words, code) => {
    keep('1', 'Subject: a\n\nb\n', 1);
    expect((await run(...words)).code).toBe(code);
  });

  test('tells what waits for the provider, and why', async () => {
    device.put(mailFile, '{"how":"relay","server":"smtp.example.org"}');
    device.put('/var/spool/postfix/deferred/A/A1B2', 'x');
    device.put(
      '/var/spool/postfix/defer/A/A1B2',
      'recipient=a@b.org\nstatus=4.7.8\nreason=SASL authentication failed\n',
    );
    expect((await run('queue')).said).toMatch(/^1 waiting, .*\nLast reason: SASL authentication failed$/);
    expect(JSON.parse((await run('queue', '--json')).said)).toMatchObject({ waiting: 1 });
  });
});

describe('the doctor', () => {
  const state = async () => (await queueCheck.run(device.look)).state;

  test('is quiet without mail, and tells when the service does not run', async () => {
    expect(await state()).toBe('good');
    expect((await refusalCheck.run(device.look)).state).toBe('good');
    device.put(mailFile, '{"how":"local"}');
    device.programs['systemctl'] = () => ({ stdout: 'failed\n', exitCode: 3 });
    expect(await state()).toBe('bad');
    device.programs['systemctl'] = () => ({ stdout: 'active\n' });
    keep('1', 'x', 1);
    expect(localText((await queueCheck.run(device.look)).meaning, 'en')).toMatch(/1 kept/);
  });

  test('tells of mail that waits, and of a password that is no longer taken', async () => {
    device.put(mailFile, '{"how":"relay","server":"smtp.example.org"}');
    device.programs['systemctl'] = () => ({ stdout: 'active\n' });
    // On its way: no reason to worry.
    device.put('/var/spool/postfix/incoming/A1B2', 'x');
    expect(await state()).toBe('good');
    device.put('/var/spool/postfix/deferred/A/A1B2', 'x');
    device.put('/var/spool/postfix/defer/A/A1B2', 'reason=host said: 535 5.7.8 wrong <ada@example.org>\n');
    const { state: now, meaning, todo = '' } = await queueCheck.run(device.look);
    expect(now).toBe('warning');
    expect(localText(meaning, 'en')).toMatch(/^2 mails wait .* 535 5\.7\.8 wrong <…>$/);
    expect(localText(todo, 'de')).toMatch(/Passwort/);
  });

  test('tells of mail that was refused for good, without the receivers', async () => {
    device.put(mailFile, '{"how":"relay","server":"smtp.example.org"}');
    const line =
      'A1B2: to=<ada@example.org>, relay=smtp.example.org[192.0.2.1]:587, delay=1, dsn=5.7.1, status=bounced (host smtp.example.org said: 550 5.7.1 <ada@example.org> Sender not verified)';
    expect(refusalsIn(line)).toEqual(['host smtp.example.org said: 550 5.7.1 <…> Sender not verified']);
    device.programs['journalctl'] = () => ({ stdout: '' });
    expect((await refusalCheck.run(device.look)).state).toBe('good');
    device.programs['journalctl'] = () => ({ stdout: `${line}\n` });
    const { state: now, meaning } = await refusalCheck.run(device.look);
    expect(now).toBe('warning');
    expect(localText(meaning, 'en')).toMatch(/Sender not verified/);
  });
});
