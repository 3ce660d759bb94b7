import { describe, expect, it } from 'vitest';
import { configurationObjects } from '../../../../stages/70-mastodon/setup/manifests/configuration.ts';
import { railsSettings, sharedSettings } from '../../../../stages/70-mastodon/setup/manifests/environment.ts';
import { renderManifests } from '../../../../stages/70-mastodon/setup/manifests/manifests.ts';
import { bucketMedia, samplePlan } from './sample-plan.ts';

const bucketPlan = { ...samplePlan, media: bucketMedia };

describe('settings of all pods', () => {
  it('lead to PgBouncer and Valkey on the device, without TLS and with passwords apart', () => {
    expect(sharedSettings(samplePlan)).toEqual({
      plain: {
        DB_HOST: '10.44.0.1',
        DB_PORT: '6432',
        DB_NAME: 'mastodon_production',
        DB_USER: 'mastodon',
        DB_SSLMODE: 'disable',
        REDIS_HOST: '10.44.0.1',
        REDIS_PORT: '6379',
      },
      secret: { DB_PASS: 'pg-secret', REDIS_PASSWORD: 'valkey-secret' },
    });
  });
});

describe("Rails' settings", () => {
  it('are these and no others, for a plain plan with local media', () => {
    const { plain, secret } = railsSettings(samplePlan);

    expect(plain).toEqual({
      LOCAL_DOMAIN: 'example.org',
      DEFAULT_LOCALE: 'en',
      SINGLE_USER_MODE: 'true',
      PREPARED_STATEMENTS: 'false',
      RAILS_LOG_LEVEL: 'warn',
      TMPDIR: '/tmp/m',
      SMTP_SERVER: '10.44.0.1',
      SMTP_PORT: '25',
      SMTP_AUTH_METHOD: 'none',
      SMTP_ENABLE_STARTTLS: 'never',
      SMTP_FROM_ADDRESS: 'mastodon@example.org',
      DISABLE_EMAIL_SUBSCRIPTIONS: 'true',
    });
    expect(Object.keys(secret).sort()).toEqual([
      'ACTIVE_RECORD_ENCRYPTION_DETERMINISTIC_KEY',
      'ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT',
      'ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY',
      'SECRET_KEY_BASE',
      'VAPID_PRIVATE_KEY',
      'VAPID_PUBLIC_KEY',
    ]);
  });

  it('name the web domain only if it is another one', () => {
    const webDomain = (value?: string) =>
      railsSettings({ ...samplePlan, ...(value === undefined ? {} : { webDomain: value }) }).plain[
        'WEB_DOMAIN'
      ];

    expect(webDomain()).toBeUndefined();
    expect(webDomain('example.org')).toBeUndefined();
    expect(webDomain('social.example.org')).toBe('social.example.org');
  });

  it('switch signed fetching, limited federation and single-user mode only on demand', () => {
    const { plain } = railsSettings({
      ...samplePlan,
      isSingleUser: false,
      authorizedFetch: true,
      limitedFederation: true,
    });

    expect(plain).toMatchObject({ AUTHORIZED_FETCH: 'true', LIMITED_FEDERATION_MODE: 'true' });
    expect(plain).not.toHaveProperty('SINGLE_USER_MODE');
  });

  it('have the store with an empty permission, the public host without a scheme, and the keys apart', () => {
    const { plain, secret } = railsSettings(bucketPlan);

    expect(plain).toMatchObject({
      S3_ENABLED: 'true',
      S3_BUCKET: 'my-files',
      S3_REGION: 'auto',
      S3_PROTOCOL: 'https',
      S3_ENDPOINT: 'https://0123456789abcdef.r2.cloudflarestorage.com',
      S3_HOSTNAME: '0123456789abcdef.r2.cloudflarestorage.com',
      S3_ALIAS_HOST: 'files.example.org',
      S3_PERMISSION: '',
      AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
      AWS_RESPONSE_CHECKSUM_VALIDATION: 'when_required',
    });
    expect(secret).toMatchObject({ AWS_ACCESS_KEY_ID: 'access-secret', AWS_SECRET_ACCESS_KEY: 'key-secret' });
  });

  it('have no variable that Mastodon does not read any more', () => {
    const names = Object.keys({ ...railsSettings(bucketPlan).plain, ...railsSettings(bucketPlan).secret });

    for (const dead of [
      'REDIS_NAMESPACE',
      'OTP_SECRET',
      'STATSD_ADDR',
      'STREAMING_CLUSTER_NUM',
      'S3_DISABLE_CHECKSUM_MODE',
      'RAILS_FORCE_SSL',
      'MALLOC_ARENA_MAX',
    ]) {
      expect(names).not.toContain(dead);
    }
  });
});

describe('secrets', () => {
  const secrets = [
    'pg-secret',
    'valkey-secret',
    'access-secret',
    'key-secret',
    samplePlan.keys.secretKeyBase,
  ];

  it('stand in the Secrets and nowhere else', () => {
    const { foundation, workloads } = renderManifests(bucketPlan);
    const others = [...foundation.filter(({ kind }) => kind !== 'Secret'), ...workloads];

    for (const secret of secrets) expect(JSON.stringify(others)).not.toContain(secret);
    expect(configurationObjects(bucketPlan).map(({ kind, metadata }) => `${kind} ${metadata?.name}`)).toEqual(
      ['ConfigMap shared', 'Secret shared', 'ConfigMap rails', 'Secret rails'],
    );
  });

  it('keep their bytes', () => {
    const { services } = samplePlan;
    const postgres = { ...services.postgres, password: 'Grüße "$&' };
    const secret = configurationObjects({ ...samplePlan, services: { ...services, postgres } }).find(
      ({ kind }) => kind === 'Secret',
    );

    expect(Buffer.from(secret?.data?.['DB_PASS'] ?? '', 'base64').toString()).toBe('Grüße "$&');
  });
});
