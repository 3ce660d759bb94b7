import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { frontStep } from '../../../../stages/70-mastodon/setup/front/front-step.ts';
import { mastodonSite, siteFile } from '../../../../stages/70-mastodon/setup/front/site.ts';
import { atEveryCut, type FakeDevice, fakeDevice } from '../../20-system-setup/fake-device.ts';
import { renderTemplates } from '../../stage-tree.ts';

const domain = 'social.example.org';
const answers = { mastodon: { domain }, 'mastodon-media': { where: 'local' } };
const reload = 'systemctl reload-or-restart nginx.service';

let main: string;
let device: FakeDevice;

beforeEach(async () => {
  main = (await renderTemplates('50-data')).get('/etc/nginx/hearth.conf') ?? '';
  device = makeDevice();
});

afterEach(() => device.remove());

function makeDevice(): FakeDevice {
  const made = fakeDevice({ '/etc/nginx/hearth.conf': main });
  made.programs['nginx'] = (args) => {
    const draft = made.get(String(args.at(-1))) ?? '';
    const [, sites = ''] = /include (\/run\/hearth\S+);/.exec(draft) ?? [];
    const isGood = args[0] === '-t' && made.get(sites)?.startsWith('# Written') === true;
    return isGood ? {} : { exitCode: 1, stderr: 'nginx: it is wrong' };
  };
  made.programs['systemctl'] = (args) => (args[0] === 'reload-or-restart' ? {} : undefined);
  return made;
}

function programs(): readonly string[] {
  return device.calls.map(({ program, args }) => [program, ...args].join(' '));
}

describe('the step that opens the front door for Mastodon', () => {
  test('tries the site before it is put in place, and makes nothing that the running nginx uses', async () => {
    device.programs['nginx'] = (args) => {
      const draft = device.get(String(args.at(-1))) ?? '';
      expect(device.has(siteFile)).toBe(false);
      expect(draft).not.toMatch(/\/var\/cache\/nginx|\/run\/nginx\/(?:nginx\.pid|sites)/);
      return {};
    };
    await device.run(frontStep, answers);
    expect(device.get(siteFile)).toBe(mastodonSite({ localDomain: domain, media: { where: 'local' } }));
    expect(programs()).toEqual([expect.stringMatching(/^nginx -t /), reload]);
    expect(device.has('/run/hearth/front-draft')).toBe(false);
  });

  test('leaves all as it was when nginx does not take it', async () => {
    device.programs['nginx'] = () => ({ exitCode: 1, stderr: 'nginx: [emerg] it is wrong' });
    await expect(device.run(frontStep, answers)).rejects.toThrow();
    expect(device.has(siteFile)).toBe(false);
    expect(programs()).not.toContain(reload);
  });

  test('is done after any power cut by running it again', async () => {
    const cuts = await atEveryCut(
      makeDevice,
      async (one, cutAt) => await one.run(frontStep, answers, cutAt),
      async (one) => {
        await one.run(frontStep, answers);
        expect(one.get(siteFile)).toContain(`server_name ${domain};`);
        expect(one.calls.at(-1)?.args).toEqual(['reload-or-restart', 'nginx.service']);
      },
    );
    expect(cuts).toBeGreaterThan(4);
  });

  test('closes the door when Mastodon is not wanted, and does nothing on a device that never had it', async () => {
    await device.run(frontStep, { administrator: {} });
    expect(programs()).toEqual([]);
    await device.run(frontStep, answers);
    await device.run(frontStep, { administrator: {} });
    expect(device.has(siteFile)).toBe(false);
    await device.run(frontStep, answers);
    await device.undo(frontStep);
    expect(device.has(siteFile)).toBe(false);
  });
});

describe('the site', () => {
  test.each(['a b', 'a;b.org', 'x.org"', '', 'localhost', 'a.org\nserver {'])(
    'takes no domain %j',
    (localDomain) => {
      expect(() => mastodonSite({ localDomain, media: { where: 'local' } })).toThrow();
      expect(() =>
        mastodonSite({ localDomain: domain, webDomain: localDomain || ' ', media: { where: 'local' } }),
      ).toThrow();
    },
  );

  test('has media only if they are on the device, and a second server only for a second domain', () => {
    const local = mastodonSite({ localDomain: domain, media: { where: 'local' } });
    const both = mastodonSite({ localDomain: 'example.org', webDomain: domain, media: { where: 'bucket' } });
    expect([local.includes('/system/'), both.includes('/system/')]).toEqual([true, false]);
    expect([local, both].map((text) => text.match(/^server \{/gm)?.length)).toEqual([1, 2]);
  });

  test('lets no header of a visitor tell Mastodon another name, address or scheme', () => {
    const text = mastodonSite({ localDomain: domain, media: { where: 'bucket' } });
    for (const name of [
      'X-Forwarded-Host',
      'X-Forwarded-Ssl',
      'X-Forwarded-Scheme',
      'Client-IP',
      'Forwarded',
    ])
      expect(text).toContain(`proxy_set_header ${name} "";`);
    expect(text.match(/set_real_ip_from (.+);/g)).toEqual([
      'set_real_ip_from 127.0.0.1;',
      'set_real_ip_from ::1;',
    ]);
  });
});
