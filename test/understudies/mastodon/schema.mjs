import { randomBytes } from 'node:crypto';
import { literal } from './postgres.mjs';
import { log, sleep } from './refuse.mjs';

const tables = `
  CREATE TABLE schema_migrations (version varchar PRIMARY KEY);
  CREATE TABLE user_roles (id bigserial PRIMARY KEY, name text UNIQUE NOT NULL);
  CREATE TABLE accounts (id bigserial PRIMARY KEY, username text NOT NULL, domain text, actor_type text NOT NULL DEFAULT 'Person',
    public_key text NOT NULL DEFAULT '', created_at timestamptz NOT NULL DEFAULT now());
  CREATE UNIQUE INDEX index_accounts_on_username_and_domain_lower ON accounts (lower(username), coalesce(lower(domain), ''));
  CREATE TABLE users (id bigserial PRIMARY KEY, account_id bigint UNIQUE NOT NULL REFERENCES accounts ON DELETE CASCADE,
    email text UNIQUE NOT NULL, encrypted_password text NOT NULL, role_id bigint REFERENCES user_roles,
    confirmed_at timestamptz, approved boolean NOT NULL DEFAULT true, disabled boolean NOT NULL DEFAULT false, otp_secret text);
  CREATE TABLE settings (id bigserial PRIMARY KEY, var text UNIQUE NOT NULL, value text);
  CREATE TABLE relays (id bigserial PRIMARY KEY, inbox_url text UNIQUE NOT NULL, follow_activity_id text,
    state integer NOT NULL DEFAULT 0, created_at timestamptz NOT NULL DEFAULT now());
  CREATE TABLE statuses (id bigserial PRIMARY KEY, account_id bigint NOT NULL REFERENCES accounts, text text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now());
  CREATE TABLE media_attachments (id bigserial PRIMARY KEY, file_file_name text NOT NULL, file_file_size bigint NOT NULL,
    remote_url text NOT NULL DEFAULT '', created_at timestamptz NOT NULL DEFAULT now());
  CREATE TABLE oauth_applications (id bigserial PRIMARY KEY, name text UNIQUE NOT NULL, uid text NOT NULL);
  CREATE TABLE understudy (name text PRIMARY KEY, value text NOT NULL);
`;

export async function isPrepared(database) {
  const [row] = await database.query("SELECT to_regclass('schema_migrations') IS NOT NULL AS there");
  return row.there === 't';
}

/** Versions of the migrations that were done. */
export async function applied(database) {
  const rows = await database.query('SELECT version FROM schema_migrations ORDER BY version');
  return rows.map(({ version }) => version);
}

/** Makes the tables, as at once: a start that was cut off leaves none. */
export async function loadSchema(database, { seal, versions, slowMs = 0 }) {
  await database.query('BEGIN');
  await database.query(tables);
  await sleep(slowMs);
  for (const version of versions)
    await database.query(`INSERT INTO schema_migrations VALUES (${literal(version)})`);
  await database.query(`INSERT INTO understudy VALUES ('seal', ${literal(seal)})`);
  await database.query('COMMIT');
  log('loaded the schema');
}

/** The roles, the app of the pages and the actor of the instance. May run twice. */
export async function seed(database) {
  for (const name of ['Owner', 'Admin', 'Moderator'])
    await database.query(`INSERT INTO user_roles (name) VALUES (${literal(name)}) ON CONFLICT DO NOTHING`);
  await database.query(
    `INSERT INTO oauth_applications (name, uid) VALUES ('Web', ${literal(randomBytes(8).toString('hex'))}) ON CONFLICT DO NOTHING`,
  );
  const actor = "SELECT 1 FROM accounts WHERE actor_type = 'Application'";
  await database.query(
    `INSERT INTO accounts (username, actor_type) SELECT 'mastodon.internal', 'Application' WHERE NOT EXISTS (${actor})`,
  );
}

/** Does what is not done yet, each by itself. */
export async function migrate(database, versions, { fails, slowMs = 0 }) {
  const done = await applied(database);
  for (const version of versions) {
    if (done.includes(version)) continue;
    log(`== ${version}: migrating`);
    await database.query('BEGIN');
    await database.query(`INSERT INTO schema_migrations VALUES (${literal(version)})`);
    await sleep(slowMs);
    if (fails === version) await database.query('SELECT 1 / 0');
    await database.query('COMMIT');
    log(`== ${version}: migrated`);
  }
}

export async function sealInDatabase(database) {
  const [row] = await database.query("SELECT value FROM understudy WHERE name = 'seal'");
  return row?.value;
}
