import { readFileSync } from 'node:fs';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

/** A page in a fresh window. `onStray` hears of requests to anywhere but `home`, and of errors in the page. */
export async function watchedPage(
  browser: Browser,
  options: BrowserContextOptions,
  { home, onStray }: { readonly home: () => string; readonly onStray: (what: string) => void },
): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin', ...options });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  page.on('request', (request) => {
    if (!request.url().startsWith(home())) onStray(request.url());
  });
  page.on('pageerror', (error) => onStray(`error in the page: ${error.message}`));
  return page;
}

/** Bytes on the wire with headers, as the browser counts them. */
export async function weigh(
  page: Page,
): Promise<() => { readonly bytes: number; readonly requests: number }> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  let bytes = 0;
  let requests = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
    requests += 1;
  });
  return () => ({ bytes, requests });
}

export async function answerEverything(page: Page): Promise<void> {
  for (let pages = 0; pathOf(page) !== '/setup' && pages < 10; pages += 1) {
    const path = pathOf(page);
    if (path === '/setup/device') await page.fill('#field-name', 'attic');
    if (path === '/setup/administrator') {
      await page.fill('#field-name', 'ada');
      await page.fill('#field-password', 'five words that only you');
    }
    if (path === '/setup/wifi') {
      await page.fill('#field-network', 'Home');
      await page.fill('#field-password', 'a secret of ours');
    }
    await submit(page);
  }
}

export async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    if ((await page.locator(`${selector}:focus`).count()) > 0) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the keyboard does not reach ${selector} on ${page.url()}`);
}

export async function enter(page: Page): Promise<void> {
  const loaded = page.waitForEvent('load');
  await page.keyboard.press('Enter');
  await loaded;
}

/** Presses a button and waits for the page that follows. */
export async function submit(page: Page, button = 'main form button:not([type=button])'): Promise<void> {
  const loaded = page.waitForEvent('load');
  await page.locator(button).first().click();
  await loaded;
}

/** The path in the address bar. */
export function pathOf(page: Page): string {
  return new URL(page.url()).pathname;
}

interface Measured {
  readonly scrollWidth: number;
  readonly lang: string | null;
  readonly zoom: string | null;
}

/** Runs in the page. */
export const measure = `({
  scrollWidth: document.documentElement.scrollWidth,
  lang: document.documentElement.lang,
  zoom: document.querySelector('meta[name=viewport]').content,
})` as unknown as () => Measured;

export async function measureWithoutScripts(page: Page): Promise<Measured> {
  const boxes = await page.locator('main, main *:visible, footer').all();
  const rights = await Promise.all(boxes.map(async (box) => await box.boundingBox()));
  return {
    scrollWidth: Math.max(...rights.map((box) => (box === null ? 0 : Math.floor(box.x + box.width)))),
    lang: await page.getAttribute('html', 'lang'),
    zoom: await page.getAttribute('meta[name=viewport]', 'content'),
  };
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
}

/** What axe finds wrong with the page as it is: WCAG 2.2 A and AA, and good practice. */
export async function axeViolations(page: Page): Promise<readonly string[]> {
  await page.evaluate(readFileSync('node_modules/axe-core/axe.min.js', 'utf8'));
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const { violations } = await page.evaluate<AxeResult>(
    `axe.run(document, { runOnly: { type: 'tag', values: ${JSON.stringify(tags)} } })`,
  );
  return violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`,
  );
}
