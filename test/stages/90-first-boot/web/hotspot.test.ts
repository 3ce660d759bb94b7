import { beforeEach, describe, expect, it } from 'vitest';
import { FakeDoor, rightCode } from './fake-door.ts';
import { sampleHotspot } from './sample-status.ts';
import { sharedWeb } from './shared-web.ts';

const canary = 'CANARY-7Qx-secret';

const web = sharedWeb();

describe('the setup hotspot', () => {
  beforeEach(() => {
    web.door.greeting = { ...web.door.greeting, hotspot: sampleHotspot };
  });

  it.each([
    ['captive.apple.com', '/hotspot-detect.html'],
    ['connectivitycheck.gstatic.com', '/generate_204'],
    ['clients3.google.com', '/generate_204'],
    ['www.msftconnecttest.com', '/connecttest.txt'],
    ['detectportal.firefox.com', '/canonical.html'],
    ['nmcheck.gnome.org', '/check_network_status.txt'],
  ])('sends the windows of phones to its page: %s%s', async (host, path) => {
    const { status, headers } = await web.ask({ path, headers: { host } });

    expect([status, headers['location']]).toEqual([302, 'http://192.168.73.1/']);
  });

  it('has one form without scripts and cookies', async () => {
    const { body, headers } = await web.ask({ headers: { host: '192.168.73.1' } });

    expect(body).not.toContain('<script');
    expect(body.match(/<form/g)).toHaveLength(1);
    expect(headers['set-cookie'] ?? []).toEqual([]);
    expect(body).toContain('<option value="DE" selected>Germany</option>');
  });

  it('says what is missing, and what to do when the device joins', async () => {
    const host = '192.168.73.1';
    const post = async (body: string) =>
      await web.ask({ path: '/join', method: 'POST', headers: { host, origin: `http://${host}` }, body });

    expect((await post('code=&country=DE')).status).toBe(422);
    expect(web.door.changes).toEqual([]);
    const wrong = await post(`code=AAAA&country=DE&network=Home&password=${canary}`);
    expect(wrong.status).toBe(403);
    expect(wrong.body).not.toContain(canary);
    const joining = await post(`code=${rightCode}&country=DE&network=&other=Cellar&password=${canary}`);
    expect(joining.status).toBe(200);
    expect(joining.body).toContain('http://hearth.local');
    expect(joining.body).not.toContain(canary);
    expect(web.door.asked.at(-1)?.ask).toMatchObject({ network: 'Cellar', password: canary });
  });

  it('is not there for foreign names when it is off', async () => {
    web.door = new FakeDoor();
    expect((await web.ask({ headers: { host: 'captive.apple.com' } })).status).toBe(421);
  });
});
