import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Vm } from '../../../builder/vm/vm.ts';
import type { VmSnapshot } from '../../../builder/vm/vm-options.ts';
import { startChromium } from '../../helpers/chromium.ts';
import { isExhaustive, slowness, testLogFolder } from '../../helpers/vm.ts';
import { readIdentity } from '../../helpers/vm-device.ts';
import { answers, canary } from './answers.ts';
import { expectAnswersApplied, makeSshKey, placesWithCanary, readEvents } from './device-facts.ts';

/** What the image asks: Mastodon is not among it as long as the lock has no digest of its images. */
const topicsOfImage = [
  ...['locale', 'restore', 'device', 'administrator', 'time', 'updates', 'samba'],
  ...['plex', 'cluster', 'tunnel', 'backup'],
];
/** What is not answered: a new device has no backup, and services from others come another day. */
const skipped = ['restore', 'plex', 'cluster', 'tunnel', 'backup'];

/** The owner's way: a real browser, the pages of the running image, from the code to the status page. */
export function describeSetupInBrowser(snapshot: () => VmSnapshot): void {
  describe('the setup in a browser', () => {
    let vm: Vm;
    let browser: Browser;
    let page: Page;
    let origin: string;
    let sshKey: string;
    const foreignRequests: string[] = [];

    beforeAll(async () => {
      vm = await snapshot().clone({ logFolder: await testLogFolder('setup-in-browser') });
      origin = `http://127.0.0.1:${vm.forwardedPort(80)}`;
      sshKey = await makeSshKey(vm);
      browser = await startChromium();
      page = await browser.newPage({ viewport: { width: 390, height: 844 }, locale: 'en-GB' });
      page.setDefaultTimeout(60_000 * slowness);
      page.on('request', (request) => {
        if (!request.url().startsWith(`${origin}/`)) foreignRequests.push(request.url());
      });
    });

    afterEach(async ({ task }) => {
      if (task.result?.state !== 'fail') return;
      await page.screenshot({ path: `${await testLogFolder('setup-in-browser-page')}/page.png` });
      await vm.saveEvidence();
    });

    afterAll(async () => {
      await browser?.close();
      await vm?.[Symbol.asyncDispose]();
    });

    it('tells nothing of the device before the claim', async () => {
      await page.goto(`${origin}/`);
      const text = await page.content();

      expect(text).not.toContain((await vm.mustRun('uname -n')).trim());
      expect(text).not.toContain('Samba');
      for (const path of ['/setup', '/setup/samba', '/doctor', '/change/device']) {
        await page.goto(`${origin}${path}`);
        expect(new URL(page.url()).pathname, path).toMatch(/^\/(login)?$/);
      }
    });

    it('lets the owner in with the code', async () => {
      const { setupCode } = await readIdentity(vm);
      await page.goto(`${origin}/`);
      await page.fill(
        'input[name=code], input[name=credential]',
        setupCode.toLowerCase().replaceAll('-', ' '),
      );
      await submit(page);

      expect(new URL(page.url()).pathname).toMatch(/^\/setup\//);
    });

    it('asks one thing a page, up to a page with all answers', async () => {
      const asked: string[] = [];
      for (let pages = 0; pages < 20; pages += 1) {
        const topic = /^\/setup\/([a-z-]+)$/.exec(new URL(page.url()).pathname)?.[1];
        if (topic === undefined) break;
        asked.push(topic);
        await answerTopic(page, topic, sshKey);
      }

      expect(asked).toEqual(topicsOfImage);
      expect(new URL(page.url()).pathname).toBe('/setup');
      const text = await page.locator('main').textContent();
      for (const shown of [answers.device.name, answers.administrator.name, answers.samba.user])
        expect(text).toContain(shown);
      expect(await page.content()).not.toContain(canary);
    });

    it('applies them and shows how far it is', async () => {
      await page.locator('form[action="/setup/apply"] button').click();
      const bar = page.locator('progress, [role=progressbar]').first();
      await bar.waitFor();
      await page.reload();
      await page.waitForURL(`${origin}/`, { timeout: 300_000 * slowness });

      const events = await readEvents(vm);
      expect(events.at(-1)?.type).toBe('runFinished');
      expect(JSON.stringify(events)).not.toContain(canary);
    });

    it('shows the status page after that, to the same browser', async () => {
      const text = await page.locator('body').textContent();

      expect(text).toContain(answers.device.name);
      expect(foreignRequests).toEqual([]);
    });

    it('has done what was asked: name, time zone, SSH with the key, a share', async () => {
      await expectAnswersApplied(vm);
    });

    it('has no failed unit, and answers 410 where the setup was', async () => {
      expect(await vm.failedUnits()).toEqual([]);
      for (const path of ['/setup', '/setup/samba', '/setup/events'])
        expect((await vm.waitForHttp(80, path)).status, path).toBe(410);
    });

    it('lets nobody else see the status page without the password', async () => {
      const other = await browser.newContext();
      const stranger = await other.newPage();
      await stranger.goto(`${origin}/`);
      expect(await stranger.content()).not.toContain(`>${answers.samba.user}<`);
      await stranger.fill('input[name=name]', answers.administrator.name);
      await stranger.fill('input[name=password]', answers.administrator.password);
      await submit(stranger);
      expect(await stranger.locator('body').textContent()).toContain(answers.device.name);
      await other.close();
    });

    it('has left no secret anywhere', async () => {
      expect(await placesWithCanary(vm)).toBe('');
    });

    it.skipIf(!isExhaustive)('is as new after a factory reset, with another code', async () => {
      const before = await readIdentity(vm);
      await vm.mustRun(`hearthctl reset --yes ${answers.device.name}`);
      await expect
        .poll(async () => (await vm.run('uname -n; cat /var/lib/hearth/setup-code')).stdout, {
          timeout: 400_000 * slowness,
          interval: 3_000,
        })
        .toMatch(/^hearth\n[A-Z0-9]{4}-/);
      await vm.waitForBoot();

      expect((await readIdentity(vm)).setupCode).not.toBe(before.setupCode);
      expect((await vm.run(`id ${answers.administrator.name}`)).exitCode).not.toBe(0);
      expect(await vm.mustRun('pdbedit -L')).not.toContain(answers.samba.user);
      expect(await vm.mustRun('cat /srv/media/note.txt')).toContain('from a computer');
      expect((await vm.waitForHttp(80, '/')).body).toContain('action="/claim"');
      expect(await vm.failedUnits()).toEqual([]);
    });
  });
}

async function answerTopic(page: Page, topic: string, sshKey: string): Promise<void> {
  if (skipped.includes(topic)) {
    await submit(page, 'main button[name=_skip]');
    return;
  }
  const wanted: Record<string, string> = {
    ...(answers as Readonly<Record<string, Readonly<Record<string, string>>>>)[topic],
    ...(topic === 'administrator' ? { sshKeys: sshKey } : {}),
  };
  for (const [name, value] of Object.entries(wanted)) {
    const field = page.locator(`main [name="${name}"]`).first();
    const kind = await field.evaluate((element) => `${element.tagName} ${element.getAttribute('type')}`);
    if (kind.startsWith('SELECT')) await field.selectOption(value);
    else if (kind.endsWith('radio')) await page.locator(`main [name="${name}"][value="${value}"]`).check();
    else await field.fill(value);
  }
  await submit(page);
}

/** Presses a button, else that of the first form in the page's main part, and waits for the page that follows. */
async function submit(page: Page, button = 'main form button:not([type=button])'): Promise<void> {
  const before = page.url();
  await Promise.all([page.waitForEvent('load'), page.locator(button).first().click()]);
  if (page.url() === before) {
    const problem = await page.locator('[role=alert], .error-summary').allInnerTexts();
    if (problem.length > 0) throw new Error(`the page says: ${problem.join(' ')}`);
  }
}
