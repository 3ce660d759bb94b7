import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  outgoingCode,
  outgoingFile,
  outgoingRequest,
  outgoingText,
} from '../../../../stages/70-mastodon/setup/checks/outgoing-job.ts';
import { scenery, services } from './checks-device.ts';
import { local } from './fake-mastodon.ts';

describe('the check of mail', () => {
  const id = 'mastodon.mail';
  const records = {
    [`TXT ${local}`]: ['google-site-verification=x', 'v=spf1 include:mail.example -all'],
    [`TXT _dmarc.${local}`]: ['v=DMARC1; p=none'],
  };

  test('is content with a mail service that takes mail, and sends none', async () => {
    const { result, said } = await lookAt(['220-hello', '250-localhost', '250 ok', '250 ok']);
    expect(result).toMatchObject({ state: 'good' });
    expect(said.slice(0, 3)).toEqual([
      'EHLO localhost',
      `MAIL FROM:<mastodon@${local}>`,
      'RCPT TO:<ada@example.net>',
    ]);
    expect(said).not.toContain('DATA');
  });

  test('takes the policy of the domain above', async () => {
    const { internet, look, device } = await scenery({ mailFrom: `x@mail.${local}` });
    device.put('/var/lib/hearth/data.json', services({ smtp: (await mailServer([])).port }));
    Object.assign(internet.records, records, { [`TXT mail.${local}`]: ['v=spf1 -all'] });
    expect(await look(id)).toMatchObject({ state: 'good' });
  });

  test.each([
    [`TXT ${local}`, '(SPF)'],
    [`TXT _dmarc.${local}`, 'DMARC'],
  ])('misses the record %s', async (name, words) => {
    const { result } = await lookAt([], { missing: name });
    expect(result).toMatchObject({ state: 'warning', says: expect.stringContaining(words) });
  });

  test.each([
    [['554 no service here'], '554 no service here'],
    [['220 a', '250 b', '553 5.7.1 sender refused'], '553 5.7.1 sender refused'],
    [['220 a', '250 b', '250 c', '454 4.7.1 relay denied'], '454 4.7.1 relay denied'],
  ])('tells the words of a refusal: %j', async (lines, words) => {
    const { result } = await lookAt(lines);
    expect(result).toMatchObject({ state: 'bad', says: expect.stringContaining(words) });
  });

  test('tells a mail service that does not answer', async () => {
    expect(await (await scenery()).look(id)).toMatchObject({
      state: 'bad',
      says: expect.stringContaining('does not answer'),
    });
  });

  test('counts mails that wait', async () => {
    const { result } = await lookAt([], { waiting: 6 });
    expect(result).toMatchObject({ state: 'warning', says: expect.stringContaining('6 mails wait') });
    expect((await lookAt([], { waiting: 5 })).result.state).toBe('good');
  });

  test.each([
    ['local', 'good', 'are kept on this device'],
    ['none', 'warning', 'nobody can ask for a new password'],
  ] as const)('calls mail that stays here, because of "%s", %s', async (mail, state, words) => {
    const { look, device } = await scenery({ mail });
    device.put('/var/lib/hearth/data.json', services({ smtp: (await mailServer([])).port }));
    expect(await look(id)).toMatchObject({ state, says: expect.stringContaining(words) });
  });

  async function lookAt(lines: readonly string[], more: { missing?: string; waiting?: number } = {}) {
    const { device, internet, look } = await scenery();
    const { port, said } = await mailServer(lines);
    device.put('/var/lib/hearth/data.json', services({ smtp: port }));
    for (let count = 0; count < (more.waiting ?? 0); count++)
      device.put(`/var/spool/postfix/deferred/${'ABC'[count % 3]}/ABC${count}`, 'mail');
    Object.assign(internet.records, records);
    if (more.missing !== undefined) delete internet.records[more.missing];
    return { result: await look(id), said };
  }

  /** Says these lines, one for the greeting and for each command; then 250. */
  async function mailServer(lines: readonly string[]) {
    const left = [...lines];
    const said: string[] = [];
    const line = () => {
      const next = left.shift() ?? (said.length === 0 ? '220 hello' : '250 ok');
      return next[3] === '-' ? `${next}\r\n${next.slice(0, 3)} more\r\n` : `${next}\r\n`;
    };
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.write(line());
      socket.on('data', (part: Buffer) => {
        for (const command of part.toString().trim().split('\r\n')) {
          said.push(command);
          socket.write(line());
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return { port: (server.address() as { port: number }).port, said };
  }
});

describe('the check of what goes out', () => {
  const id = 'mastodon.outgoing';
  const dayMs = 86_400_000;
  const found = '{"account":"Mastodon@mastodon.social"}';

  test.each([
    [`Booting\n${found}\n`, 0, 'good', 'Mastodon@mastodon.social'],
    [found, 2 * dayMs, 'good', 'worked'],
    [found, 4 * dayMs, 'warning', '4 days ago'],
    ['{"error":"OpenSSL::SSL::SSLError: certificate"}', 0, 'bad', 'OpenSSL::SSL::SSLError: certificate'],
    ['{"account":null}', 0, 'bad', 'no answer'],
    [undefined, 0, 'bad', 'no answer'],
  ])('shows the last look: %s, %i ms ago', async (log, agoMs, state, words) => {
    const { device, internet, look } = await scenery();
    device.put(outgoingFile, outgoingText(log, internet.nowMs - agoMs));
    expect(await look(id)).toMatchObject({ state, says: expect.stringMatching(new RegExp(words)) });
  });

  test('tells that nobody has looked yet', async () => {
    expect(await (await scenery()).look(id)).toMatchObject({ state: 'warning' });
  });

  test('is one job a look, whose values come by the environment', () => {
    expect(outgoingRequest('a')).toMatchObject({
      name: 'outgoing',
      run: 'a',
      code: outgoingCode,
      retries: 0,
    });
    expect(outgoingCode).toContain("ENV.fetch('REMOTE')");
    expect(outgoingCode).not.toContain('https:');
  });
});
