import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readyState } from '../../../stages/80-cloudflared/setup/metrics.ts';
import { makeStartStep } from '../../../stages/80-cloudflared/setup/start-step.ts';
import { tokenFile } from '../../../stages/80-cloudflared/setup/tunnel-files.ts';
import type { Values } from '../../../stages/90-first-boot/agent/setup/define.ts';
import { localText } from '../../../stages/90-first-boot/agent/text/local-text.ts';
import { startCloudflare } from '../../understudies/cloudflare-api.ts';
import { account, type Cloudflare, type Rule } from '../../understudies/cloudflare-state.ts';
import { atEveryCut, fakeDevice } from '../20-system-setup/fake-device.ts';
import {
  apiToken,
  doctor,
  failureOf,
  prepare,
  start,
  states,
  type TunnelDevice,
  tunnelDevice,
  until,
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

function byToken(pasted: string, more: Values = {}): Values {
  return { how: 'token', token: pasted, hostname, ...more };
}

describe('with the token of a tunnel', () => {
  test('the tunnel comes up, and the doctor tells what to enter at Cloudflare until it is there', async () => {
    const tunnel = cloudflare.addTunnel({ name: 'home', account });
    const tunnelAnswer = byToken(`sudo cloudflared service install ${cloudflare.tokenOf(tunnel)}`);
    await device.run(prepare, { tunnel: tunnelAnswer });
    expect(device.get(tokenFile)).toBe(`${cloudflare.tokenOf(tunnel)}\n`);
    expect(device.mode(tokenFile)).toBe(0o600);
    await device.run(start, { tunnel: tunnelAnswer });
    expect(await readyState(device.metrics)).toEqual({ connections: 4 });
    const [connection, missing] = await doctor(device);
    expect(connection?.state).toBe('good');
    expect(missing?.state).toBe('bad');
    expect(localText(missing?.todo ?? '', 'de')).toContain(
      `Hostname ${hostname}, Pfad (Path) leer, Diensttyp (Type) HTTP, URL localhost:80.`,
    );
    tunnel.config = { ingress: [route, last] };
    await until(async () => states(await doctor(device)).join() === 'good,good');
    expect(cloudflare.calls).toEqual([]);
  });

  test('the token is in no argument, no log and no other file', async () => {
    const tunnel = cloudflare.addTunnel({ name: 'home', account });
    const token = cloudflare.tokenOf(tunnel);
    await device.run(prepare, { tunnel: byToken(token) });
    await device.run(start, { tunnel: byToken(token) });
    expect(JSON.stringify([device.calls, device.log, device.journal()])).not.toContain(token.slice(0, 40));
    const files = Object.entries(device.snapshot()).filter(([, text]) => text.includes(tunnel.secret));
    const tokens = Object.entries(device.snapshot()).filter(([, text]) => text.includes(token));
    expect([...files, ...tokens].map(([path]) => path)).toEqual([tokenFile]);
  });

  test.each<[string, (tunnel: ReturnType<Cloudflare['addTunnel']>) => void]>([
    ['was replaced', (tunnel) => (tunnel.secret = Buffer.alloc(32, 'new').toString('base64'))],
    ['belongs to a deleted tunnel', (tunnel) => (tunnel.deletedAt = '2026-11-01T00:00:00Z')],
  ])('a token that %s is refused in words', async (_what, change) => {
    const tunnel = cloudflare.addTunnel({ name: 'home', account });
    const tunnelAnswer = byToken(cloudflare.tokenOf(tunnel));
    change(tunnel);
    await device.run(prepare, { tunnel: tunnelAnswer });
    const { why, todo } = await failureOf(device.run(start, { tunnel: tunnelAnswer }));
    expect(why).toMatch(/does not accept the token/);
    expect(todo).toMatch(/once more/);
    expect((await doctor(device))[0]?.state).toBe('bad');
  });

  test('without Internet the owner is told, and the tunnel comes up later by itself', async () => {
    const tunnel = cloudflare.addTunnel({ name: 'home', account });
    const tunnelAnswer = byToken(cloudflare.tokenOf(tunnel));
    cloudflare.outage = 503;
    await device.run(prepare, { tunnel: tunnelAnswer });
    const impatient = makeStartStep({ lookMs: 50, limitMs: 800 });
    expect((await failureOf(device.run(impatient, { tunnel: tunnelAnswer }))).why).toMatch(/goes on trying/);
    expect(states(await doctor(device))[0]).toBe('bad');
    cloudflare.outage = undefined;
    await until(async () => ((await readyState(device.metrics)).connections ?? 0) > 0);
  });

  test('the token of a tunnel for other names is refused, and works once the route is there', async () => {
    const tunnel = cloudflare.addTunnel({ name: 'shop', account });
    const shop = { hostname: 'shop.example.org', service: 'http://localhost:80' };
    tunnel.config = { ingress: [shop, last] };
    const tunnelAnswer = byToken(cloudflare.tokenOf(tunnel));
    await device.run(prepare, { tunnel: tunnelAnswer });
    const { why, todo } = await failureOf(device.run(start, { tunnel: tunnelAnswer }));
    expect(why).toMatch(/a tunnel for shop\.example\.org, not for social\.example\.com/);
    expect(todo).toContain('service type HTTP, URL localhost:80');
    await until(async () => (await readyState(device.metrics)).connections === undefined);
    expect(device.has(tokenFile)).toBe(false);
    expect(states(await doctor(device))).toEqual(['bad', 'bad']);
    tunnel.config = { ingress: [route, shop, last] };
    await device.run(start, { tunnel: tunnelAnswer });
    expect(states(await doctor(device))).toEqual(['good', 'good']);
  });

  test('the doctor sees a route to somewhere else, and a host header that would show the setup page', async () => {
    const tunnel = cloudflare.addTunnel({ name: 'home', account });
    const tunnelAnswer = byToken(cloudflare.tokenOf(tunnel));
    tunnel.config = { ingress: [{ hostname, service: 'http://localhost:8080' }, last] };
    await device.run(prepare, { tunnel: tunnelAnswer });
    await device.run(start, { tunnel: tunnelAnswer });
    const meaning = async () => localText((await doctor(device))[1]?.meaning ?? '', 'en');
    await until(async () => /to http:\/\/localhost:8080, not to http:\/\/localhost:80/.test(await meaning()));
    tunnel.config = { ingress: [{ ...route, originRequest: { httpHostHeader: 'hearth.local' } }, last] };
    await until(async () => /has to be empty/.test(await meaning()));
    tunnel.config = { ingress: [{ hostname: '*.example.com', service: 'http://127.0.0.1' }, last] };
    await until(async () => states(await doctor(device))[1] === 'good');
  });
});

describe('with an own config.yml', () => {
  const config = `tunnel: home\nmetrics: 0.0.0.0:99\ningress:\n  - hostname: ${hostname}\n    path: ^/api\n    service: http://localhost:4000\n  - hostname: ${hostname}\n    service: http://localhost:80\n  - service: http_status:404\n`;

  test('its rules hold, and the doctor compares them', async () => {
    const tunnel = cloudflare.addTunnel({ name: 'home', account, source: 'local' });
    const credentials = JSON.stringify({
      AccountTag: account,
      TunnelID: tunnel.id,
      TunnelSecret: tunnel.secret,
    });
    const tunnelAnswer = { how: 'file', config, credentials };
    device.programs['/usr/local/bin/cloudflared'] = (args) =>
      args.join(' ').startsWith('tunnel --config /var/lib/hearth/tunnel/config.yml') ? {} : undefined;
    await device.run(prepare, { tunnel: tunnelAnswer });
    await device.run(start, { tunnel: tunnelAnswer });
    expect(states(await doctor(device))).toEqual(['good', 'good']);
  });

  test('one that cloudflared does not accept is not started', async () => {
    const tunnel = cloudflare.addTunnel({ name: 'home', account, source: 'local' });
    const tunnelAnswer = { how: 'file', config, credentials: cloudflare.tokenOf(tunnel) };
    device.programs['/usr/local/bin/cloudflared'] = () => ({
      exitCode: 1,
      stdout: 'Validating rules from x\nValidation failed: The last ingress rule must match all URLs\n',
    });
    await device.run(prepare, { tunnel: tunnelAnswer });
    const { why } = await failureOf(device.run(start, { tunnel: tunnelAnswer }));
    expect(why).toContain('The last ingress rule must match all URLs');
    expect(device.calls.at(-1)?.args).toEqual(['stop', 'cloudflared.service']);
  });
});

describe('the end of a tunnel', () => {
  test('skipping the question later stops it and removes all of it', async () => {
    const untouched = device.snapshot();
    const tunnel = byToken(cloudflare.tokenOf(cloudflare.addTunnel({ name: 'home', account })));
    await device.run(prepare, { administrator: {} });
    expect(device.calls).toEqual([]);
    await device.run(prepare, { tunnel });
    await device.run(start, { tunnel });
    await device.run(prepare, { administrator: { name: 'anna' }, tunnel });
    expect((await readyState(device.metrics)).connections).toBe(4);
    await device.run(prepare, { administrator: {} });
    await until(async () => (await readyState(device.metrics)).connections === undefined);
    expect(device.snapshot()).toEqual(untouched);
    expect(states(await doctor(device))).toEqual(['good', 'good']);
    // The same answer once more: only this step sees a change.
    await device.run(prepare, { tunnel });
    await until(async () => (await readyState(device.metrics)).connections === 4);
  });

  test('another administrator does not ask Cloudflare again', async () => {
    await device.run(prepare, { administrator: { name: 'anna' }, tunnel: byApi });
    cloudflare.tokens.clear();
    const before = [cloudflare.calls.length, device.snapshot()];
    await device.run(prepare, { administrator: { name: 'robin' }, tunnel: byApi });
    expect([cloudflare.calls.length, device.snapshot()]).toEqual(before);
  });

  test('changing it to another tunnel is made good after a power cut between any two operations', async () => {
    const [old = '', next = ''] = ['old', 'new'].map((name) =>
      cloudflare.tokenOf(cloudflare.addTunnel({ name, account })),
    );
    const make = () => {
      const one = fakeDevice();
      one.programs['systemctl'] = () => ({});
      return one;
    };
    const whole = make();
    await whole.run(prepare, { tunnel: byToken(next) });
    const wanted = whole.snapshot();
    whole.remove();
    const cuts = await atEveryCut(
      make,
      async (one, cutAt) => {
        await one.run(prepare, { tunnel: byToken(old) });
        await one.run(prepare, { tunnel: byToken(next) }, cutAt);
      },
      async (one) => {
        await one.run(prepare, { tunnel: byToken(next) });
        expect(one.snapshot()).toEqual(wanted);
      },
    );
    expect(cuts).toBeGreaterThan(3);
  });

  test('a factory reset removes all of it, also when it was cut off anywhere', async () => {
    const token = cloudflare.tokenOf(cloudflare.addTunnel({ name: 'home', account }));
    const make = () => {
      const one = fakeDevice();
      one.programs['systemctl'] = () => ({});
      return one;
    };
    const untouched = make().snapshot();
    const cuts = await atEveryCut(
      make,
      async (one, cutAt) => {
        await one.run(prepare, { tunnel: byToken(token) }, cutAt);
        await one.undo(prepare, cutAt - 4);
      },
      async (one) => {
        await one.undo(prepare);
        expect(one.snapshot()).toEqual(untouched);
      },
    );
    expect(cuts).toBeGreaterThan(4);
  });
});
