import { describe, expect, it } from 'vitest';
import { redactorOf } from '../../../../stages/90-first-boot/agent/support/redact.ts';

const blind = redactorOf({ secrets: [] });

describe('redactorOf', () => {
  it.each([
    ['a pre-shared key', 'psk=correct-horse', 'correct-horse'],
    ['a quoted pre-shared key', 'wifi-security.psk: "two words"', 'two words'],
    ['a password in JSON', '{"user":"ada","password":"hun\\"ter","port":22}', 'ter'],
    ['an API key', 'CLOUD_API_KEY=0123abcd', '0123abcd'],
    ['a crypt hash', 'ada:$y$j9T$abcdefgh./$0123456789ABCDEF:19000', '0123456789ABCDEF'],
    ['an old crypt hash', 'ada:$6$rounds=5000$abcdefgh$0123456789ABCDEF:1', '0123456789ABCDEF'],
    ['an NT hash', 'ada:1000:XXXX:8846F7EAEE8FB117AD06BDD830B7586C:', '8846F7EAEE8FB117'],
    ['a derived key', `key ${'0a'.repeat(32)}.`, '0a0a'],
    ['a token', 'Authorization: Bearer abc.def-ghi', 'abc.def'],
    ['a JSON web token', 'got eyJhbGciOi.eyJzdWIi.c2lnbmF0', 'eyJzdWIi'],
    ['a password in an address', 'GET https://ada:hunter22@example.org/', 'hunter22'],
    [
      'a private key',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNza\nAAAA\n-----END OPENSSH PRIVATE KEY-----',
      'AAAA',
    ],
    ['the beginning of a private key', 'x\n-----BEGIN PRIVATE KEY-----\nMIIE', 'MIIE'],
  ])('removes %s that nobody named', (_what, text, secret) => {
    expect(text).toContain(secret);
    expect(blind(text)).not.toContain(secret);
  });

  it.each([
    'Started ssh.service - OpenBSD Secure Shell server.',
    'image sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
    'Accepted password for ada from 192.168.1.5 port 22',
    '{"id":1,"step":"system.hostname"}',
  ])('leaves %j as it is', (text) => {
    expect(blind(text)).toBe(text);
  });

  it('finds the setup code in every writing', () => {
    const redact = redactorOf({ secrets: [], setupCode: 'ACDE-FGHJ-KMNP' });
    for (const text of ['ACDE-FGHJ-KMNP', 'acdefghjkmnp', 'ACDE FGHJ KMNP'])
      expect(redact(text)).toBe('[removed]');
  });

  it('gives a network one token in a bundle and another one in the next', () => {
    const sensitive = { secrets: [], networks: ['Villa Ada'] };
    const redact = redactorOf(sensitive);
    const [one, two] = [redact('joined Villa Ada'), redact('left "Villa Ada" ssid="Next door"')];
    const [token] = /\[wifi [0-9a-f]{6}\]/.exec(one) ?? [];

    expect(two).toContain(token);
    expect(two).not.toContain('Next door');
    expect(redactorOf(sensitive)('joined Villa Ada')).not.toBe(one);
  });

  it('takes names and secrets with every character that means something in a pattern', () => {
    const odd = '-[a]{2}(b)*+?.^$|/\\-';
    const redact = redactorOf({ secrets: [odd], networks: [`net ${odd}`] });
    expect(redact(`one ${odd} two`)).toBe('one [removed] two');
    expect(redact('net -aab')).toBe('net -aab');
  });

  it('takes no longer than a moment for a long hostile text', () => {
    const hostile = [
      'a_'.repeat(50_000),
      'password'.repeat(10_000),
      '"'.repeat(50_000),
      '-----BEGIN PRIVATE KEY-----'.repeat(2_000),
      'eyJ'.repeat(20_000),
      '00:'.repeat(30_000),
      '://a:'.repeat(10_000),
    ];
    const begin = performance.now();
    for (const text of hostile) blind(text);
    expect(performance.now() - begin).toBeLessThan(4_000);
  });
});
