import {
  changeUser,
  createAccount,
  findAccount,
  hasRole,
  newPassword,
  passwordChange,
  setSetting,
} from './accounts.mjs';
import { openDatabase, openRedis } from './connect.mjs';
import { readEnvironment } from './environment.mjs';
import { literal } from './postgres.mjs';
import { log, refuse } from './refuse.mjs';

/** What each command takes: names of its options, with `=` if they have a value, and how many words. */
const commands = {
  'accounts create': {
    words: 1,
    options: ['email=', 'confirmed', 'approve', 'role=', 'reattach', 'force'],
    run: create,
  },
  'accounts modify': {
    words: 1,
    options: [
      'role=',
      'remove-role',
      'email=',
      'confirm',
      'enable',
      'disable',
      'disable-2fa',
      'approve',
      'reset-password',
    ],
    run: modify,
  },
  'accounts cull': {
    words: 99,
    options: ['concurrency=', 'dry-run'],
    run: async () => log('Visited 0 accounts, 0 dead'),
  },
  'accounts prune': {
    words: 0,
    options: ['concurrency=', 'dry-run'],
    run: async () => log('OK, pruned 0 accounts'),
  },
  'settings registrations': { words: 1, options: ['require-reason'], run: registrations },
  'media remove': {
    words: 0,
    options: [
      'days=',
      'prune-profiles',
      'remove-headers',
      'include-follows',
      'keep-interacted',
      'concurrency=',
      'dry-run',
    ],
    run: removeMedia,
  },
  'media remove-orphans': {
    words: 0,
    options: ['prefix=', 'start-after=', 'fix-permissions', 'dry-run'],
    run: async () => log('Removed 0 orphans'),
  },
  'media usage': { words: 0, options: [], run: usage },
  'preview_cards remove': {
    words: 0,
    options: ['days=', 'concurrency=', 'dry-run', 'link'],
    run: async () => log('Removed 0 preview cards (approx. 0 Bytes)'),
  },
  'statuses remove': {
    words: 0,
    options: [
      'days=',
      'batch-size=',
      'continue',
      'clean-followed',
      'skip-status-remove',
      'skip-media-remove',
      'compress-database',
    ],
    run: async () => log('Removed 0 statuses'),
  },
  'cache clear': { words: 0, options: [], run: async () => log('OK') },
  'feeds build': {
    words: 99,
    options: ['all', 'concurrency=', 'dry-run'],
    run: async () => log('Regenerated feeds for 1 accounts'),
  },
  'domains purge': {
    words: 99,
    options: ['concurrency=', 'dry-run', 'include-subdomains'],
    run: async () => log('Removed 0 accounts'),
  },
};

/** `bin/tootctl …` */
export async function runTootctl(args) {
  if (args[0] === 'version') return log('4.7.4');
  const name = args.slice(0, 2).join(' ');
  const command = commands[name] ?? refuse(`Could not find command "${name}".`);
  const call = readCall(name, args.slice(2), command);
  const env = readEnvironment('rails', { hasMedia: name.startsWith('media') });
  const database = await openDatabase(env);
  await note(env, `tootctl ${name}`);
  await command.run(database, call);
  database.close();
  process.exit(0);
}

/** What ran, for tests: a list in Valkey. */
export async function note(env, text) {
  const redis = await openRedis(env);
  await redis.ask('RPUSH', 'understudy:ran', `${new Date().toISOString()} ${text}`);
  redis.close();
}

function readCall(name, args, command) {
  const call = { words: [], options: new Map() };
  const rest = [...args];
  while (rest.length > 0) {
    const word = rest.shift();
    if (!word.startsWith('--')) {
      call.words.push(word);
      continue;
    }
    const [option, given] = word.slice(2).split(/=(.*)/s);
    if (command.options.includes(option)) call.options.set(option, 'true');
    else if (command.options.includes(`${option}=`))
      call.options.set(option, given ?? rest.shift() ?? refuse(`No value provided for option '--${option}'`));
    else refuse(`Unknown switches "--${option}" (tootctl ${name})`);
  }
  const isGood = command.words === 99 || command.words === call.words.length;
  if (!isGood) refuse(`ERROR: "tootctl ${name}" was called with ${call.words.length} arguments`);
  return call;
}

async function create(database, { words: [name], options }) {
  const email = options.get('email') ?? refuse("No value provided for required options '--email'");
  if (!/^[a-z0-9_]{1,30}$/i.test(name))
    refuse('username: must only contain letters, numbers and underscores');
  if (!/^[^@\s]+@[^@\s]+$/.test(email)) refuse('email: is invalid');
  const role = options.get('role');
  if (role !== undefined && !(await hasRole(database, role))) refuse('Cannot find user role with that name');
  if ((await findAccount(database, name)) !== undefined) refuse('account.username: has already been taken');
  const [taken] = await database.query(`SELECT 1 FROM users WHERE email = ${literal(email)}`);
  if (taken !== undefined) refuse('email: has already been taken');
  const password = newPassword();
  const [isConfirmed, isApproved] = ['confirmed', 'approve'].map((option) => options.has(option));
  await createAccount(database, { name, email, password, role, isConfirmed, isApproved });
  log('OK');
  log(`New password: ${password}`);
}

async function modify(database, { words: [name], options }) {
  const account = await findAccount(database, name);
  if (account?.email === undefined) refuse('No user with such username');
  const role = options.get('role');
  if (role !== undefined && !(await hasRole(database, role))) refuse('Cannot find user role with that name');
  const password = options.has('reset-password') ? newPassword() : undefined;
  await changeUser(database, account.id, {
    ...(role === undefined ? {} : { role_id: `(SELECT id FROM user_roles WHERE name = ${literal(role)})` }),
    ...(options.has('email') ? { email: literal(options.get('email')) } : {}),
    ...(options.has('confirm') ? { confirmed_at: 'coalesce(confirmed_at, now())' } : {}),
    ...(options.has('approve') ? { approved: 'true' } : {}),
    ...(options.has('enable') ? { disabled: 'false' } : {}),
    ...(options.has('disable') ? { disabled: 'true' } : {}),
    ...(password === undefined ? {} : passwordChange(password)),
  });
  log('OK');
  if (password !== undefined) log(`New password: ${password}`);
}

async function registrations(database, { words: [mode] }) {
  const modes = { open: 'open', approved: 'approved', close: 'none' };
  await setSetting(
    database,
    'registrations_mode',
    modes[mode] ?? refuse(`Unknown registrations mode ${mode}`),
  );
  log('OK');
}

async function removeMedia(database, { options }) {
  const days = Number(options.get('days') ?? 7);
  const old = `remote_url <> '' AND created_at < now() - interval '${days} days'`;
  const rows = options.has('dry-run')
    ? await database.query(`SELECT id FROM media_attachments WHERE ${old}`)
    : await database.query(`DELETE FROM media_attachments WHERE ${old} RETURNING id`);
  log(`Removed ${rows.length} media attachments (approx. 0 Bytes)`);
}

async function usage(database) {
  const [{ size }] = await database.query(
    'SELECT coalesce(sum(file_file_size), 0) AS size FROM media_attachments',
  );
  log(`Attachments:\t${size} Bytes (0 Bytes local)`);
  for (const name of [
    'Custom emoji',
    'Preview cards',
    'Avatars',
    'Headers',
    'Backups',
    'Imports',
    'Settings',
  ])
    log(`${name}:\t0 Bytes (0 Bytes local)`);
}
