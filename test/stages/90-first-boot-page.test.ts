import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { addressUrl, reachableAddresses } from '../../stages/90-first-boot/agent/device/addresses.ts';
import type { DeviceStatus } from '../../stages/90-first-boot/agent/device/status.ts';
import { type UnitState, unitState } from '../../stages/90-first-boot/agent/device/unit-states.ts';
import { german } from '../../stages/90-first-boot/agent/text/de.ts';
import { english } from '../../stages/90-first-boot/agent/text/en.ts';
import { ownHost, searchDomains } from '../../stages/90-first-boot/agent/web/host-header.ts';
import { chooseTexts } from '../../stages/90-first-boot/agent/web/language.ts';
import { overallState, renderStatusPage } from '../../stages/90-first-boot/agent/web/status-page.ts';

const status: DeviceStatus = {
  name: 'attic',
  release: { version: '1.2.3', image: 'hearth', date: '2026-11-23' },
  addresses: [
    { family: 'IPv4', ip: '192.168.1.20', medium: 'cable' },
    { family: 'IPv6', ip: '2001:db8::20', medium: 'wifi' },
  ],
  services: [
    { name: { en: 'Shared folders', de: 'Freigaben' }, description: 'Files', state: 'running' },
    { name: 'Clock', description: 'Right time', state: 'failed' },
  ],
};

describe('renderStatusPage', () => {
  it('tells name, version, addresses and the state of each service', () => {
    const page = renderStatusPage(status, 'attic.local', english);

    for (const text of [
      '<h1>attic</h1>',
      'Hearth 1.2.3',
      'href="http://attic.local/"',
      'href="http://192.168.1.20/"',
      'href="http://[2001:db8::20]/"',
      'Shared folders',
      'Running',
      'Clock',
      'One service has a problem.',
    ])
      expect(page).toContain(text);
  });

  it('speaks German, with the German names of services that have one', () => {
    const page = renderStatusPage(status, 'attic.local', german);

    expect(page).toContain('<html lang="de">');
    expect(page).toContain('Freigaben');
    expect(page).toContain('Clock');
    expect(page).toContain('Läuft');
    expect(page).not.toContain('Running');
  });

  it('escapes every text that comes from the device', () => {
    const evil = `</title><script>alert('1')</script>"&`;
    const page = renderStatusPage(
      {
        name: evil,
        release: { version: evil, image: evil, date: evil },
        addresses: [{ family: 'IPv4', ip: evil, medium: 'cable' }],
        services: [{ name: evil, description: evil, state: 'running' }],
      },
      evil,
      english,
    );

    expect(page).not.toContain('<script>');
    expect(page).not.toContain(`'1'`);
    expect(page.match(/<\/title>/g)).toHaveLength(1);
    expect(page).toContain('&#60;script&#62;');
  });

  it('carries a script only while something is starting', () => {
    const starting = { name: 'Clock', description: 'Right time', state: 'starting' } as const;

    expect(renderStatusPage(status, 'attic.local', english)).not.toContain('<script');
    expect(renderStatusPage({ ...status, services: [starting] }, 'attic.local', english)).toContain(
      '<script',
    );
  });

  it('lets people zoom', () => {
    expect(renderStatusPage(status, 'attic.local', english)).toContain(
      'content="width=device-width, initial-scale=1"',
    );
  });

  it('says the same things in both languages', () => {
    expect(keysOf(german)).toEqual(keysOf(english));
  });
});

describe('overallState', () => {
  it.each<[UnitState, UnitState[]]>([
    ['failed', ['running', 'starting', 'failed']],
    ['unknown', ['running', 'unknown', 'starting']],
    ['starting', ['running', 'starting']],
    ['running', ['off', 'running']],
    ['off', []],
  ])('is %s for %j', (overall, states) => expect(overallState(states)).toBe(overall));
});

describe('unitState', () => {
  it.each<[UnitState, string]>([
    ['running', 'ActiveState=active\nSubState=running'],
    ['starting', 'ActiveState=activating\nSubState=start'],
    ['starting', 'Job=71\nActiveState=inactive\nSubState=dead'],
    ['off', 'Job=\nActiveState=inactive\nSubState=dead'],
    ['failed', 'ActiveState=activating\nSubState=auto-restart'],
    ['failed', 'ActiveState=failed\nSubState=failed'],
    ['off', 'LoadState=not-found\nActiveState=inactive\nSubState=dead'],
    ['unknown', ''],
  ])('is %s for %j', (state, block) => expect(unitState(block)).toBe(state));
});

describe('chooseTexts', () => {
  it.each([
    ['de', 'de-AT,de;q=0.9,en;q=0.5'],
    ['de', 'fr, en;q=0.4, de;q=0.6'],
    ['en', 'en-GB,en;q=0.9,de;q=0.8'],
    ['en', 'de;q=0'],
    ['en', 'xx;q=abc,,;'],
    ['en', undefined],
  ])('gives %s for %j', (language, header) => expect(chooseTexts(header).language).toBe(language));
});

describe('reachableAddresses', () => {
  it('leaves out loopback, link-local and internal networks; IPv4 and cable come first', () => {
    const found = reachableAddresses({
      lo: [info('127.0.0.1', true)],
      wlan0: [info('192.168.1.21'), info('2001:db8::21')],
      end0: [info('fe80::1'), info('169.254.3.4'), info('192.168.1.20'), info('fd00::20')],
      cni0: [info('10.42.0.1')],
      veth12: [info('10.42.0.2')],
    });

    expect(found.map(addressUrl)).toEqual([
      'http://192.168.1.20',
      'http://192.168.1.21',
      'http://[fd00::20]',
      'http://[2001:db8::21]',
    ]);
  });
});

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

function info(address: string, internal = false): NetworkInterfaceInfo {
  const family = address.includes(':') ? 'IPv6' : 'IPv4';
  return { address, internal, family, netmask: '', mac: '', cidr: null, scopeid: 0 } as NetworkInterfaceInfo;
}

function keysOf(value: object): readonly string[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' ? [key, ...keysOf(inner as object).map((name) => `${key}.${name}`)] : [key],
  );
}
