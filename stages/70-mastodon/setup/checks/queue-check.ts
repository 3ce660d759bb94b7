import type { CheckResult } from '../../../90-first-boot/agent/setup/define.ts';
import { type QueuesState, readQueues } from '../sidekiq/queues.ts';
import { ValkeyError, ValkeyFailure } from '../sidekiq/valkey.ts';
import { bad, good, warning } from './edge-texts.ts';
import { readServices } from './facts.ts';
import type { MastodonCheck } from './scene.ts';

/** The queues that somebody waits for. The others may take their time. */
const promptQueues: readonly string[] = ['default', 'push', 'ingress'];
const promptSeconds = 60;
const patientSeconds = 3_600;
const manyDead = 20;
/** A fault of here, not of some servers that are gone: more than a third, of a number that says something. */
const manyFailed = 100;
const failedShare = 1 / 3;
const manyRetries = 2_000;

/** 12: somebody does the work in the background, in time. */
export const queueCheck: MastodonCheck = {
  id: 'mastodon.queues',
  title: { en: 'Mastodon: work in the background', de: 'Mastodon: Arbeit im Hintergrund' },
  look: async ({ device, world }) => {
    const services = readServices(device);
    if (services === undefined) return noValkey;
    const { port, password } = services.valkey;
    try {
      return judge(await readQueues({ port, password, timeoutMs: 5_000 }, world.nowMs()));
    } catch (error) {
      if (error instanceof ValkeyFailure && error.reason === 'refused') return refused;
      if (error instanceof ValkeyFailure || error instanceof ValkeyError) return noValkey;
      throw error;
    }
  },
};

function judge(state: QueuesState): CheckResult {
  const { processes, unserved, queues } = state;
  if (processes.length === 0) return nobody;
  if (unserved.length > 0) return missing(unserved.join(', '));
  const late = queues.find(({ name, latencySeconds }) => latencySeconds > limitOf(name));
  if (late !== undefined) return slow(late.name, late.latencySeconds, late.size);
  if (state.deadLastDay > manyDead) return givenUp(state.deadLastDay);
  if (state.failedToday > manyFailed && state.failedToday > state.doneToday * failedShare)
    return failing(state.failedToday, state.doneToday);
  if (state.retries > manyRetries) return manyTries(state.retries);
  const waiting = queues.reduce((sum, { size }) => sum + size, 0);
  return good({
    en: `All seven queues are served. Jobs that wait: ${waiting}, to be tried again: ${state.retries}.`,
    de: `Alle sieben Warteschlangen werden bearbeitet. Wartende Aufträge: ${waiting}, neu zu versuchen: ${state.retries}.`,
  });
}

function limitOf(queue: string): number {
  return promptQueues.includes(queue) ? promptSeconds : patientSeconds;
}

const status = {
  en: 'Wait some minutes. If it stays so, "hearthctl mastodon status" tells which part does not run.',
  de: 'Warten Sie einige Minuten. Bleibt es so, sagt „hearthctl mastodon status“, welcher Teil nicht läuft.',
};

const noValkey: CheckResult = bad(
  {
    en: 'The store of the queues (Valkey) does not answer.',
    de: 'Der Speicher der Warteschlangen (Valkey) antwortet nicht.',
  },
  {
    en: 'See that there is room on the disk, and restart the device. "journalctl -u valkey-server" tells more.',
    de: 'Prüfen Sie, ob auf dem Datenträger Platz ist, und starten Sie das Gerät neu. „journalctl -u valkey-server“ sagt mehr.',
  },
);

const refused: CheckResult = bad(
  {
    en: 'The store of the queues (Valkey) refuses the password of this device.',
    de: 'Der Speicher der Warteschlangen (Valkey) lehnt das Passwort dieses Geräts ab.',
  },
  {
    en: 'Run: hearthctl mastodon apply. If it stays so, restart the device.',
    de: 'Führen Sie aus: hearthctl mastodon apply. Bleibt es so, starten Sie das Gerät neu.',
  },
);

const nobody: CheckResult = bad(
  {
    en: 'Nobody does the work in the background: posts are not sent, and none arrive.',
    de: 'Niemand erledigt die Arbeit im Hintergrund: Beiträge werden nicht verschickt, und es kommen keine an.',
  },
  status,
);

function missing(names: string): CheckResult {
  return bad(
    {
      en: `Nobody works on these queues: ${names}.`,
      de: `Diese Warteschlangen bearbeitet niemand: ${names}.`,
    },
    status,
  );
}

function slow(name: string, seconds: number, size: number): CheckResult {
  const minutes = Math.ceil(seconds / 60);
  return warning(
    {
      en: `The queue ${name} is behind: ${size} jobs wait, the oldest for ${minutes} minutes.`,
      de: `Die Warteschlange ${name} hängt nach: ${size} Aufträge warten, der älteste seit ${minutes} Minuten.`,
    },
    {
      en: 'After a restart or a popular post this passes by itself. If it stays so, remove relays (hearthctl mastodon relay list), or use a device with more memory.',
      de: 'Nach einem Neustart oder einem beliebten Beitrag vergeht das von selbst. Bleibt es so, entfernen Sie Relays (hearthctl mastodon relay list), oder nehmen Sie ein Gerät mit mehr Speicher.',
    },
  );
}

const web = {
  en: 'Sign in to Mastodon as its owner and open /sidekiq: it shows the jobs and their errors.',
  de: 'Melden Sie sich bei Mastodon als Eigentümer an und öffnen Sie /sidekiq: Dort stehen die Aufträge und ihre Fehler.',
};

function givenUp(count: number): CheckResult {
  return warning(
    {
      en: `In the last 24 hours ${count} jobs were given up.`,
      de: `In den letzten 24 Stunden wurden ${count} Aufträge aufgegeben.`,
    },
    web,
  );
}

function failing(failed: number, done: number): CheckResult {
  return warning(
    {
      en: `Many jobs fail: ${failed} of ${done} today.`,
      de: `Viele Aufträge scheitern: heute ${failed} von ${done}.`,
    },
    web,
  );
}

function manyTries(count: number): CheckResult {
  return warning(
    {
      en: `${count} jobs failed and will be tried again. Some always do, because some servers are gone; these are many.`,
      de: `${count} Aufträge sind gescheitert und werden neu versucht. Einige sind es immer, weil manche Server verschwunden sind; das sind viele.`,
    },
    web,
  );
}
