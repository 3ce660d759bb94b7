import type { CheckResult } from '../../../90-first-boot/agent/setup/define.ts';
import { bad, good, warning } from './edge-texts.ts';
import { readServices } from './facts.ts';
import { list, record, text } from './json.ts';
import type { MastodonCheck } from './scene.ts';

/** Not the one in /usr/bin: that asks Debian's cluster files, which this device does not have. */
const psql = '/usr/lib/postgresql/17/bin/psql';
const query = 'SELECT inbox_url, state FROM relays ORDER BY id';
/** As Mastodon's model numbers them. */
const states = ['idle', 'pending', 'accepted', 'rejected'] as const;

/**
 * 13: the relays have accepted this server. Asks the database itself, as its administrator by the socket: starting Rails
 * for it would take half a minute.
 */
export const relayCheck: MastodonCheck = {
  id: 'mastodon.relays',
  title: { en: 'Mastodon: relays', de: 'Mastodon: Relays' },
  look: async ({ device }) => {
    const postgres = readServices(device)?.postgres;
    if (postgres === undefined) return noDatabase;
    const { exitCode, stdout } = await device.run(
      psql,
      [
        ...['--no-psqlrc', '--no-password', '--tuples-only', '--no-align', '--set=ON_ERROR_STOP=1'],
        ...['--host=/run/postgresql', `--port=${postgres.port}`, '--username=postgres'],
        `--dbname=${postgres.database}`,
        `--command=SELECT coalesce(json_agg(relay), '[]') FROM (${query}) AS relay`,
      ],
      { timeoutMs: 8_000 },
    );
    const relays = exitCode === 0 ? relaysIn(stdout) : undefined;
    return relays === undefined ? noDatabase : judge(relays);
  },
};

interface Relay {
  readonly host: string;
  readonly state: (typeof states)[number] | undefined;
}

function relaysIn(json: string): readonly Relay[] | undefined {
  try {
    return list(JSON.parse(json)).map((row) => {
      const { inbox_url: url, state } = record(row);
      const host = URL.canParse(text(url)) ? new URL(text(url)).host : text(url);
      return { host, state: states[Number(state)] };
    });
  } catch {
    return undefined;
  }
}

function judge(relays: readonly Relay[]): CheckResult {
  const inState = (state: Relay['state']) =>
    relays
      .filter((relay) => relay.state === state)
      .map(({ host }) => host)
      .join(', ');
  if (inState('rejected') !== '') return rejected(inState('rejected'));
  if (inState('pending') !== '') return pending(inState('pending'));
  const count = relays.filter(({ state }) => state === 'accepted').length;
  if (count === 0) return good({ en: 'No relay is in use.', de: 'Es wird kein Relay benutzt.' });
  return good({
    en: `All relays have accepted this server: ${inState('accepted')}.`,
    de: `Alle Relays haben diesen Server angenommen: ${inState('accepted')}.`,
  });
}

const noDatabase: CheckResult = bad(
  {
    en: 'The database of Mastodon could not be asked.',
    de: 'Die Datenbank von Mastodon konnte nicht gefragt werden.',
  },
  {
    en: 'See that there is room on the disk, and wait until Mastodon is set up. If it stays so, restart the device.',
    de: 'Prüfen Sie, ob auf dem Datenträger Platz ist, und warten Sie, bis Mastodon eingerichtet ist. Bleibt es so, starten Sie das Gerät neu.',
  },
);

function rejected(hosts: string): CheckResult {
  return warning(
    {
      en: `These relays have refused this server: ${hosts}.`,
      de: `Diese Relays haben diesen Server abgelehnt: ${hosts}.`,
    },
    {
      en: 'Remove them (hearthctl mastodon relay remove URL), or ask who runs them. Some take no new servers.',
      de: 'Entfernen Sie sie (hearthctl mastodon relay remove URL), oder fragen Sie die Betreiber. Manche nehmen keine neuen Server auf.',
    },
  );
}

function pending(hosts: string): CheckResult {
  return warning(
    {
      en: `These relays have not answered yet: ${hosts}.`,
      de: `Diese Relays haben noch nicht geantwortet: ${hosts}.`,
    },
    {
      en: 'An answer takes minutes, or a day if a person decides. If none comes, see that the checks of the inbox and of accounts are good, then remove the relay and add it again.',
      de: 'Eine Antwort dauert Minuten, oder einen Tag, wenn ein Mensch entscheidet. Kommt keine, sorgen Sie dafür, dass die Prüfungen zu Nachrichten und Konten gut sind, entfernen Sie das Relay und fügen Sie es neu hinzu.',
    },
  );
}
