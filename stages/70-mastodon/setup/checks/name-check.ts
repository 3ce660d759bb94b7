import { BlockList, isIPv4 } from 'node:net';
import { bad, good, warning } from './edge-texts.ts';
import { PublicFailure } from './http-call.ts';
import type { MastodonCheck } from './scene.ts';

/** 1: the names lead to public addresses, also when the device itself asks for them. */
export const nameCheck: MastodonCheck = {
  id: 'mastodon.names',
  title: { en: 'Mastodon: names', de: 'Mastodon: Namen' },
  look: async ({ facts: { web, local, media }, world }) => {
    const names = [...new Set([web, local, ...(media.where === 'bucket' ? [media.publicHost] : [])])];
    const found = await Promise.all(
      names.map(async (name) => {
        const lists = await Promise.all([world.resolve(name, 'A'), world.resolve(name, 'AAAA')]);
        return { name, there: lists.flat(), here: await world.lookHere(name) };
      }),
    );
    for (const { name, there } of found) {
      if (there.length === 0) throw new PublicFailure('no-name', name);
      const inner = there.find(isInner);
      if (inner !== undefined) return notPublic(name, inner);
    }
    for (const { name, here } of found) {
      const inner = here.find(isInner);
      if (inner !== undefined) return otherHere(name, inner);
    }
    const list = names.join(', ');
    return good({
      en: `All names have public addresses: ${list}.`,
      de: `Alle Namen haben öffentliche Adressen: ${list}.`,
    });
  },
};

const inner = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  inner.addSubnet(net, bits, 'ipv4');
// The second and third are those of NAT64, which make an IPv4 address out of an IPv6 address: Mastodon asks nobody there.
for (const [net, bits] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  inner.addSubnet(net, bits, 'ipv6');

/** True for an address that is not one of the public Internet. */
export function isInner(address: string): boolean {
  return inner.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

function notPublic(name: string, address: string) {
  return bad(
    {
      en: `${name} leads to ${address}, which nobody can reach over the Internet.`,
      de: `${name} führt zu ${address}; das erreicht niemand über das Internet.`,
    },
    {
      en: `At Cloudflare, open DNS of the domain, and remove the record of ${name} with that address. It has to be one that is proxied, or the one that the tunnel made.`,
      de: `Öffnen Sie bei Cloudflare „DNS“ der Domain und entfernen Sie den Eintrag von ${name} mit dieser Adresse. Es muss einer mit „Proxied“ sein oder der, den der Tunnel angelegt hat.`,
    },
  );
}

function otherHere(name: string, address: string) {
  return warning(
    {
      en: `In your network ${name} leads to ${address} instead of its public address. Mastodon asks no such address, so it can not see its own pages, and other servers only if their addresses are not changed like this.`,
      de: `In Ihrem Netz führt ${name} zu ${address} statt zu seiner öffentlichen Adresse. Mastodon fragt dort nicht nach: So sieht es seine eigenen Seiten nicht, und andere Server nur, wenn deren Adressen nicht auch so geändert werden.`,
    },
    {
      en: `In your router, remove the entry for ${name}. If the address begins with 64:ff9b, your line has IPv6 only, and Mastodon can not reach servers that have only IPv4: ask your provider for IPv4.`,
      de: `Entfernen Sie im Router den Eintrag für ${name}. Beginnt die Adresse mit 64:ff9b, hat Ihr Anschluss nur IPv6, und Mastodon erreicht keine Server, die nur IPv4 haben: Fragen Sie Ihren Anbieter nach IPv4.`,
    },
  );
}
