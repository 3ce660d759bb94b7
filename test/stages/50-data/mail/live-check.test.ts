import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { liveProblems } from '../../../../stages/50-data/setup/mail/live-check.ts';
import type { Values } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import { localText } from '../../../../stages/90-first-boot/agent/text/local-text.ts';
import { MailProvider, type ProviderOptions, providerLogin } from '../../../helpers/mail-provider.ts';

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

async function provider(options: ProviderOptions = {}): Promise<MailProvider> {
  const made = await MailProvider.start(options);
  open.push(made);
  return made;
}

function answersFor(port: number, more: Values = {}): Values {
  const from = 'social@example.org';
  return {
    how: 'relay',
    provider: 'other',
    server: '127.0.0.1',
    port: String(port),
    from,
    ...providerLogin,
    ...more,
  };
}

/** Fields and English words of what is wrong. */
async function problems(values: Values, ca?: string): Promise<readonly (readonly [string, string])[]> {
  const found = await liveProblems(values, AbortSignal.timeout(10_000), ca === undefined ? {} : { ca });
  return found.map(({ field = '', message }) => [field, localText(message, 'en')] as const);
}

describe('the look at the mail provider', () => {
  test('finds nothing wrong with a right login, and sends no mail', async () => {
    const { port, certificate, mails, logins } = await provider();
    expect(await problems(answersFor(port), certificate)).toEqual([]);
    expect(logins).toEqual([providerLogin.user]);
    expect(mails).toEqual([]);
  });

  test('tells a server that nobody vouches for, before it says the password', async () => {
    const { port, logins } = await provider();
    expect(await problems(answersFor(port))).toEqual([['server', expect.stringMatching(/can not prove/)]]);
    expect(logins).toEqual([]);
  });

  test('tells a server with a certificate for another name', async () => {
    const { port, certificate, logins } = await provider();
    const values = answersFor(port, { server: 'localhost.localdomain' });
    const named = answersFor(port, { server: 'localhost' });
    expect(await problems(named, certificate)).toEqual([['server', expect.stringMatching(/can not prove/)]]);
    expect((await problems(values, certificate)).length).toBe(1);
    expect(logins).toEqual([]);
  });

  test.each<[string, { code: number; text: string }, string, RegExp]>([
    [
      'a wrong password',
      { code: 535, text: '5.7.8 Bad credentials' },
      'password',
      /does not accept user name/,
    ],
    [
      'an account that wants an app password',
      { code: 534, text: '5.7.9 Application-specific password required' },
      'password',
      /app password/,
    ],
    [
      'an account whose SMTP is off',
      { code: 535, text: '5.7.139 Authentication unsuccessful, basic authentication is disabled.' },
      'password',
      /switched off/,
    ],
    ['a busy server', { code: 454, text: '4.7.0 Temporary authentication failure' }, '', /some minutes/],
  ])('tells %s', async (_what, refusal, field, words) => {
    const made = await provider();
    made.refusal = refusal;
    expect(await problems(answersFor(made.port), made.certificate)).toEqual([
      [field, expect.stringMatching(words)],
    ]);
  });

  test('tells a server without encryption, and does not say the password', async () => {
    const { port, certificate, logins } = await provider({
      more: { hideSTARTTLS: true, disabledCommands: ['STARTTLS'] },
    });
    expect(await problems(answersFor(port), certificate)).toEqual([
      ['server', expect.stringMatching(/no encryption by STARTTLS/)],
    ]);
    expect(logins).toEqual([]);
  });

  test('tells a server that wants no login', async () => {
    const { port, certificate } = await provider({ more: { disabledCommands: ['AUTH'] } });
    expect((await problems(answersFor(port), certificate))[0]?.[0]).toMatch(/user|password/);
    expect(await problems(answersFor(port, { user: '', password: '' }), certificate)).toEqual([]);
  });

  test('tells a port where nobody is', async () => {
    const { port, certificate } = await provider();
    await open.splice(0)[0]?.[Symbol.asyncDispose]();
    expect(await problems(answersFor(port), certificate)).toEqual([
      ['server', expect.stringMatching(/Nobody answers/)],
    ]);
  });

  test('tells a name that does not exist', async () => {
    expect(await problems(answersFor(587, { server: 'smtp.hearth.invalid' }))).toEqual([
      ['server', expect.stringMatching(/no server called smtp\.hearth\.invalid|Nobody answers/)],
    ]);
  });

  test('tells a server that refuses everybody from here', async () => {
    const server = createServer((socket) => socket.end('554 5.7.1 Your address is on a block list\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const found = await problems(answersFor(port));
    server.close();
    expect(found).toEqual([['server', expect.stringMatching(/does not take mail from here.*block list/)]]);
  });

  test('has nothing to say when mail stays here, or when it was called off', async () => {
    expect(await problems({ how: 'local' })).toEqual([]);
    const { port } = await provider();
    expect(await liveProblems(answersFor(port), AbortSignal.abort())).toEqual([]);
  });
});
