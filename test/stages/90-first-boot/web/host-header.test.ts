import { describe, expect, it } from 'vitest';
import { ownHost, searchDomains } from '../../../../stages/90-first-boot/agent/web/host-header.ts';

describe('ownHost', () => {
  const own = {
    hostname: 'Attic',
    addresses: new Set(['192.168.1.20', 'fe80::1', '2001:db8:0::20']),
    searchDomains: searchDomains('# DNS\nsearch fritz.box lan.\nnameserver 1.2.3.4\n'),
  };

  it.each([
    'attic.local',
    'ATTIC.local:80',
    'attic.local.',
    'attic-2.local',
    'attic',
    'attic.fritz.box',
    'attic.lan',
    'localhost:8080',
    '127.0.0.1:41234',
    '[::1]:8080',
    '192.168.1.20',
    '[2001:db8::20]:80',
    '[fe80::1]',
  ])('knows %s', (host) => expect(ownHost(host, own)).toBeDefined());

  it.each([
    '',
    'evil.example',
    'attic.local.evil.example',
    'xattic.local',
    'attic-x.local',
    'attic-2.fritz.box',
    'local',
    '.local',
    'attic.evil.example',
    '192.168.1.21',
    '192.168.1.20.evil.example',
    'evil.example@127.0.0.1',
    '127.0.0.1/evil',
    '127.0.0.1 evil.example',
    'localhost:99999',
    '[2001:db8::21]',
    '[::1',
    'attic.local:80:80',
  ])('does not know %s', (host) => {
    expect(ownHost(host, own)).toBeUndefined();
  });
});
