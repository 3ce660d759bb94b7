import { setSetting } from './accounts.mjs';
import { openDatabase, openRedis } from './connect.mjs';
import { readEnvironment } from './environment.mjs';
import { literal } from './postgres.mjs';
import { log, refuse } from './refuse.mjs';
import { note } from './tootctl.mjs';

const states = ['idle', 'pending', 'accepted', 'rejected'];
const settings = [
  'registrations_mode',
  'media_cache_retention_period',
  'content_cache_retention_period',
  'backups_retention_period',
  'site_title',
  'site_contact_email',
  'site_contact_username',
];

/** The Ruby that is understood here: what it must say, and what it does then. */
const codes = [
  { name: 'settings', says: /Setting\[name\] = value/, reads: ['MASTODON_SETTINGS'], run: setSettings },
  {
    name: 'relay add',
    says: /^relay = Relay\.find_or_create_by!\(inbox_url: ENV\.fetch\('RELAY'\)\); relay\.enable!/,
    reads: ['RELAY'],
    run: addRelay,
  },
  {
    name: 'relay remove',
    says: /^Relay\.where\(inbox_url: ENV\.fetch\('RELAY'\)\)\.each\(&:destroy!\)$/,
    reads: ['RELAY'],
    run: removeRelay,
  },
  { name: 'relay list', says: /^puts Relay\.order\(:id\)\.map .*\.to_json$/, reads: [], run: listRelays },
  {
    name: 'outgoing',
    says: /FetchRemoteAccountService\.new\.call\(ENV\.fetch\('REMOTE'\)/,
    reads: ['REMOTE'],
    run: fetchAccount,
  },
];

/** `bin/rails runner CODE` */
export async function runRunner(args) {
  const [code, more] = args;
  if (code === undefined || more !== undefined) refuse('rails runner: one text of Ruby');
  const found =
    codes.find(({ says }) => says.test(code)) ?? refuse(`SyntaxError: this Ruby is not known here: ${code}`);
  const asked = [...code.matchAll(/ENV(?:\.fetch\(|\[)['"]([A-Z_]+)['"]/g)].map(([, name]) => name);
  if (asked.join() !== found.reads.join())
    refuse(`it reads ${asked.join(', ') || 'nothing'} of the environment, not ${found.reads.join(', ')}`);
  const env = readEnvironment('rails', { allowed: asked });
  for (const name of asked) if (env[name] === undefined) refuse(`KeyError: key not found: "${name}"`);
  const database = await openDatabase(env);
  await note(env, `runner ${found.name}`);
  await found.run(database, env);
  database.close();
  process.exit(0);
}

async function setSettings(database, env) {
  for (const [name, value] of Object.entries(JSON.parse(env.MASTODON_SETTINGS))) {
    if (!settings.includes(name)) refuse(`NoMethodError: there is no setting ${name}`);
    if (value === null) await database.query(`DELETE FROM settings WHERE var = ${literal(name)}`);
    else await setSetting(database, name, String(value));
  }
}

async function addRelay(database, env) {
  const url = literal(
    /^https:\/\/\S+$/.test(env.RELAY)
      ? env.RELAY
      : refuse('ActiveRecord::RecordInvalid: inbox_url is invalid'),
  );
  const rows = await database.query(
    `INSERT INTO relays (inbox_url) VALUES (${url}) ON CONFLICT DO NOTHING RETURNING id`,
  );
  const [{ state }] = await database.query(`SELECT state FROM relays WHERE inbox_url = ${url}`);
  if (['1', '2'].includes(state)) return;
  await database.query(`UPDATE relays SET state = 1, follow_activity_id = 'follow' WHERE inbox_url = ${url}`);
  const redis = await openRedis(env);
  const job = {
    class: 'ActivityPub::DeliveryWorker',
    args: [env.RELAY],
    jid: `relay${rows.length}`,
    queue: 'push',
    enqueued_at: Date.now(),
    created_at: Date.now(),
  };
  await redis.ask('SADD', 'queues', 'push');
  await redis.ask('LPUSH', 'queue:push', JSON.stringify(job));
  redis.close();
}

async function removeRelay(database, env) {
  await database.query(`DELETE FROM relays WHERE inbox_url = ${literal(env.RELAY)}`);
}

async function listRelays(database) {
  const rows = await database.query('SELECT inbox_url, state FROM relays ORDER BY id');
  log(JSON.stringify(rows.map(({ inbox_url: url, state }) => ({ url, state: states[Number(state)] }))));
}

/** There is no Internet here; the address tells which account it would be. */
async function fetchAccount(_database, env) {
  const { hostname, pathname } = new URL(env.REMOTE);
  log(JSON.stringify({ account: `${pathname.split('/').at(-1)}@${hostname}` }));
}
