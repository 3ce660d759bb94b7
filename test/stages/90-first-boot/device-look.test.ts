import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { addressUrl, reachableAddresses } from '../../../stages/90-first-boot/agent/device/addresses.ts';
import { type UnitState, unitState } from '../../../stages/90-first-boot/agent/device/unit-states.ts';

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

function info(address: string, internal = false): NetworkInterfaceInfo {
  const family = address.includes(':') ? 'IPv6' : 'IPv4';
  return { address, internal, family, netmask: '', mac: '', cidr: null, scopeid: 0 } as NetworkInterfaceInfo;
}
