import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tokenFile } from '../../../stages/80-cloudflared/setup/tunnel-files.ts';
import type { Values } from '../../../stages/90-first-boot/agent/setup/define.ts';
import { startCloudflare } from '../../understudies/cloudflare-api.ts';
import { account, type Cloudflare, otherAccount, type Rule } from '../../understudies/cloudflare-state.ts';
import {
  apiToken,
  doctor,
  failureOf,
  prepare,
  start,
  states,
  type TunnelDevice,
  tunnelDevice,
} from './tunnel-device.ts';

const hostname = 'social.example.com';
const byApi: Values = { how: 'api', apiToken, hostname };
const route: Rule = { hostname, service: 'http://localhost:80' };
const last: Rule = { service: 'http_status:404' };

let cloudflare: Cloudflare;
let device: TunnelDevice;

beforeEach(async () => {
  cloudflare = await startCloudflare();
  cloudflare.tokens.set(apiToken, {});
  device = await tunnelDevice(cloudflare);
});

afterEach(async () => {
  await device.stop();
  await cloudflare.close();
});

describe('with an API token', () => {
  test('tunnel, route and name are made, and a second time nothing changes', async () => {
    await device.run(prepare, { tunnel: byApi });
    const [tunnel] = cloudflare.tunnels;
    expect(tunnel?.config).toEqual({ ingress: [route, last] });
    expect(cloudflare.records).toMatchObject([
      { type: 'CNAME', name: hostname, content: `${tunnel?.id}.cfargotunnel.com`, proxied: true },
    ]);
    const calls = cloudflare.calls.length;
    const before = device.snapshot();
    // As after a power cut before the last file.
    device.put(tokenFile, '');
    await device.undo(prepare);
    await device.run(prepare, { tunnel: byApi });
    expect(device.snapshot()).toEqual(before);
    expect(cloudflare.calls.slice(calls).filter((call) => !call.startsWith('GET '))).toEqual([]);
    await device.run(start, { tunnel: byApi });
    expect(states(await doctor(device))).toEqual(['good', 'good']);
    expect(cloudflare.mistakes).toEqual([]);
    expect(JSON.stringify([device.log, device.calls, device.snapshot()])).not.toContain(apiToken);
  });

  test('an HTTPS origin gets its server name, no check of its certificate, and the host header', async () => {
    await device.run(prepare, { tunnel: { ...byApi, service: 'https://192.168.1.5:8443' } });
    const originRequest = { originServerName: hostname, noTLSVerify: true, httpHostHeader: hostname };
    const wanted = { hostname, service: 'https://192.168.1.5:8443', originRequest };
    expect(cloudflare.tunnels[0]?.config).toEqual({ ingress: [wanted, last] });
    await device.run(start, { tunnel: byApi });
    expect(states(await doctor(device))).toEqual(['good', 'good']);
  });

  test('an existing tunnel keeps its other routes, and what the owner made by hand is taken over', async () => {
    const other = { hostname: 'nas.example.com', service: 'http://10.0.0.9:80' };
    const wild = { hostname: '*.example.com', service: 'http://10.0.0.9:81' };
    const tunnel = cloudflare.addTunnel({ name: 'home', account, config: { ingress: [other, wild, last] } });
    const zone = cloudflare.zones[0]?.id ?? '';
    const content = `${tunnel.id}.cfargotunnel.com`;
    const id = 'a'.repeat(32);
    cloudflare.records.push({
      id,
      zone,
      type: 'CNAME',
      name: hostname,
      content,
      proxied: false,
      comment: null,
    });
    await device.run(prepare, { tunnel: { ...byApi, existingTunnel: cloudflare.tokenOf(tunnel) } });
    expect(tunnel.config?.ingress).toEqual([other, route, wild, last]);
    expect(cloudflare.tunnels).toHaveLength(1);
    expect(cloudflare.records).toMatchObject([{ id, content, proxied: true }]);
    expect(cloudflare.mistakes).toEqual([]);
  });

  test('a power cut or a lost connection between any two calls is made good by the next run', async () => {
    await device.run(prepare, { tunnel: byApi });
    const calls = cloudflare.calls.length;
    for (let cut = 1; cut <= calls; cut++) {
      const other = await startCloudflare();
      other.tokens.set(apiToken, {});
      const one = await tunnelDevice(other);
      const push = other.calls.push.bind(other.calls);
      other.calls.push = (call) => {
        if (other.calls.length + 1 >= cut) other.outage = 503;
        return push(call);
      };
      await one.run(prepare, { tunnel: byApi }).catch(() => {});
      other.calls.push = push;
      other.outage = undefined;
      await one.run(prepare, { tunnel: byApi });
      expect([other.tunnels.length, other.records.length, one.has(tokenFile)]).toEqual([1, 1, true]);
      expect(other.mistakes).toEqual([]);
      await one.stop();
      await other.close();
    }
  });

  test.each<[string, (set: Cloudflare) => void, RegExp, RegExp]>([
    ['an unknown token', (set) => set.tokens.clear(), /does not know this API token/, /Create a new one/],
    ['an expired token', (set) => set.tokens.set(apiToken, { status: 'expired' }), /expired/, /new one/],
    [
      'no right to tunnels',
      (set) => set.tokens.set(apiToken, { lacks: ['tunnel'] }),
      /Cloudflare Tunnel: Edit/,
      /Edit the token/,
    ],
    [
      'no right to names',
      (set) => set.tokens.set(apiToken, { lacks: ['dns'] }),
      /DNS: Edit/,
      /Edit the token/,
    ],
    [
      'no right to domains',
      (set) => set.tokens.set(apiToken, { lacks: ['zone'] }),
      /Zone: Read/,
      /Edit the token/,
    ],
    [
      'a domain of somebody else',
      (set) => set.tokens.set(apiToken, { zones: [] }),
      /No domain .* fits/,
      /spelling/,
    ],
    [
      'a domain that is not active',
      (set) =>
        set.zones.splice(0, 1, { id: '0'.repeat(32), name: 'example.com', account, status: 'pending' }),
      /does not answer for the domain/,
      /name servers/,
    ],
    ['no Internet', (set) => (set.outage = 502), /could not be reached/, /Internet/],
  ])('%s is told in words, and nothing is left on the device', async (_what, change, why, todo) => {
    change(cloudflare);
    const before = device.snapshot();
    const failure = await failureOf(device.run(prepare, { tunnel: byApi }));
    expect(failure.why).toMatch(why);
    expect(failure.todo).toMatch(todo);
    expect(device.snapshot()).toEqual(before);
    expect(cloudflare.records).toEqual([]);
  });

  test('a token of an account does as well as one of a user', async () => {
    cloudflare.tokens.set(apiToken, { isOfAccount: true });
    await device.run(prepare, { tunnel: byApi });
    expect(device.has(tokenFile)).toBe(true);
  });

  test('a tunnel of another account, a deleted and a locally managed one are refused', async () => {
    const why = async (tunnel: ReturnType<Cloudflare['addTunnel']>) => {
      const values = { ...byApi, existingTunnel: cloudflare.tokenOf(tunnel) };
      return (await failureOf(device.run(prepare, { tunnel: values }))).why;
    };
    expect(await why(cloudflare.addTunnel({ name: 'x', account: otherAccount }))).toMatch(
      /another Cloudflare account/,
    );
    const gone = cloudflare.addTunnel({ name: 'y', account, deletedAt: '2026-11-01T00:00:00Z' });
    expect(await why(gone)).toMatch(/was deleted/);
    expect(await why(cloudflare.addTunnel({ name: 'z', account, source: 'local' }))).toMatch(/config\.yml/);
    expect(device.has(tokenFile)).toBe(false);
    expect(cloudflare.records).toEqual([]);
  });

  test.each([
    ['a web site', { type: 'A', content: '192.0.2.1' }, /192\.0\.2\.1/],
    [
      'a tunnel of another account',
      { type: 'CNAME', content: `${crypto.randomUUID()}.cfargotunnel.com` },
      /another account/,
    ],
  ])('a name that leads to %s is left alone', async (_what, record, why) => {
    const zone = cloudflare.zones[0]?.id ?? '';
    const kept = { id: 'b'.repeat(32), zone, name: hostname, proxied: true, comment: null, ...record };
    cloudflare.records.push({ ...kept });
    expect((await failureOf(device.run(prepare, { tunnel: byApi }))).why).toMatch(why);
    expect(cloudflare.records).toEqual([kept]);
    expect(device.has(tokenFile)).toBe(false);
  });

  test('the page asks Cloudflare before the answer is kept, and stays quiet when nobody answers', async () => {
    const { liveProblems } = await import('../../../stages/80-cloudflared/setup/live-check.ts');
    const fields = async (values: Values) =>
      (await liveProblems(cloudflare.base, values, AbortSignal.timeout(5_000))).map(({ field }) => field);
    expect(await fields(byApi)).toEqual([]);
    expect(await fields({ ...byApi, apiToken: 'x'.repeat(40) })).toEqual(['apiToken']);
    expect(await fields({ ...byApi, hostname: 'a.example.org' })).toEqual(['hostname']);
    const foreign = cloudflare.tokenOf(cloudflare.addTunnel({ name: 'x', account: otherAccount }));
    expect(await fields({ ...byApi, existingTunnel: foreign })).toEqual(['existingTunnel']);
    cloudflare.outage = 500;
    expect(await fields(byApi)).toEqual([]);
    expect(cloudflare.calls.every((call) => call.startsWith('GET '))).toBe(true);
  });
});
