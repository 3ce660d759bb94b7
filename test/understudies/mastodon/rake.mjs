import { connected } from './connect.mjs';
import { readEnvironment, release, sealOf } from './environment.mjs';
import { log, refuse } from './refuse.mjs';
import { isPrepared, loadSchema, migrate, sealInDatabase, seed } from './schema.mjs';

/** `rake db:prepare` and `rake db:migrate`: straight to PostgreSQL only. */
export async function runRake(tasks) {
  const [task, more] = tasks;
  if (!['db:prepare', 'db:migrate'].includes(task) || more !== undefined)
    refuse(`rake ${tasks.join(' ')}: not known here`);
  const env = readEnvironment('rails');
  const database = await connected(env);
  if (await database.isPooled())
    refuse(
      'ActiveRecord::ConcurrentMigrationError: the lock of the migrations was lost: this goes through a pooler',
    );
  const [{ locked }] = await database.query('SELECT pg_try_advisory_lock(4711) AS locked');
  if (locked !== 't') refuse('ActiveRecord::ConcurrentMigrationError: another one is running');
  if (task === 'db:prepare') await prepare(database, env);
  else await migrateOnly(database, env);
  database.close();
  process.exit(0);
}

async function prepare(database, env) {
  const isNew = !(await isPrepared(database));
  const versions = [...release.before, ...release.after];
  if (isNew) await loadSchema(database, { seal: sealOf(env), versions, slowMs: release.slowMs });
  else await migrate(database, versions, release);
  await seed(database);
  log(isNew ? 'created the database' : 'the database is prepared');
}

async function migrateOnly(database, env) {
  if (!(await isPrepared(database)))
    refuse('the database has no tables, and OTP_SECRET is not set: run db:prepare');
  if ((await sealInDatabase(database)) !== sealOf(env))
    refuse('the keys are not those that this database was made with');
  const isHalf = env.SKIP_POST_DEPLOYMENT_MIGRATIONS === 'true';
  await migrate(database, isHalf ? release.before : [...release.before, ...release.after], release);
}
