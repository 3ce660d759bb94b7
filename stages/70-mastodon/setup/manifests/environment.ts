import { type MastodonPlan, pagesDomain } from './plan.ts';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string>>;

/** Settings that stand in a ConfigMap, and those in a Secret. */
export interface Settings {
  readonly plain: Environment;
  readonly secret: Environment;
}

/**
 * What web, Sidekiq, jobs and streaming have in common: the way to database and Valkey. Databases are reached through
 * PgBouncer; the jobs that change the schema have another port.
 */
export function sharedSettings({ services }: Pick<MastodonPlan, 'services'>): Settings {
  const { address, postgres, pgbouncer, valkey } = services;
  return {
    plain: {
      DB_HOST: address,
      DB_PORT: String(pgbouncer.port),
      DB_NAME: postgres.database,
      DB_USER: postgres.user,
      // Anything else, also Rails' own default, makes streaming insist on TLS, which nothing on this device speaks.
      DB_SSLMODE: 'disable',
      REDIS_HOST: address,
      REDIS_PORT: String(valkey.port),
    },
    secret: { DB_PASS: postgres.password, REDIS_PASSWORD: valkey.password },
  };
}

/** What only the programs of the web image read. Streaming gets none of it: it needs no keys. */
export function railsSettings(plan: MastodonPlan): Settings {
  const media = mediaSettings(plan);
  return {
    plain: { ...siteSettings(plan), ...mailSettings(plan), ...media.plain },
    secret: { ...keySettings(plan), ...media.secret },
  };
}

function siteSettings(plan: MastodonPlan): Environment {
  return {
    LOCAL_DOMAIN: plan.localDomain,
    ...(pagesDomain(plan) === plan.localDomain ? {} : { WEB_DOMAIN: pagesDomain(plan) }),
    DEFAULT_LOCALE: plan.language,
    ...(plan.isSingleUser ? { SINGLE_USER_MODE: 'true' } : {}),
    ...(plan.authorizedFetch ? { AUTHORIZED_FETCH: 'true' } : {}),
    ...(plan.limitedFederation ? { LIMITED_FEDERATION_MODE: 'true' } : {}),
    // In transaction mode a prepared statement would be looked for on another connection.
    PREPARED_STATEMENTS: 'false',
    RAILS_LOG_LEVEL: 'warn',
    // Ruby refuses a temporary folder where all may write, and that is what the volume of a pod is.
    TMPDIR: '/tmp/m',
  };
}

/** Postfix on the device takes mail from pods as it comes; password and TLS lie between it and the provider. */
function mailSettings({ services, mailFrom }: MastodonPlan): Environment {
  return {
    SMTP_SERVER: services.address,
    SMTP_PORT: String(services.smtp.port),
    SMTP_AUTH_METHOD: 'none',
    SMTP_ENABLE_STARTTLS: 'never',
    SMTP_FROM_ADDRESS: mailFrom,
    // Mail newsletters to anybody would soon use up what a provider lets through for a home.
    DISABLE_EMAIL_SUBSCRIPTIONS: 'true',
  };
}

function mediaSettings({ media }: MastodonPlan): Settings {
  if (media.where === 'local') return { plain: {}, secret: {} };
  return {
    plain: {
      S3_ENABLED: 'true',
      S3_BUCKET: media.bucket,
      S3_REGION: media.region,
      S3_ENDPOINT: media.endpoint,
      S3_HOSTNAME: new URL(media.endpoint).host,
      // Of the public addresses; pages with https may show nothing else.
      S3_PROTOCOL: 'https',
      S3_ALIAS_HOST: media.publicHost,
      // There, but empty: no access list is sent. R2 and new buckets at Amazon refuse one.
      S3_PERMISSION: '',
      // A home's way up is slow, and nobody waits at these uploads.
      S3_OPEN_TIMEOUT: '15',
      S3_READ_TIMEOUT: '60',
      S3_RETRY_LIMIT: '2',
      AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
      AWS_RESPONSE_CHECKSUM_VALIDATION: 'when_required',
    },
    secret: { AWS_ACCESS_KEY_ID: media.accessKey, AWS_SECRET_ACCESS_KEY: media.secretKey },
  };
}

function keySettings({ keys }: MastodonPlan): Environment {
  return {
    SECRET_KEY_BASE: keys.secretKeyBase,
    ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY: keys.encryption.primaryKey,
    ACTIVE_RECORD_ENCRYPTION_DETERMINISTIC_KEY: keys.encryption.deterministicKey,
    ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT: keys.encryption.derivationSalt,
    VAPID_PRIVATE_KEY: keys.vapid.privateKey,
    VAPID_PUBLIC_KEY: keys.vapid.publicKey,
  };
}
