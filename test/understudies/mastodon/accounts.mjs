import { createHash, randomBytes } from 'node:crypto';
import { literal } from './postgres.mjs';

const fingerprint = (password) => createHash('sha256').update(password).digest('hex');

export const newPassword = () => randomBytes(16).toString('hex');

/** An account of this server, with its user and role; undefined if nobody is called so. */
export async function findAccount(database, name) {
  const [row] = await database.query(
    `SELECT a.id, a.username, a.created_at, u.email, u.approved, u.confirmed_at, r.name AS role FROM accounts a
     LEFT JOIN users u ON u.account_id = a.id LEFT JOIN user_roles r ON r.id = u.role_id
     WHERE a.domain IS NULL AND lower(a.username) = lower(${literal(name)})`,
  );
  return row;
}

export async function firstAccount(database) {
  const [row] = await database.query(
    "SELECT username FROM accounts WHERE domain IS NULL AND actor_type = 'Person' ORDER BY id LIMIT 1",
  );
  return row?.username;
}

/** Makes an account with its user. */
export async function createAccount(database, { name, email, password, role, isConfirmed, isApproved }) {
  const confirmed = isConfirmed ? 'now()' : 'NULL';
  await database.query(
    `WITH one AS (INSERT INTO accounts (username, public_key) VALUES (${literal(name)}, 'a key') RETURNING id)
     INSERT INTO users (account_id, email, encrypted_password, role_id, confirmed_at, approved)
     SELECT id, ${literal(email)}, ${literal(fingerprint(password))}, (SELECT id FROM user_roles WHERE name = ${literal(role)}),
     ${confirmed}, ${isApproved} FROM one`,
  );
}

/** Sets columns of a user: names and values of SQL. */
export async function changeUser(database, accountId, changes) {
  const list = Object.entries(changes).map(([column, value]) => `${column} = ${value}`);
  if (list.length > 0)
    await database.query(`UPDATE users SET ${list.join(', ')} WHERE account_id = ${accountId}`);
}

export const passwordChange = (password) => ({ encrypted_password: literal(fingerprint(password)) });

export async function hasRole(database, name) {
  return (await database.query(`SELECT 1 FROM user_roles WHERE name = ${literal(name)}`)).length > 0;
}

/** True if this user may sign in with this password. */
export async function maySignIn(database, email, password) {
  const rows = await database.query(
    `SELECT 1 FROM users WHERE email = ${literal(email)} AND encrypted_password = ${literal(fingerprint(password))}
     AND confirmed_at IS NOT NULL AND approved AND NOT disabled`,
  );
  return rows.length === 1;
}

export async function setting(database, name) {
  const [row] = await database.query(`SELECT value FROM settings WHERE var = ${literal(name)}`);
  return row?.value;
}

export async function setSetting(database, name, value) {
  const pair = `${literal(name)}, ${literal(value)}`;
  await database.query(
    `INSERT INTO settings (var, value) VALUES (${pair}) ON CONFLICT (var) DO UPDATE SET value = excluded.value`,
  );
}
