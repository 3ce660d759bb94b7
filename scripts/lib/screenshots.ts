import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import type { Topic } from '../../stages/90-first-boot/agent/setup/define.ts';
import { startChromium } from '../../test/helpers/chromium.ts';
import { FakeDoor } from '../../test/stages/90-first-boot/web/fake-door.ts';
import { scenes as pageScenes, type Scene } from '../../test/stages/90-first-boot/web/scenes.ts';
import { type FakeWeb, startFakeWeb } from '../../test/stages/90-first-boot/web/web-server.ts';
import { gallery } from './screenshots/gallery.ts';
import { type Look, looksOf, pictureName } from './screenshots/looks.ts';
import { inRealWords, stageTopics } from './screenshots/real-words.ts';
import { smallPng } from './screenshots/small-png.ts';
import { laterScenes, stageScenes } from './screenshots/stage-scenes.ts';

const help = `scripts/screenshots: renders every page of the setup and status page with sample data.

  --only NAME      only this page; may be given more than once. The gallery stays as it is.
  --out FOLDER     where the pictures go (default docs/images/setup-page)
  --all            every page in both languages, not only some

Phone (360 px) and desk (1280 px), light and dark, English and for some pages German. Writes docs/setup-page.md, too.
Needs Chromium: sudo apt-get install chromium

Examples:
  scripts/screenshots
  scripts/screenshots --only welcome --out /tmp/pictures
`;

const lastQuestion = pageScenes.findLastIndex(({ name }) => name.startsWith('question-'));
const lastStatus = pageScenes.findLastIndex(({ name }) => name.startsWith('status')) + 1;
const scenes = pageScenes.toSpliced(lastStatus, 0, ...laterScenes).toSpliced(lastQuestion, 0, ...stageScenes);
const docs = `${import.meta.dirname}/../../docs`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    out: { type: 'string', default: `${docs}/images/setup-page` },
    all: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

async function main(): Promise<void> {
  const wanted = scenes.filter(({ name }) => values.only?.includes(name) !== false);
  if (wanted.length === 0)
    throw new Error(`no such page; there are: ${scenes.map(({ name }) => name).join(', ')}`);
  await mkdir(values.out, { recursive: true });
  if (values.only === undefined) await removePictures(values.out);
  const browser = await startChromium();
  const topics = await stageTopics();
  await using web = await startFakeWeb(topics);
  let sizeBytes = 0;
  try {
    for (const scene of wanted)
      for (const look of looksOf(scene.name, values.all)) {
        const picture = smallPng(await takePicture({ browser, web, topics }, scene, look));
        sizeBytes += picture.length;
        await writeFile(join(values.out, pictureName(scene.name, look)), picture);
      }
  } finally {
    await browser.close();
  }
  if (values.only === undefined && !values.all) await writeFile(`${docs}/setup-page.md`, gallery(scenes));
  process.stdout.write(
    `${wanted.length} pages, ${Math.round(sizeBytes / 1000)} kB of pictures in ${values.out}\n`,
  );
}

interface Studio {
  readonly browser: Browser;
  readonly web: FakeWeb;
  readonly topics: readonly Topic[];
}

async function takePicture({ browser, web, topics }: Studio, scene: Scene, look: Look): Promise<Buffer> {
  web.door = new FakeDoor();
  const samples = new Set(web.door.topics.map(({ id }) => id));
  web.door.topics = await inRealWords(web.door.topics, topics);
  const { path, token } = scene.arrange(web);
  // There are no sample answers to them.
  for (const { id, state } of web.door.topics)
    if (state === 'answered' && !samples.has(id)) web.door.change(id, { state: 'skipped' });
  const context = await browser.newContext({
    viewport: { width: look.width, height: look.width < 800 ? 640 : 720 },
    colorScheme: look.colours,
    locale: look.language,
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
  });
  try {
    if (token !== undefined)
      await context.addCookies([{ name: 'hearth', value: token, url: `http://${web.host}` }]);
    const page = await context.newPage();
    await page.goto(`http://${web.host}${path}`);
    await scene.act?.(page);
    // The progress comes as an event.
    await page.waitForTimeout(250);
    return await page.screenshot({ fullPage: true });
  } finally {
    await context.close();
  }
}

async function removePictures(folder: string): Promise<void> {
  const old = (await readdir(folder)).filter((name) => name.endsWith('.png'));
  await Promise.all(old.map((name) => rm(join(folder, name))));
}

if (values.help) process.stdout.write(help);
else await main();
