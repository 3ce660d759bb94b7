import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hotspotAddress } from '../../../../stages/90-first-boot/agent/hotspot/nmcli-network.ts';

const overlay = 'overlays/hotspot';

describe('the files of the hotspot', () => {
  it('answer every name with the address that the agent gives it', () => {
    const names = read('etc/NetworkManager/dnsmasq-shared.d/hearth.conf');

    expect(names).toContain(`address=/#/${hotspotAddress}\n`);
    expect(names).toMatch(/^no-resolv$/m);
  });

  it('open the firewall for names and addresses on the wireless card only, and only there', () => {
    const rules = read('etc/nftables.d/25-hotspot.nft')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));

    expect(rules).toHaveLength(3);
    for (const rule of rules)
      expect(rule).toMatch(
        /^add rule inet hearth input iifname "wl\*" ip daddr (192\.168\.73\.1|255\.255\.255\.255) .*dport .* accept$/,
      );
    expect(rules.join('\n')).toContain(`ip daddr ${hotspotAddress} udp dport { 53, 67 }`);
  });

  it('use no addresses of the cluster', () => {
    // k3s: pods 10.42.0.0/16, services 10.43.0.0/16.
    expect(hotspotAddress).not.toMatch(/^10\.4[23]\./);
  });

  it('have a dispatcher that NetworkManager runs', () => {
    // Anybody but root being able to write it makes NetworkManager pass it over.
    expect(
      statSync(join(overlay, 'usr/lib/NetworkManager/dispatcher.d/90-hearth-console')).mode & 0o777,
    ).toBe(0o755);
  });
});

function read(path: string): string {
  return readFileSync(join(overlay, path), 'utf8');
}
