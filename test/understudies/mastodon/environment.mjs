import { createECDH, createHash } from 'node:crypto';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { refuse } from './refuse.mjs';
import { dead, known, numbers, serviceVariable, switches } from './variables.mjs';

/** What the image is: version, its migrations, and what it was told to do wrong. */
export const release = JSON.parse(
  readFileSync(process.env.HEARTH_UNDERSTUDY_RELEASE ?? '/opt/mastodon/understudy/release.json', 'utf8'),
);
const home = process.env.HEARTH_UNDERSTUDY_HOME ?? '/opt/mastodon';
export const temporaryFolder = `${home}/tmp`;
export const mediaFolder = `${home}/public/system`;

/**
 * Reads the environment of a pod. `allowed` are names that only this call knows; `hasMedia` if it keeps files. Refuses all
 * that is wrong in it at once.
 */
export function readEnvironment(kind, { allowed = [], hasMedia = false } = {}) {
  const { env } = process;
  const problems = [
    ...unknownNames(env, kind, allowed),
    ...wrongValues(env),
    ...servicesProblems(env),
    ...(kind === 'rails' ? [...keysProblems(env), ...mediaProblems(env), ...mailProblems(env)] : []),
    ...(process.getuid() === 991 ? [] : [`it runs as the user ${process.getuid()} instead of 991`]),
  ];
  if (problems.length > 0) refuse(problems.map((one) => `environment: ${one}`).join('\n'));
  if (kind === 'rails') checkFolders(env, hasMedia);
  return env;
}

function unknownNames(env, kind, allowed) {
  return Object.keys(env).flatMap((name) => {
    if (name.startsWith('HEARTH_UNDERSTUDY_') || allowed.includes(name)) return [];
    if (dead[name] !== undefined) return [`${name}: ${dead[name]}`];
    if (name === 'LD_PRELOAD' || known[kind].has(name) || serviceVariable.test(name)) return [];
    return [
      known.rails.has(name)
        ? `${name} is nothing that ${kind} reads`
        : `${name} is read by nobody: misspelt?`,
    ];
  });
}

function wrongValues(env) {
  const set = (name) => env[name] !== undefined;
  return [
    ...switches
      .filter((name) => set(name) && !/^(true|false)$/.test(env[name]))
      .map((name) => `${name} is neither true nor false`),
    ...numbers.filter((name) => set(name) && !/^\d+$/.test(env[name])).map((name) => `${name} is no number`),
    ...['RAILS_ENV', 'NODE_ENV']
      .filter((name) => set(name) && env[name] !== 'production')
      .map((name) => `${name} is ${env[name]}`),
    ...Object.keys(env)
      .filter((name) => /^\s|\s$/.test(env[name]))
      .map((name) => `${name} has spaces around it`),
  ];
}

const required = 'DB_HOST DB_PORT DB_NAME DB_USER DB_PASS REDIS_HOST REDIS_PORT REDIS_PASSWORD'.split(' ');
const domain = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/;

function servicesProblems(env) {
  const domains = ['LOCAL_DOMAIN', 'WEB_DOMAIN', 'S3_ALIAS_HOST'].filter((name) => env[name] !== undefined);
  return [
    ...missing(env, required),
    ...domains.filter((name) => !domain.test(env[name])).map((name) => `${name} is no domain: ${env[name]}`),
    ...(env.WEB_DOMAIN !== undefined && env.WEB_DOMAIN === env.LOCAL_DOMAIN
      ? ['WEB_DOMAIN is LOCAL_DOMAIN']
      : []),
    ...(/0\.0\.0\.0\/0|::\/0/.test(env.TRUSTED_PROXY_IP ?? '') ? ['TRUSTED_PROXY_IP trusts everybody'] : []),
  ];
}

const missing = (env, names) =>
  names.filter((name) => (env[name] ?? '') === '').map((name) => `${name} is missing`);

function keysProblems(env) {
  const encryption = ['PRIMARY_KEY', 'DETERMINISTIC_KEY', 'KEY_DERIVATION_SALT'].map(
    (name) => `ACTIVE_RECORD_ENCRYPTION_${name}`,
  );
  const names = ['SECRET_KEY_BASE', ...encryption, 'VAPID_PRIVATE_KEY', 'VAPID_PUBLIC_KEY'];
  const absent = missing(env, ['LOCAL_DOMAIN', ...names]);
  if (absent.length > 0) return absent;
  return [
    ...(/^[0-9a-f]{128}$/.test(env.SECRET_KEY_BASE) ? [] : ['SECRET_KEY_BASE is not 128 hexadecimal digits']),
    ...encryption
      .filter((name) => !/^[A-Za-z0-9]{32}$/.test(env[name]))
      .map((name) => `${name} is not 32 letters and digits`),
    ...(new Set(encryption.map((name) => env[name])).size < 3
      ? ['two keys of the encryption are the same']
      : []),
    ...vapidProblems(env),
  ];
}

function vapidProblems({ VAPID_PRIVATE_KEY: own, VAPID_PUBLIC_KEY: shown }) {
  const pair = createECDH('prime256v1');
  try {
    pair.setPrivateKey(Buffer.from(own, 'base64url'));
  } catch {
    return ['VAPID_PRIVATE_KEY is no key of P-256'];
  }
  const isPair = pair.getPublicKey().equals(Buffer.from(shown, 'base64url'));
  return isPair ? [] : ['VAPID_PUBLIC_KEY does not belong to VAPID_PRIVATE_KEY'];
}

function mediaProblems(env) {
  const own = Object.keys(env).filter((name) => /^(S3|AWS)_/.test(name) && name !== 'S3_ENABLED');
  if (env.S3_ENABLED !== 'true')
    return own.map((name) => `${name} is read by nobody while S3_ENABLED is not true`);
  const absent = missing(
    env,
    'S3_BUCKET S3_REGION S3_ENDPOINT S3_HOSTNAME AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY'.split(' '),
  );
  if (absent.length > 0) return absent;
  if (!URL.canParse(env.S3_ENDPOINT)) return ['S3_ENDPOINT is no address'];
  const { host } = new URL(env.S3_ENDPOINT);
  return [
    ...(host === env.S3_HOSTNAME ? [] : [`S3_HOSTNAME is not the host of S3_ENDPOINT, ${host}`]),
    ...(/^https?$/.test(env.S3_PROTOCOL ?? 'https') ? [] : [`S3_PROTOCOL is ${env.S3_PROTOCOL}`]),
    // Without the variable each object would be sent with an ACL, which R2 has not.
    ...(env.S3_PERMISSION === '' || env.S3_PERMISSION === 'private'
      ? []
      : ['S3_PERMISSION is not there and empty']),
  ];
}

function mailProblems(env) {
  const absent = missing(env, ['SMTP_SERVER', 'SMTP_PORT', 'SMTP_FROM_ADDRESS']);
  const hasLogin = (env.SMTP_LOGIN ?? '') !== '';
  return [
    ...absent,
    ...(hasLogin || env.SMTP_AUTH_METHOD === 'none'
      ? []
      : ['SMTP_AUTH_METHOD is not none, but there is no SMTP_LOGIN']),
    ...(['auto', 'always', 'never'].includes(env.SMTP_ENABLE_STARTTLS ?? 'auto')
      ? []
      : ['SMTP_ENABLE_STARTTLS: auto, always or never']),
  ];
}

/** As Ruby looks for a place for temporary files, and as Rails writes below its own folder. */
function checkFolders(env, hasMedia) {
  const places = [env.TMPDIR, '/tmp'].filter((path) => path !== undefined);
  if (!places.some(isGoodForRuby))
    refuse(`could not find a temporary directory (tried ${places.join(', ')})`);
  if (!isWritable(temporaryFolder)) refuse(`${temporaryFolder} can not be written to`);
  if (hasMedia && env.S3_ENABLED !== 'true' && !isWritable(`${home}/public/system`))
    refuse(`${home}/public/system can not be written to, and there is no bucket`);
}

function isGoodForRuby(path) {
  if (!isWritable(path)) return false;
  const { mode } = statSync(path);
  return (mode & 0o002) === 0 || (mode & 0o1000) !== 0;
}

function isWritable(path) {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** One value for all keys that must never change: kept in the database, as encrypted columns are. */
export function sealOf(env) {
  const keys = [
    env.LOCAL_DOMAIN,
    env.WEB_DOMAIN ?? '',
    env.SECRET_KEY_BASE,
    env.ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY,
  ];
  const more = [
    env.ACTIVE_RECORD_ENCRYPTION_DETERMINISTIC_KEY,
    env.ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT,
  ];
  return createHash('sha256')
    .update([...keys, ...more, env.VAPID_PRIVATE_KEY].join('\0'))
    .digest('hex');
}
