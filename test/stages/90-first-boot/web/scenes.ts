import type { Page } from 'playwright-core';
import {
  failedHappenings,
  finishedHappenings,
  logOf,
  runningHappenings,
  sampleHotspot,
  sampleStatus,
} from './sample-status.ts';
import type { FakeWeb } from './web-server.ts';

/** A page of the setup or status in one state, with sample data. */
export interface Scene {
  readonly name: string;
  /** What it shows, for the gallery. */
  readonly what: string;
  /** Brings a fresh door into the state. Gives where the page is, and the session if it needs one. */
  readonly arrange: (web: FakeWeb) => { readonly path: string; readonly token?: string };
  /** What the visitor does before the page is as it shall be. */
  readonly act?: (page: Page) => Promise<unknown>;
  /** The last answer is not 200. */
  readonly status?: number;
}

export const scenes: readonly Scene[] = [
  { name: 'welcome', what: 'The first page asks for the setup code', arrange: () => ({ path: '/' }) },
  {
    name: 'welcome-password',
    what: 'The same when Raspberry Pi Imager set a password',
    arrange: ({ door }) => {
      door.greeting = { ...door.greeting, acceptsPassword: true };
      return { path: '/' };
    },
  },
  {
    name: 'wrong-code',
    what: 'A wrong code',
    arrange: () => ({ path: '/' }),
    act: async (page) => {
      await page.fill('#field-code', 'AAAA-AAAA-AAAA');
      await submit(page, 'form[action="/claim"]');
    },
    status: 403,
  },
  {
    name: 'window-closed',
    what: 'The hour of the code is over',
    arrange: ({ door }) => {
      door.greeting = { ...door.greeting, windowSeconds: 0 };
      return { path: '/' };
    },
  },
  {
    name: 'elsewhere',
    what: 'The setup has begun in another browser',
    arrange: ({ door }) => {
      door.setPhase('asking');
      return { path: '/' };
    },
  },
  question('question-language', 'A choice', 'locale'),
  question('question-name', 'A text, with its help', 'device'),
  question('question-password', 'A password and a long text', 'administrator'),
  question('question-time', 'A long list; the browser’s time zone is chosen', 'time'),
  question('question-wifi', 'An optional question that can be skipped', 'wifi'),
  {
    ...question('question-error', 'What is wrong, on top and at the field', 'device'),
    act: async (page) => {
      await page.fill('#field-name', 'my server');
      await submit(page, '.card');
    },
    status: 422,
  },
  {
    name: 'check',
    what: 'All answers before anything is done',
    arrange: (web) => {
      const token = asking(web);
      web.door.answerAll();
      web.door.change('wifi', { state: 'skipped' });
      web.door.change('time', { from: 'card' });
      return { path: '/setup', token };
    },
  },
  progress('progress', 'What is being done', runningHappenings),
  progress('progress-failed', 'A step failed: why, and what to do', failedHappenings),
  progress('progress-finished', 'All done', finishedHappenings),
  {
    name: 'step-log',
    what: 'The log of a step',
    arrange: (web) => {
      const place = progress('', '', failedHappenings).arrange(web);
      web.door.stepLogText = 'nmcli connection up home\nError: Secrets were required, but not provided.\n';
      return { ...place, path: '/setup/log/system.wifi' };
    },
  },
  {
    name: 'login',
    what: 'Logging in after the setup',
    arrange: ({ door }) => {
      door.setPhase('complete');
      return { path: '/login' };
    },
  },
  {
    name: 'login-error',
    what: 'A wrong password',
    arrange: ({ door }) => {
      door.setPhase('complete');
      return { path: '/login' };
    },
    act: async (page) => {
      await page.fill('#field-name', 'ada');
      await page.fill('#field-password', 'wrong');
      await submit(page, 'form[action="/login"]');
    },
    status: 403,
  },
  {
    name: 'status',
    what: 'The status page',
    arrange: (web) => ({ path: '/', token: complete(web) }),
  },
  {
    name: 'status-attention',
    what: 'The status page when something needs attention',
    arrange: (web) => {
      const token = complete(web);
      const [first, ...others] = sampleStatus.services;
      const [disk] = sampleStatus.disks;
      if (first === undefined || disk === undefined) throw new Error('the sample has too little');
      web.door.statusView = {
        ...sampleStatus,
        isApplying: true,
        services: [{ ...first, state: 'failed' }, ...others],
        updates: { waiting: 3, needsRestart: true },
        disks: [
          {
            ...disk,
            freeBytes: 2_100_000_000,
            health: {
              state: 'warning',
              meaning: { en: 'Little space is left.', de: 'Der Platz wird knapp.' },
              todo: { en: 'Remove what you do not need.', de: 'Entfernen Sie, was Sie nicht brauchen.' },
            },
          },
        ],
      };
      return { path: '/', token };
    },
  },
  {
    name: 'change',
    what: 'Changing an answer later',
    arrange: (web) => ({ path: '/change/administrator', token: complete(web) }),
  },
  {
    name: 'doctor',
    what: 'What the doctor found',
    arrange: (web) => ({ path: '/doctor', token: complete(web) }),
  },
  {
    name: 'reset',
    what: 'Factory reset, with the device’s name typed',
    arrange: (web) => ({ path: '/reset', token: complete(web) }),
  },
  {
    name: 'restarting',
    what: 'While the device restarts',
    arrange: (web) => ({ path: '/', token: complete(web) }),
    act: async (page) => await submit(page, 'form[action="/restart"]'),
  },
  { name: 'hotspot', what: 'The one page of the setup hotspot', arrange: hotspot },
  {
    name: 'hotspot-failed',
    what: 'The hotspot is back, and says why',
    arrange: (web) => {
      const place = hotspot(web);
      web.door.greeting = {
        ...web.door.greeting,
        hotspot: { ...sampleHotspot, failure: { network: 'Home', reason: 'noInternet' } },
      };
      return place;
    },
  },
  {
    name: 'hotspot-joining',
    what: 'What to do while the device joins the Wi-Fi',
    arrange: hotspot,
    act: async (page) => {
      await page.fill('#field-code', 'ACDE-FGHJ-KMNP');
      await page.check('#field-network');
      await submit(page, 'form[action="/join"]');
    },
  },
  {
    name: 'setup-over',
    what: 'An address of the setup after the setup',
    arrange: ({ door }) => {
      door.setPhase('complete');
      return { path: '/setup' };
    },
    status: 410,
  },
  { name: 'not-found', what: 'No such page', arrange: () => ({ path: '/nothing' }), status: 404 },
];

/** The page of one topic. */
export function question(name: string, what: string, topic: string): Scene {
  return { name, what, arrange: (web) => ({ path: `/setup/${topic}`, token: asking(web) }) };
}

function progress(name: string, what: string, happenings: Parameters<typeof logOf>[0]): Scene {
  return {
    name,
    what,
    arrange: ({ door }) => {
      door.setPhase('applying');
      door.eventLog = logOf(happenings);
      return { path: '/setup/progress', token: door.openSession() };
    },
  };
}

function asking({ door }: FakeWeb): string {
  door.setPhase('asking');
  return door.openSession();
}

function complete({ door }: FakeWeb): string {
  door.setPhase('complete');
  door.answerAll();
  door.change('wifi', { state: 'skipped' });
  return door.openSession();
}

function hotspot({ door }: FakeWeb): { readonly path: string } {
  door.greeting = { ...door.greeting, hotspot: sampleHotspot };
  return { path: '/' };
}

async function submit(page: Page, form: string): Promise<void> {
  const loaded = page.waitForEvent('load');
  await page.click(`${form} button:not([type=button])`);
  await loaded;
}

/** The scene of that name. */
export function sceneOf(name: string): Scene {
  const scene = scenes.find((one) => one.name === name);
  if (scene === undefined) throw new Error(`no scene ${name}`);
  return scene;
}
