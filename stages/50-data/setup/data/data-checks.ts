import type { DeviceLook } from '../../../90-first-boot/agent/device/door.ts';
import type { CheckResult, DoctorCheck } from '../../../90-first-boot/agent/setup/define.ts';
import type { LocalText } from '../../../90-first-boot/agent/text/local-text.ts';
import { readRecord } from './data-record.ts';
import { freeMebibytes } from './hardware.ts';
import { fullMark, postgresPrograms, switchFile, units } from './places.ts';
import { asPostgres } from './psql.ts';

const good = (en: string, de: string): CheckResult => ({ state: 'good', meaning: { en, de } });
const notSetUp = good(
  'Mastodon is not set up on this device.',
  'Auf diesem Gerät ist Mastodon nicht eingerichtet.',
);

/** PostgreSQL runs and answers a question. */
export const postgresCheck = check('postgres', { en: 'Database', de: 'Datenbank' }, async (device) => {
  const database = readRecord(device)?.postgres.database ?? 'postgres';
  const answer = await device.run(
    `${postgresPrograms}/psql`,
    ['-X', '-A', '-t', ...asPostgres, `--dbname=${database}`, '--command=SELECT 1'],
    { timeoutMs: 10_000, env: { PGCONNECT_TIMEOUT: '5' } },
  );
  if (answer.exitCode === 0 && answer.stdout.trim() === '1')
    return good('PostgreSQL runs and answers.', 'PostgreSQL läuft und antwortet.');
  if (/starting up|recovery|not yet accepting/i.test(answer.stderr)) return recovers;
  if (/does not exist/i.test(answer.stderr)) return unfinished;
  return down(units.postgres);
});

/** PgBouncer runs and asks for a login. */
export const poolCheck = check(
  'pool',
  { en: 'Database: connections', de: 'Datenbank: Verbindungen' },
  async (device) => {
    const port = readRecord(device)?.pgbouncer.port ?? 6432;
    const answer = await device.run(
      `${postgresPrograms}/pg_isready`,
      ['--host=127.0.0.1', `--port=${port}`, '--timeout=5'],
      { timeoutMs: 10_000 },
    );
    return answer.exitCode === 0
      ? good('PgBouncer runs and answers.', 'PgBouncer läuft und antwortet.')
      : down(units.pool);
  },
);

/** Valkey runs, and takes what is written. */
export const valkeyCheck = check('valkey', { en: 'Queues', de: 'Warteschlangen' }, async (device) => {
  const record = readRecord(device)?.valkey;
  const answer = await device.run(
    'valkey-cli',
    ['-h', '127.0.0.1', '-p', String(record?.port ?? 6379), '--no-auth-warning'],
    { input: `AUTH ${record?.password ?? ''}\nINFO persistence\nINFO memory\n`, timeoutMs: 10_000 },
  );
  const fields = new Map(answer.stdout.split(/\r?\n/).map((line) => line.split(':', 2) as [string, string]));
  if (!fields.has('used_memory')) return down(units.valkey);
  if (fields.get('aof_last_write_status') !== 'ok') return cannotWrite;
  const share = Number(fields.get('used_memory')) / Number(fields.get('maxmemory'));
  return share < 0.8 ? good('Valkey runs and has room.', 'Valkey läuft und hat Platz.') : crowded;
});

/** There is room for data. */
export const roomCheck = check('room', { en: 'Room for data', de: 'Platz für Daten' }, async (device) => {
  if (device.read(fullMark) !== undefined) return stopped;
  const free = await freeMebibytes(device);
  if (free === undefined || free >= 2_048) return good('There is room for data.', 'Es ist Platz für Daten.');
  return {
    state: 'warning',
    meaning: { en: `Only ${free} MB are left for data.`, de: `Für Daten sind nur noch ${free} MB frei.` },
    todo: makeRoom,
  };
});

function check(
  name: string,
  title: LocalText,
  look: (device: DeviceLook) => Promise<CheckResult>,
): DoctorCheck {
  return {
    id: `data.${name}`,
    title,
    run: async (device) => {
      if (device.read(switchFile) === undefined) return notSetUp;
      return device.read(fullMark) === undefined || name === 'room' ? await look(device) : stopped;
    },
  };
}

const makeRoom = {
  en: 'Make room: remove files that you do not need, or keep media for fewer days.',
  de: 'Schaffen Sie Platz: Entfernen Sie Dateien, die Sie nicht brauchen, oder bewahren Sie Medien kürzer auf.',
} as const;

const stopped: CheckResult = {
  state: 'bad',
  meaning: {
    en: 'The disk is nearly full. The database has been stopped, so that nothing is damaged.',
    de: 'Der Datenträger ist fast voll. Die Datenbank wurde angehalten, damit nichts beschädigt wird.',
  },
  todo: {
    en: `${makeRoom.en} From 512 MB on, it starts again by itself.`,
    de: `${makeRoom.de} Ab 512 MB startet sie von selbst wieder.`,
  },
};

const recovers: CheckResult = {
  state: 'warning',
  meaning: {
    en: 'PostgreSQL is starting. After a power cut that takes some minutes.',
    de: 'PostgreSQL startet gerade. Nach einem Stromausfall dauert das einige Minuten.',
  },
  todo: {
    en: 'Wait some minutes, then look again.',
    de: 'Warten Sie einige Minuten und sehen Sie dann wieder nach.',
  },
};

const unfinished: CheckResult = {
  state: 'bad',
  meaning: { en: 'The database has not been made yet.', de: 'Die Datenbank ist noch nicht angelegt.' },
  todo: {
    en: 'Open the setup page and let it go on.',
    de: 'Öffnen Sie die Einrichtungsseite und lassen Sie sie weitermachen.',
  },
};

const cannotWrite: CheckResult = {
  state: 'bad',
  meaning: {
    en: 'Valkey can not write to the disk.',
    de: 'Valkey kann nicht auf den Datenträger schreiben.',
  },
  todo: {
    en: 'See that the disk has room and is not damaged, then restart the device.',
    de: 'Prüfen Sie, ob der Datenträger Platz hat und nicht beschädigt ist, und starten Sie das Gerät neu.',
  },
};

const crowded: CheckResult = {
  state: 'warning',
  meaning: {
    en: 'The queues are nearly full: more work comes in than the device can do.',
    de: 'Die Warteschlangen sind fast voll: Es kommt mehr Arbeit herein, als das Gerät schafft.',
  },
  todo: {
    en: '"sudo hearthctl mastodon queues" tells which one grows. Follow fewer relays.',
    de: '„sudo hearthctl mastodon queues“ sagt, welche wächst. Folgen Sie weniger Relays.',
  },
};

function down(unit: string): CheckResult {
  return {
    state: 'bad',
    meaning: { en: 'The service does not answer.', de: 'Der Dienst antwortet nicht.' },
    todo: {
      en: `Restart the device. If it stays so, "journalctl -u ${unit}" tells more.`,
      de: `Starten Sie das Gerät neu. Bleibt es so, sagt „journalctl -u ${unit}“ mehr.`,
    },
  };
}
