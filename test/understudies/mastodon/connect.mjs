import { release, sealOf } from './environment.mjs';
import { Postgres } from './postgres.mjs';
import { Redis } from './redis.mjs';
import { log, Refusal, refuse, sleep } from './refuse.mjs';
import { applied, isPrepared, sealInDatabase } from './schema.mjs';

const patienceMs = 120_000;

/** The database as all processes but migrations want it. Refuses one whose schema or keys are not those of this release. */
export async function openDatabase(env) {
  const database = await connected(env);
  if (!(await isPrepared(database))) refuse('the database has no tables: run rake db:prepare');
  await checkSchema(database);
  const seal = await sealInDatabase(database);
  if (seal !== sealOf(env))
    refuse(
      'ActiveRecord::Encryption::Errors::Decryption: the keys or domains are not those that this database was made with',
    );
  await checkPooling(database, env);
  return database;
}

/** A connection; waits while nobody is there, and not for who says no. */
export async function connected(env) {
  return await patiently(
    'PostgreSQL',
    async () =>
      await Postgres.connect({
        ...{
          host: env.DB_HOST,
          port: env.DB_PORT,
          database: env.DB_NAME,
          user: env.DB_USER,
          password: env.DB_PASS,
        },
        sslmode: env.DB_SSLMODE ?? 'prefer',
      }),
  );
}

export async function openRedis(env) {
  return await patiently(
    'Valkey',
    async () =>
      await Redis.connect({
        host: env.REDIS_HOST,
        port: env.REDIS_PORT,
        password: env.REDIS_PASSWORD,
        user: env.REDIS_USER,
      }),
  );
}

async function patiently(what, connect) {
  const until = Date.now() + patienceMs;
  for (;;) {
    try {
      return await connect();
    } catch (error) {
      if (!isPassing(error) || Date.now() > until) throw error;
      log(`${what}: ${error.message}; trying again`);
      await sleep(2_000);
    }
  }
}

/** Nobody listens, or PostgreSQL is starting or stopping. */
function isPassing(error) {
  if (/authentication failed|no such user|password/i.test(error.message)) return false;
  return !(error instanceof Refusal) || ['57P03', '57P01', '53300', '08P01'].includes(error.code);
}

async function checkSchema(database) {
  const done = await applied(database);
  const pending = release.before.filter((version) => !done.includes(version));
  if (pending.length > 0) refuse(`ActiveRecord::PendingMigrationError: ${pending.join(', ')}`);
  const known = [...release.before, ...release.after];
  const later = done.filter((version) => !known.includes(version) && !release.tolerates.includes(version));
  if (later.length > 0)
    refuse(`PG::UndefinedColumn: ${later.join(', ')} of a newer release took away what this one reads`);
}

/** Statements that stay with a connection are lost when a pooler hands out another one; it may take one from nobody. */
async function checkPooling(database, env) {
  const isPooled = await database.isPooled();
  if (!isPooled) log('this connection goes straight to PostgreSQL');
  if (env.PREPARED_STATEMENTS === 'false') return;
  await database.prepare('a1', 'SELECT 1');
  await database.execute('a1');
  if (isPooled)
    refuse('PG::InvalidSqlStatementName: PREPARED_STATEMENTS is not false, and there is a pooler');
}
