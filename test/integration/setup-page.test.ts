import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { script } from '../../stages/90-first-boot/agent/web/script.ts';
import { createWebServer } from '../../stages/90-first-boot/agent/web/server.ts';
import { startChromium } from '../helpers/chromium.ts';
import {
  answerEverything,
  axeViolations,
  enter,
  measure,
  measureWithoutScripts,
  pathOf,
  submit,
  tabTo,
  watchedPage,
  weigh,
} from '../helpers/setup-page.ts';
import { setupCode, startFakeKeeper } from '../stages/90-first-boot/keeper/fake-keeper.ts';
import { FakeDoor } from '../stages/90-first-boot/web/fake-door.ts';
import {
  failedHappenings,
  finishedHappenings,
  logOf,
  runningHappenings,
} from '../stages/90-first-boot/web/sample-status.ts';
import { type Scene, sceneOf, scenes } from '../stages/90-first-boot/web/scenes.ts';
import { type FakeWeb, startFakeWeb } from '../stages/90-first-boot/web/web-server.ts';

/** The blueprint's limits, in bytes. */
const [journeyLimit, scriptLimit] = [60 * 1024, 15 * 1024] as const;

const canary = 'CANARY-5Kd a long password';

let browser: Browser;
let web: FakeWeb;
let contexts: BrowserContext[] = [];
let strayRequests: string[] = [];
let home: string;

beforeAll(async () => {
  browser = await startChromium();
  web = await startFakeWeb();
});

afterAll(async () => {
  await browser?.close();
  await web?.[Symbol.asyncDispose]();
});

beforeEach(() => {
  web.door = new FakeDoor();
  web.hostname = 'hearth';
  strayRequests = [];
  home = `http://${web.host}/`;
});

afterEach(async () => {
  await Promise.all(contexts.map((context) => context.close()));
  contexts = [];
  expect(strayRequests).toEqual([]);
  expect(web.problems).toEqual([]);
});

/** A fresh browser window. Every request that leaves the device is noted. */
async function openPage(options: BrowserContextOptions = {}, token?: string): Promise<Page> {
  const onStray = (what: string) => strayRequests.push(what);
  const page = await watchedPage(browser, options, { home: () => home, onStray });
  contexts.push(page.context());
  if (token !== undefined)
    await page.context().addCookies([{ name: 'hearth', value: token, url: `http://${web.host}` }]);
  return page;
}

async function openScene(scene: Scene, options: BrowserContextOptions = {}): Promise<Page> {
  const { path, token } = scene.arrange(web);
  const page = await openPage(options, token);
  let status: number | undefined;
  page.on('response', (response) => {
    if (response.request().isNavigationRequest()) status = response.status();
  });
  await page.goto(`http://${web.host}${path}`);
  await scene.act?.(page);
  expect(status).toBe(scene.status ?? 200);
  return page;
}

describe.each(scenes)('$name', (scene) => {
  it.each(['light', 'dark'] as const)('has nothing for axe to find, %s', async (colorScheme) => {
    const page = await openScene(scene, { colorScheme, viewport: { width: 1280, height: 800 } });
    await page.locator('details').evaluateAll((boxes) => {
      for (const box of boxes) box.setAttribute('open', '');
    });
    const violations = await axeViolations(page);

    expect(violations).toEqual([]);
  });

  it('fits on 320 px, which is 400 % zoom on a desk, with or without scripts, in German', async () => {
    for (const javaScriptEnabled of [true, false]) {
      web.door = new FakeDoor();
      web.door.topics = [0, 1, 2].flatMap(() => web.door.topics);
      const page = await openScene(scene, {
        viewport: { width: 320, height: 256 },
        locale: 'de-DE',
        javaScriptEnabled,
      });
      const { scrollWidth, lang, zoom } = await (javaScriptEnabled
        ? page.evaluate(measure)
        : measureWithoutScripts(page));
      expect(scrollWidth).toBeLessThanOrEqual(320);
      expect(lang).toBe('de');
      expect(zoom).toBe('width=device-width, initial-scale=1');
    }
  });
});

describe('the whole way', () => {
  it.each([
    ['with scripts', true],
    ['without scripts', false],
  ])('from the code to the status page, %s, within the weight', async (_what, javaScriptEnabled) => {
    const page = await openPage({ javaScriptEnabled });
    const weight = await weigh(page);
    await page.goto(`http://${web.host}/`);
    await page.fill('#field-code', 'acde fghj-kmnp');
    await submit(page);
    await answerEverything(page);
    expect(pathOf(page)).toBe('/setup');
    web.door.eventLog = logOf(runningHappenings);
    await submit(page);
    expect(pathOf(page)).toBe('/setup/progress');
    expect(await page.getAttribute('progress', 'value')).toBe('31');
    web.door.eventLog = logOf(finishedHappenings);
    web.door.setPhase('complete');
    await page.waitForURL(`http://${web.host}/`);
    await page.getByRole('heading', { level: 1, name: 'hearth' }).waitFor();
    const { bytes, requests } = weight();

    console.log(`the whole way, ${_what}: ${bytes} bytes in ${requests} answers`);
    expect(bytes).toBeLessThanOrEqual(journeyLimit);
  });

  it('with nothing but a keyboard', async () => {
    const page = await openPage();
    await page.goto(`http://${web.host}/`);
    await tabTo(page, '#field-code');
    await page.keyboard.type('ACDE-FGHJ-KMNP');
    await enter(page);
    const typed: Readonly<Record<string, string>> = {
      '/setup/device': 'attic',
      '/setup/administrator': 'ada',
    };
    for (let pages = 0; pathOf(page) !== '/setup' && pages < 10; pages += 1) {
      const path = pathOf(page);
      if (path === '/setup/wifi') {
        await tabTo(page, 'button[name=_skip]');
      } else if (typed[path] !== undefined) {
        await tabTo(page, '#field-name');
        await page.keyboard.press('ControlOrMeta+A');
        await page.keyboard.type(typed[path]);
      } else await tabTo(page, '.actions .button');
      await enter(page);
    }
    await tabTo(page, 'form[action="/setup/apply"] button');
    await enter(page);

    expect(pathOf(page)).toBe('/setup/progress');
    expect(web.door.topics.map(({ state }) => state)).toEqual([
      'answered',
      'answered',
      'answered',
      'answered',
      'skipped',
      'answered',
    ]);
  });

  it('the script is small', () => {
    console.log(`the script: ${script.length} bytes`);
    expect(Buffer.byteLength(script)).toBeLessThanOrEqual(scriptLimit);
  });
});

describe('with the real keeper', () => {
  it('the way leads from the code to the status page, and no page has the password', async () => {
    const keeper = await startFakeKeeper();
    const server = createWebServer({
      ownNames: () => ({ hostname: 'hearth', addresses: new Set(), searchDomains: [] }),
      door: keeper.door,
      topics: keeper.context.setups.topics,
      report: (problem) => web.problems.push(problem),
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const page = await openPage();
      const start = `http://hearth.local:${(server.address() as AddressInfo).port}/`;
      home = start;
      await page.goto(start);
      await page.fill('#field-code', setupCode.toLowerCase());
      await submit(page);
      for (let pages = 0; pathOf(page) !== '/setup' && pages < 10; pages += 1) {
        const isOwner = pathOf(page) === '/setup/owner';
        if (isOwner) await page.fill('#field-password', canary);
        const skip = page.locator('button[name=_skip]');
        await submit(page, (await skip.count()) > 0 ? 'button[name=_skip]' : undefined);
        expect(await page.content()).not.toContain(canary);
      }
      await submit(page);
      expect(pathOf(page)).toBe('/setup/progress');
      expect(keeper.ordered()).toEqual(['start --no-block hearth-apply.service']);
      keeper.logEvents(
        { type: 'runStarted', steps: [{ id: 'a.step', title: 'Naming', seconds: 1 }] },
        { type: 'stepStarted', step: 'a.step' },
      );
      await page.getByText('Naming').waitFor();
      writeFileSync(keeper.paths.completeFile, '');
      keeper.logEvents({ type: 'stepFinished', step: 'a.step', seconds: 1 }, { type: 'runFinished' });
      await page.waitForURL(start);
      expect(await page.textContent('h1')).toBe('attic');
      expect(await page.content()).not.toContain(canary);
      expect((await page.goto(`${start}setup`))?.status()).toBe(410);
    } finally {
      server.closeAllConnections();
      server.close();
      await keeper.stop();
    }
  });
});

describe('mistakes', () => {
  it('get the focus on top, with links to their fields, and keep what was typed', async () => {
    const page = await openScene(sceneOf('question-error'));

    expect(await page.title()).toMatch(/^Error: /);
    expect(await page.evaluate('document.activeElement.className')).toBe('errors');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('field-name');
    expect(await page.inputValue('#field-name')).toBe('my server');
  });

  it('get the focus without scripts too', async () => {
    const page = await openScene(sceneOf('wrong-code'), { javaScriptEnabled: false });

    expect(await page.locator('.errors:focus').count()).toBe(1);
  });
});

describe('what the script adds', () => {
  it('takes the code out of the address', async () => {
    const page = await openPage();
    await page.goto(`http://${web.host}/#code=ACDE-FGHJ-KMNP`);

    expect(await page.inputValue('#field-code')).toBe('ACDE-FGHJ-KMNP');
    expect(page.url()).toBe(`http://${web.host}/`);
  });

  it('takes the one-time key of a login link out of the address, and it lets in', async () => {
    web.door.setPhase('complete');
    const page = await openPage();
    await page.goto(`http://${web.host}/login#link=one-time-key`);
    expect(page.url()).toBe(`http://${web.host}/login`);
    await submit(page, 'form[action="/login/link"] button');

    expect(await page.textContent('h1')).toBe('hearth');
  });

  it('shows a password and hides it again', async () => {
    const page = await openScene(sceneOf('question-password'));
    const button = page.getByRole('button', { name: 'Show: Password' });
    await page.fill('#field-password', 'five words');
    await button.click();
    expect(await page.getAttribute('#field-password', 'type')).toBe('text');
    expect(await button.getAttribute('aria-pressed')).toBe('true');
    await button.click();
    expect(await page.getAttribute('#field-password', 'type')).toBe('password');
  });

  it('hides a field that another answer makes needless', async () => {
    const page = await openScene(sceneOf('question-wifi'));
    expect(await page.isVisible('#field-password')).toBe(true);
    await page.check('input[name=security][value=open]');
    expect(await page.isVisible('#field-password')).toBe(false);
    await page.fill('#field-network', 'Café');
    await submit(page);
    expect(web.door.asked.find(({ name }) => name === 'save')?.ask['values']).toEqual({
      security: 'open',
      network: 'Café',
    });
  });

  it('chooses the time zone of the browser', async () => {
    const page = await openScene(sceneOf('question-time'));
    expect(await page.inputValue('#field-zone')).toBe('Europe/Berlin');
  });
});

describe('the language switch', () => {
  it.each([true, false])('comes back to the same page (scripts: %s)', async (javaScriptEnabled) => {
    const page = await openScene(sceneOf('question-name'), { javaScriptEnabled });
    await submit(page, 'button[lang=de]');

    expect(pathOf(page)).toBe('/setup/device');
    expect(await page.textContent('h1')).toBe('Wie soll das Gerät heißen?');
  });

  it('works in the window of the hotspot, without cookies', async () => {
    const page = await openScene(sceneOf('hotspot'), { javaScriptEnabled: false });
    await page.getByRole('link', { name: 'Deutsch' }).click();
    expect(await page.textContent('h1')).toBe('Das Gerät mit Ihrem WLAN verbinden');
    await submit(page);
    expect(await page.textContent('.errors h2')).toBe('Etwas stimmt noch nicht');
  });
});

describe('the progress', () => {
  it('moves by itself, shows a failure with what to do, and goes to the status page at the end', async () => {
    const page = await openScene(sceneOf('progress'));
    expect(await page.textContent('#percent')).toBe('31 % done');
    const nearly = [
      ...runningHappenings,
      { type: 'stepProgress', step: 'system.wifi', fraction: 0.9, note: 'Nearly there' } as const,
    ];
    web.door.eventLog = logOf(nearly);
    await page.getByText('Nearly there').waitFor();
    const failure = failedHappenings.slice(-2);
    web.door.eventLog = logOf([...nearly, ...failure.slice(0, 1)]);
    await page.getByText('did not accept the password').waitFor();
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    web.door.eventLog = logOf([...nearly, ...failure]);
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    expect(await page.textContent('.fail')).toContain('did not accept the password');
    await submit(page, 'form[action="/setup/skip-step"] button');
    expect(web.door.asked.find(({ name }) => name === 'skipStep')?.ask['step']).toBe('system.wifi');
    web.door.eventLog = logOf(finishedHappenings);
    web.door.setPhase('complete');
    await page.waitForURL(`http://${web.host}/`);
  });

  it('is the same after a reload, in a second tab and after the web process was started again', async () => {
    const page = await openScene(sceneOf('progress'));
    const other = await page.context().newPage();
    await other.goto(page.url());
    await page.reload();
    await web.restart();
    web.door.eventLog = logOf([
      ...runningHappenings,
      { type: 'stepFinished', step: 'system.wifi', seconds: 20 },
    ]);

    for (const tab of [page, other]) await tab.getByText('43 % done').waitFor();
  });

  it('says the new address when the device got another name', async () => {
    const page = await openScene(sceneOf('progress'));
    web.hostname = 'attic';
    web.door.eventLog = logOf([...runningHappenings, { type: 'runFinished' }]);
    await page.locator('#moved a').waitFor();

    expect(await page.getAttribute('#moved a', 'href')).toBe(`http://attic.local:${web.port}/`);
  });
});

describe('what the owner has told the browser', () => {
  it('stands still for people who want no movement', async () => {
    const moving = async (reducedMotion: 'reduce' | 'no-preference') => {
      const page = await openScene(sceneOf('restarting'), { reducedMotion });
      return await page.evaluate<string[]>(
        `[...document.querySelectorAll('*')].map((one) => getComputedStyle(one))
          .filter((style) => style.animationName !== 'none' || style.transitionDuration !== '0s').map(String)`,
      );
    };

    expect(await moving('no-preference')).not.toEqual([]);
    expect(await moving('reduce')).toEqual([]);
  });

  it.each(['progress', 'status'])('has visible borders in colours of their own: %s', async (name) => {
    const page = await openScene(sceneOf(name), { forcedColors: 'active' });
    const borders = await page.evaluate<string[]>(
      `[...document.querySelectorAll('.card, .button, .state, progress')].map((one) => getComputedStyle(one).borderTopStyle)`,
    );

    expect(borders.length).toBeGreaterThan(2);
    expect(new Set(borders)).toEqual(new Set(['solid']));
    expect(await axeViolations(page)).toEqual([]);
  });
});

describe('while the device restarts', () => {
  it('the page waits and comes back', async () => {
    const page = await openScene(sceneOf('restarting'));
    const { port } = web;
    expect(await page.textContent('h1')).toBe('The device restarts');
    await web.pause(5_000);
    expect(web.port).toBe(port);
    await page.getByRole('heading', { level: 1, name: 'hearth' }).waitFor();
  });
});
